// RUN: tegula-opt %s --pass-pipeline='builtin.module(func.func(tile-assign-layouts))' 2>/dev/null | FileCheck %s
// RUN: tegula-opt %s --pass-pipeline='builtin.module(func.func(tile-assign-layouts))' 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

!row = !tile.view<1x4096xbf16, extents [?, 4096], strides [4096, 1], divisors [16, 1], align 16>
!odd = !tile.view<1x4096xbf16, extents [?, 4095], strides [4095, 1], divisors [1, 1], align 16>
!weight = !tile.view<4096xf32, extents [4096], strides [1], divisors [1], align 16>
!square = !tile.view<32x32xf32, extents [?, 32], strides [32, 1], divisors [16, 1], align 16>
!column = !tile.view<32xf32, extents [32], strides [1], divisors [1], align 16>

// 16-byte vectors of bf16; the f32 weight, which every block reads again, does not narrow them, and
// its layout is the row's. The sum's threads all hold it.
// REMARK-NOT: load of x moves 4
// CHECK-LABEL: func @row
func.func @row(%p: !llvm.ptr<1>, %q: !llvm.ptr<1>, %rows: i32) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %r = tile.program_id 0 below %rows
  %x = tile.view "x" %p extents(%rows) strides() : !llvm.ptr<1>, !row
  %w = tile.view "weight" %q extents() strides() : !llvm.ptr<1>, !weight
  // CHECK: tile.load {{.*}} -> tensor<1x4096xbf16, #tile.layout<[1, 4096], register = [1, 2, 4, 1024, 2048], lane = [8, 16, 32, 64, 128], warp = [256, 512]>>
  %t = tile.load %x[%r, %c0] full [true, true] : !row -> tensor<1x4096xbf16>
  %f = arith.extf %t : tensor<1x4096xbf16> to tensor<1x4096xf32>
  // CHECK: tile.reduce sum {{.*}} -> tensor<1x1xf32, #tile.layout<[1, 1], register = [], lane = [0, 0, 0, 0, 0], warp = [0, 0]>>
  %s = tile.reduce sum %f axis 1 : tensor<1x4096xf32> -> tensor<1x1xf32>
  %b = tile.broadcast %s : tensor<1x1xf32> -> tensor<1x4096xf32>
  // CHECK: tile.load {{.*}} -> tensor<4096xf32, #tile.layout<[4096], register = [1, 2, 4, 1024, 2048], lane = [8, 16, 32, 64, 128], warp = [256, 512]>>
  %v = tile.load %w[%c0] full [true] : !weight -> tensor<4096xf32>
  %u = tile.reshape %v : tensor<4096xf32> -> tensor<1x4096xf32>
  %m = arith.mulf %u, %b : tensor<1x4096xf32>
  %n = arith.truncf %m : tensor<1x4096xf32> to tensor<1x4096xbf16>
  tile.store %n, %x[%r, %c0] full [true, true] : tensor<1x4096xbf16>, !row
  // CHECK-NOT: convert_layout
  // CHECK: return
  return
}

// Rows that are not aligned are moved element by element, neighbours by neighbouring lanes.
// REMARK: remark: assign-layouts: load of x moves 1 of 8 elements at a time: the stride of dimension 0 is a multiple of 2 bytes only
// CHECK-LABEL: func @odd
func.func @odd(%p: !llvm.ptr<1>, %rows: i32) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %r = tile.program_id 0 below %rows
  %x = tile.view "x" %p extents(%rows) strides() : !llvm.ptr<1>, !odd
  // CHECK: lane = [1, 2, 4, 8, 16], warp = [32, 64]
  %t = tile.load %x[%r, %c0] full [true, false] : !odd -> tensor<1x4096xbf16>
  tile.store %t, %x[%r, %c0] full [true, false] : tensor<1x4096xbf16>, !odd
  return
}

// One tile summed both ways and added: one of the sums has to move.
// CHECK-LABEL: func @both_ways
func.func @both_ways(%p: !llvm.ptr<1>, %q: !llvm.ptr<1>, %rows: i32) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %x = tile.view "x" %p extents(%rows) strides() : !llvm.ptr<1>, !square
  %y = tile.view "y" %q extents() strides() : !llvm.ptr<1>, !column
  %t = tile.load %x[%c0, %c0] full [false, true] : !square -> tensor<32x32xf32>
  %a = tile.reduce sum %t axis 0 : tensor<32x32xf32> -> tensor<1x32xf32>
  %b = tile.reduce sum %t axis 1 : tensor<32x32xf32> -> tensor<32x1xf32>
  %c = tile.reshape %a : tensor<1x32xf32> -> tensor<32xf32>
  %d = tile.reshape %b : tensor<32x1xf32> -> tensor<32xf32>
  // CHECK: tile.convert_layout
  %e = arith.addf %c, %d : tensor<32xf32>
  tile.store %e, %y[%c0] full [true] : tensor<32xf32>, !column
  return
}

!narrow = !tile.view<1x1024xi32, extents [?, 1024], strides [1024, 1], divisors [4, 1], align 16>

// Operations of two results: the product's low half, which nobody uses, has the layout of the high.
// CHECK-LABEL: func @wide_product
func.func @wide_product(%p: !llvm.ptr<1>, %rows: i32) attributes {tile.warps = 1 : i32} {
  %c0 = arith.constant 0 : i32
  %r = tile.program_id 0 below %rows
  %x = tile.view "x" %p extents(%rows) strides() : !llvm.ptr<1>, !narrow
  %t = tile.load %x[%r, %c0] full [true, true] : !narrow -> tensor<1x1024xi32>
  // CHECK: mului_extended {{.*}} register = [1, 2, 128, 256, 512], lane = [4, 8, 16, 32, 64]
  %low, %high = arith.mului_extended %t, %t : tensor<1x1024xi32>
  // CHECK-NOT: convert_layout
  // CHECK: return
  tile.store %high, %x[%r, %c0] full [true, true] : tensor<1x1024xi32>, !narrow
  return
}

// The upper half of a product meets the transposed tile before it meets the product's operands: both
// halves come in the operands' layout all the same, and the upper one is converted.
!squares = !tile.view<32x32xi32, extents [?, 32], strides [32, 1], divisors [16, 1], align 16>
// CHECK-LABEL: func @halves_of_a_product
func.func @halves_of_a_product(%p: !llvm.ptr<1>, %rows: i32) attributes {tile.warps = 1 : i32} {
  %c0 = arith.constant 0 : i32
  %r = tile.program_id 0 below %rows
  %x = tile.view "x" %p extents(%rows) strides() : !llvm.ptr<1>, !squares
  %t = tile.load %x[%r, %c0] full [true, true] : !squares -> tensor<32x32xi32>
  %a = arith.addi %t, %t : tensor<32x32xi32>
  %b = arith.addi %a, %a : tensor<32x32xi32>
  %c = arith.addi %b, %b : tensor<32x32xi32>
  // CHECK: %[[LOW:.*]], %[[HIGH:.*]] = arith.mului_extended {{.*}} register = [1, 2, 128, 256, 512]
  // CHECK: convert_layout %[[HIGH]] {{.*}} register = [32, 64, 4, 8, 16]
  %low, %high = arith.mului_extended %c, %c : tensor<32x32xi32>
  %flipped = tile.transpose %t [1, 0] : tensor<32x32xi32> -> tensor<32x32xi32>
  %d = arith.addi %flipped, %high : tensor<32x32xi32>
  %e = arith.addi %d, %low : tensor<32x32xi32>
  tile.store %e, %x[%r, %c0] full [true, true] : tensor<32x32xi32>, !squares
  return
}

// Halves that are joined for a tile whose even and odd elements different lanes want: a thread
// computes pairs, and neighbouring lanes exchange one element of each two.
// CHECK-LABEL: func @join_for_lanes
func.func @join_for_lanes(%p: !llvm.ptr<1>, %rows: i32) attributes {tile.warps = 1 : i32} {
  %c0 = arith.constant 0 : i32
  %r = tile.program_id 0 below %rows
  %x = tile.view "x" %p extents(%rows) strides() : !llvm.ptr<1>, !narrow
  // CHECK: tile.iota {{.*}} register = [32, 64], lane = [16, 1, 2, 4, 8]
  %i = tile.iota : tensor<128xi32>
  %k = arith.muli %i, %i : tensor<128xi32>
  // CHECK: tile.join {{.*}} register = [1, 64, 128], lane = [32, 2, 4, 8, 16]
  // CHECK: convert_layout {{.*}} register = [32, 64, 128], lane = [1, 2, 4, 8, 16], warp = []>>
  // CHECK-NOT: convert_layout
  %twos = tile.join %i, %k : tensor<128xi32> -> tensor<128x2xi32>
  %t = tile.reshape %twos : tensor<128x2xi32> -> tensor<256xi32>
  %fours = tile.join %t, %t : tensor<256xi32> -> tensor<256x2xi32>
  %f = tile.reshape %fours : tensor<256x2xi32> -> tensor<512xi32>
  %eights = tile.join %f, %f : tensor<512xi32> -> tensor<512x2xi32>
  %e = tile.reshape %eights : tensor<512x2xi32> -> tensor<1x1024xi32>
  tile.store %e, %x[%r, %c0] full [true, true] : tensor<1x1024xi32>, !narrow
  // CHECK: return
  return
}

!scalars = !tile.view<1x32xi32, extents [?, 32], strides [32, 1], divisors [1, 1], align 4>

// A thread that has one element alone has both halves, and so has its neighbour.
// CHECK-LABEL: func @join_for_single_elements
func.func @join_for_single_elements(%p: !llvm.ptr<1>, %rows: i32) attributes {tile.warps = 1 : i32} {
  %c0 = arith.constant 0 : i32
  %r = tile.program_id 0 below %rows
  %x = tile.view "x" %p extents(%rows) strides() : !llvm.ptr<1>, !scalars
  // CHECK: tile.iota {{.*}} register = [], lane = [0, 1, 2, 4, 8]
  %i = tile.iota : tensor<16xi32>
  %pairs = tile.join %i, %i : tensor<16xi32> -> tensor<16x2xi32>
  // CHECK: convert_layout {{.*}} register = [1], lane = [0, 2, 4, 8, 16], {{.*}} -> {{.*}} register = [], lane = [1, 2, 4, 8, 16]
  %q = tile.reshape %pairs : tensor<16x2xi32> -> tensor<1x32xi32>
  tile.store %q, %x[%r, %c0] full [true, true] : tensor<1x32xi32>, !scalars
  // CHECK: return
  return
}

// What every iteration of the loop moves has full vectors; the sums, wider and stored once, follow.
!sums = !tile.view<1x4096xf32, extents [?, 4096], strides [4096, 1], divisors [16, 1], align 16>
// CHECK-LABEL: func @sums_of_rows
func.func @sums_of_rows(%p: !llvm.ptr<1>, %q: !llvm.ptr<1>, %rows: i32, %blocks: i32) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %b = tile.program_id 0 below %blocks
  %x = tile.view "x" %p extents(%rows) strides() : !llvm.ptr<1>, !row
  %y = tile.view "sums" %q extents(%blocks) strides() : !llvm.ptr<1>, !sums
  %zeros = arith.constant dense<0.0> : tensor<1x4096xf32>
  %total = scf.for %i = %c0 to %rows step %c1 iter_args(%sum = %zeros) -> (tensor<1x4096xf32>) : i32 {
    %r = arith.addi %i, %b : i32
    // CHECK: tile.load {{.*}} -> tensor<1x4096xbf16, #tile.layout<[1, 4096], register = [1, 2, 4, 1024, 2048], lane = [8, 16, 32, 64, 128], warp = [256, 512]>>
    %t = tile.load %x[%r, %c0] full [false, true] : !row -> tensor<1x4096xbf16>
    %f = arith.extf %t : tensor<1x4096xbf16> to tensor<1x4096xf32>
    %s = arith.addf %sum, %f : tensor<1x4096xf32>
    scf.yield %s : tensor<1x4096xf32>
  }
  // CHECK-NOT: convert_layout
  tile.store %total, %y[%b, %c0] full [true, true] : tensor<1x4096xf32>, !sums
  // CHECK: return
  return
}

// What a loop carries starts transposed, and a constant is used before the loop and in it: one of the
// two layouts is carried, and what enters in the other one is converted.
// CHECK-LABEL: func @carried
func.func @carried(%p: !llvm.ptr<1>, %n: i32) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %x = tile.view "x" %p extents(%n) strides() : !llvm.ptr<1>, !square
  %one = tile.splat %c1 : i32 -> tensor<32x32xi32>
  %t = tile.load %x[%c0, %c0] full [false, true] : !square -> tensor<32x32xf32>
  %i = arith.fptosi %t : tensor<32x32xf32> to tensor<32x32xi32>
  %a = arith.addi %i, %one : tensor<32x32xi32>
  // CHECK: tile.transpose
  // CHECK: %[[E:.*]] = tile.convert_layout
  %s = tile.transpose %a [1, 0] : tensor<32x32xi32> -> tensor<32x32xi32>
  // CHECK: scf.for {{.*}} iter_args(%{{.*}} = %[[E]],
  // CHECK-NOT: convert_layout
  %r:2 = scf.for %k = %c0 to %n step %c1 iter_args(%e = %s, %f = %i) -> (tensor<32x32xi32>, tensor<32x32xi32>) : i32 {
    %u = arith.addi %e, %one : tensor<32x32xi32>
    %v = arith.addi %u, %f : tensor<32x32xi32>
    scf.yield %f, %v : tensor<32x32xi32>, tensor<32x32xi32>
  }
  // CHECK: arith.sitofp
  %g = arith.sitofp %r#0 : tensor<32x32xi32> to tensor<32x32xf32>
  tile.store %g, %x[%c0, %c0] full [false, true] : tensor<32x32xf32>, !square
  return
}

// Canonicalisation leaves a while that starts iterations with other tiles than it ends with: here the
// result is a row that the condition computes, and the square is only carried.
// CHECK-LABEL: func @while_parts
func.func @while_parts(%p: !llvm.ptr<1>, %q: !llvm.ptr<1>, %n: i32) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %x = tile.view "x" %p extents(%n) strides() : !llvm.ptr<1>, !square
  %y = tile.view "y" %q extents() strides() : !llvm.ptr<1>, !column
  %t = tile.load %x[%c0, %c0] full [false, true] : !square -> tensor<32x32xf32>
  // CHECK: scf.while ({{.*}}) : (tensor<32x32xf32, #tile.layout<[32, 32], {{[^>]*}}>>, i32) -> (i32, tensor<32xf32, #tile.layout<[32], {{[^>]*}}>>)
  %r:2 = scf.while (%a = %t, %k = %n) : (tensor<32x32xf32>, i32) -> (i32, tensor<32xf32>) {
    %more = arith.cmpi sgt, %k, %c0 : i32
    %sum = tile.reduce sum %a axis 1 : tensor<32x32xf32> -> tensor<32x1xf32>
    %row = tile.reshape %sum : tensor<32x1xf32> -> tensor<32xf32>
    scf.condition(%more) %k, %row : i32, tensor<32xf32>
  } do {
  ^bb0(%k: i32, %row: tensor<32xf32>):
    %wide = tile.reshape %row : tensor<32xf32> -> tensor<1x32xf32>
    %all = tile.broadcast %wide : tensor<1x32xf32> -> tensor<32x32xf32>
    %next = arith.subi %k, %c1 : i32
    scf.yield %all, %next : tensor<32x32xf32>, i32
  }
  tile.store %r#1, %y[%c0] full [true] : tensor<32xf32>, !column
  return
}
