// RUN: tegula-opt %s --pass-pipeline='builtin.module(func.func(tile-remove-conversions))' 2>/dev/null | FileCheck %s
// RUN: tegula-opt %s --pass-pipeline='builtin.module(func.func(tile-remove-conversions))' 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

!square = !tile.view<32x32xf32, extents [?, 32], strides [32, 1], divisors [32, 1], align 16>

#rows = #tile.layout<[32, 32], register = [1, 2, 4], lane = [8, 16, 32, 64, 128], warp = [256, 512]>
#columns = #tile.layout<[32, 32], register = [32, 64, 128], lane = [256, 512, 1, 2, 4], warp = [8, 16]>
#row_sums = #tile.layout<[32, 1], register = [], lane = [0, 0, 1, 2, 4], warp = [8, 16]>
#line = #tile.layout<[1024], register = [1, 2, 4], lane = [8, 16, 32, 64, 128], warp = [256, 512]>
#other = #tile.layout<[1024], register = [256, 512, 1], lane = [8, 16, 32, 64, 128], warp = [2, 4]>

// CHECK-LABEL: func @there_and_back
// CHECK-NOT: convert_layout
// CHECK: return %arg0
func.func @there_and_back(%t: tensor<32x32xf32, #rows>) -> tensor<32x32xf32, #rows> {
  %a = tile.convert_layout %t : tensor<32x32xf32, #rows> -> tensor<32x32xf32, #columns>
  %b = tile.convert_layout %a : tensor<32x32xf32, #columns> -> tensor<32x32xf32, #rows>
  return %b : tensor<32x32xf32, #rows>
}

// What is cheap to make is made again, with the arithmetic on it.
// CHECK-LABEL: func @made_again
// CHECK-NOT: convert_layout
// CHECK: tile.iota : tensor<1024xi32, #[[OTHER:.*]]>
// CHECK: arith.addi {{.*}} : tensor<1024xi32, #[[OTHER]]>
// CHECK-NOT: convert_layout
func.func @made_again(%s: i32) -> tensor<1024xi32, #other> {
  %i = tile.iota : tensor<1024xi32, #line>
  %b = tile.splat %s : i32 -> tensor<1024xi32, #line>
  %a = arith.addi %i, %b : tensor<1024xi32, #line>
  %c = tile.convert_layout %a : tensor<1024xi32, #line> -> tensor<1024xi32, #other>
  return %c : tensor<1024xi32, #other>
}

// Before the broadcast.
// CHECK-LABEL: func @where_it_is_small
// CHECK: tile.convert_layout {{.*}}tensor<32x1xf32
// CHECK: tile.broadcast
// CHECK-NOT: convert_layout
// CHECK: return
func.func @where_it_is_small(%t: tensor<32x1xf32, #row_sums>) -> tensor<32x32xf32, #columns> {
  %b = tile.broadcast %t : tensor<32x1xf32, #row_sums> -> tensor<32x32xf32, #rows>
  %c = tile.convert_layout %b : tensor<32x32xf32, #rows> -> tensor<32x32xf32, #columns>
  return %c : tensor<32x32xf32, #columns>
}

// Before the conversion to a wider dtype.
// CHECK-LABEL: func @where_it_is_narrow
// CHECK: tile.convert_layout {{.*}}tensor<32x32xbf16
// CHECK-NEXT: arith.extf
// CHECK-NEXT: return
func.func @where_it_is_narrow(%t: tensor<32x32xbf16, #rows>) -> tensor<32x32xf32, #columns> {
  %f = arith.extf %t : tensor<32x32xbf16, #rows> to tensor<32x32xf32, #rows>
  %c = tile.convert_layout %f : tensor<32x32xf32, #rows> -> tensor<32x32xf32, #columns>
  return %c : tensor<32x32xf32, #columns>
}

// The sum is computed in the layout of its operands and of its use.
// CHECK-LABEL: func @around_arithmetic
// CHECK-NOT: convert_layout
// CHECK: %[[SUM:.*]] = arith.addf %arg0, %arg1
// CHECK-NEXT: return %[[SUM]]
func.func @around_arithmetic(%t: tensor<32x32xf32, #rows>, %u: tensor<32x32xf32, #rows>) -> tensor<32x32xf32, #rows> {
  %a = tile.convert_layout %t : tensor<32x32xf32, #rows> -> tensor<32x32xf32, #columns>
  %b = tile.convert_layout %u : tensor<32x32xf32, #rows> -> tensor<32x32xf32, #columns>
  %s = arith.addf %a, %b : tensor<32x32xf32, #columns>
  %c = tile.convert_layout %s : tensor<32x32xf32, #columns> -> tensor<32x32xf32, #rows>
  return %c : tensor<32x32xf32, #rows>
}

// What a loop does not change is converted before it.
// CHECK-LABEL: func @before_the_loop
// CHECK: %[[U:.*]] = tile.convert_layout %arg1
// CHECK: scf.for
// CHECK-NEXT: arith.mulf %{{.*}}, %[[U]]
// CHECK-NEXT: scf.yield
// CHECK-NOT: convert_layout
// CHECK: return
func.func @before_the_loop(%t: tensor<32x32xf32, #rows>, %u: tensor<32x32xf32, #columns>, %n: i32) -> tensor<32x32xf32, #rows> {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %r = scf.for %j = %c0 to %n step %c1 iter_args(%x = %t) -> (tensor<32x32xf32, #rows>) : i32 {
    %a = tile.convert_layout %x : tensor<32x32xf32, #rows> -> tensor<32x32xf32, #columns>
    %m = arith.mulf %a, %u : tensor<32x32xf32, #columns>
    %b = tile.convert_layout %m : tensor<32x32xf32, #columns> -> tensor<32x32xf32, #rows>
    scf.yield %b : tensor<32x32xf32, #rows>
  }
  return %r : tensor<32x32xf32, #rows>
}

// A loop that carries a tile in a layout that its body does not want.
// CHECK-LABEL: func @carried
// CHECK: tile.convert_layout
// CHECK: scf.for
// CHECK-NOT: convert_layout
// CHECK: arith.mulf
// CHECK-NOT: convert_layout
// CHECK: scf.yield
// CHECK: }
// CHECK-NEXT: tile.convert_layout
func.func @carried(%t: tensor<32x32xf32, #rows>, %p: !llvm.ptr<1>, %n: i32) -> tensor<32x32xf32, #rows> {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %v = tile.view "x" %p extents(%n) strides() : !llvm.ptr<1>, !square
  %r = scf.for %j = %c0 to %n step %c1 iter_args(%x = %t) -> (tensor<32x32xf32, #rows>) : i32 {
    %u = tile.load %v[%j, %c0] full [true, true] : !square -> tensor<32x32xf32, #columns>
    %a = tile.convert_layout %x : tensor<32x32xf32, #rows> -> tensor<32x32xf32, #columns>
    %m = arith.mulf %a, %u : tensor<32x32xf32, #columns>
    %b = tile.convert_layout %m : tensor<32x32xf32, #columns> -> tensor<32x32xf32, #rows>
    scf.yield %b : tensor<32x32xf32, #rows>
  }
  return %r : tensor<32x32xf32, #rows>
}

// Two users in two layouts: dividing twice costs more than moving once.
// REMARK: [[@LINE+8]]:{{.*}} remark: remove-conversions: a tile of 1024 'f32' moves between threads, by shared memory
// CHECK-LABEL: func @dear
// CHECK: arith.divf
// CHECK-NEXT: tile.convert_layout
// CHECK-NOT: arith.divf
// CHECK: return
func.func @dear(%t: tensor<32x32xf32, #rows>, %s: f32) -> (tensor<32x32xf32, #rows>, tensor<32x32xf32, #columns>) {
  %d = arith.divf %t, %t : tensor<32x32xf32, #rows>
  %c = tile.convert_layout %d : tensor<32x32xf32, #rows> -> tensor<32x32xf32, #columns>
  return %d, %c : tensor<32x32xf32, #rows>, tensor<32x32xf32, #columns>
}
