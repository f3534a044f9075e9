// RUN: tegula-opt %s --pass-pipeline='builtin.module(func.func(tile-assign-layouts))' 2>/dev/null | FileCheck %s --check-prefix=LAYOUT
// RUN: tegula-opt %s --pass-pipeline='builtin.module(func.func(tile-assign-layouts,tile-allocate-shared,tile-lower-control-flow),tile-lower-to-llvm,canonicalize,cse)' 2>/dev/null | FileCheck %s

!row = !tile.view<1x1024xf32, extents [?, 1024], strides [1024, 1], divisors [16, 1], align 16>
!ragged = !tile.view<1x4096xf32, extents [?, ?], strides [?, 1], divisors [1, 1], align 4>
!one = !tile.view<1x1xf32, extents [?, 1], strides [1, 1], divisors [1, 1], align 4>
!ones = !tile.view<1x1xi32, extents [?, 1], strides [1, 1], divisors [1, 1], align 4>

// A product exchanges its sides freely: a tree over 8 registers, five butterflies without a select,
// four partials behind one barrier.
// LAYOUT-LABEL: func @product
// LAYOUT: tile.reduce_with {{.*}} -> tensor<1x1xf32, #tile.layout<[1, 1], register = [], lane = [0, 0, 0, 0, 0], warp = [0, 0]>>
// CHECK-LABEL: llvm.func @product
// CHECK-COUNT-3: llvm.fmul {{.*}} : vector<{{[421]}}xf32>
// CHECK-NOT: llvm.select
// CHECK-COUNT-5: llvm.call_intrinsic "llvm.nvvm.shfl.sync.bfly.i32"
// CHECK: llvm.call @tegula.store_if.shared.i32
// CHECK-NEXT: llvm.call_intrinsic "llvm.nvvm.barrier.cta.sync.aligned.all"
// CHECK: llvm.load {{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xf32>
// CHECK-NOT: barrier
// CHECK: llvm.return
func.func @product(%p: !llvm.ptr<1>, %q: !llvm.ptr<1>, %rows: i32) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %r = tile.program_id 0 below %rows
  %x = tile.view "x" %p extents(%rows) strides() : !llvm.ptr<1>, !row
  %y = tile.view "y" %q extents(%rows) strides() : !llvm.ptr<1>, !one
  %t = tile.load %x[%r, %c0] full [true, true] : !row -> tensor<1x1024xf32>
  %s = tile.reduce_with %t axis 1 : tensor<1x1024xf32> -> tensor<1x1xf32> {
  ^bb0(%a: f32, %b: f32):
    %c = arith.mulf %a, %b : f32
    tile.yield %c : f32
  }
  tile.store %s, %y[%r, %c0] full [true, true] : tensor<1x1xf32>, !one
  return
}

// Of two tiles, whose sides must not be exchanged: each butterfly has a select for either side of
// each tile, and constants become vectors.
// CHECK-LABEL: llvm.func @sides
// CHECK: llvm.call_intrinsic "llvm.nvvm.shfl.sync.bfly.i32"
// CHECK: llvm.call_intrinsic "llvm.nvvm.shfl.sync.bfly.i32"
// CHECK-COUNT-4: llvm.select
// CHECK: llvm.return
func.func @sides(%p: !llvm.ptr<1>, %q: !llvm.ptr<1>, %u: !llvm.ptr<1>, %rows: i32) attributes {tile.warps = 1 : i32} {
  %c0 = arith.constant 0 : i32
  %r = tile.program_id 0 below %rows
  %x = tile.view "x" %p extents(%rows) strides() : !llvm.ptr<1>, !row
  %y = tile.view "y" %q extents(%rows) strides() : !llvm.ptr<1>, !one
  %z = tile.view "z" %u extents(%rows) strides() : !llvm.ptr<1>, !ones
  %t = tile.load %x[%r, %c0] full [true, true] : !row -> tensor<1x1024xf32>
  %i = tile.iota : tensor<1024xi32>
  %j = tile.reshape %i : tensor<1024xi32> -> tensor<1x1024xi32>
  %s:2 = tile.reduce_with %t, %j axis 1 : tensor<1x1024xf32>, tensor<1x1024xi32> -> tensor<1x1xf32>, tensor<1x1xi32> {
  ^bb0(%a: f32, %i0: i32, %b: f32, %i1: i32):
    %one = arith.constant 1.0 : f32
    %scaled = arith.addf %b, %one : f32
    %less = arith.cmpf olt, %a, %scaled : f32
    %v = arith.select %less, %a, %b : f32
    %k = arith.select %less, %i0, %i1 : i32
    tile.yield %v, %k : f32, i32
  }
  tile.store %s#0, %y[%r, %c0] full [true, true] : tensor<1x1xf32>, !one
  tile.store %s#1, %z[%r, %c0] full [true, true] : tensor<1x1xi32>, !ones
  return
}

// Four neighbours in registers (3 sums), five steps over lanes, the lane before and the last lane,
// four warps (two partials of a thread stored and loaded at once), two register halves, and one sum
// with all eight registers.
// LAYOUT-LABEL: func @prefixes
// LAYOUT-NOT: convert_layout
// LAYOUT: tile.scan_with
// LAYOUT-NOT: convert_layout
// LAYOUT: return
// CHECK-LABEL: llvm.func @prefixes
// CHECK-COUNT-3: llvm.fadd {{.*}} : vector<2xf32>
// CHECK-COUNT-14: llvm.call_intrinsic "llvm.nvvm.shfl.sync.idx.i32"
// CHECK: llvm.call @tegula.store_if.shared.v2i32
// CHECK-NEXT: llvm.call_intrinsic "llvm.nvvm.barrier.cta.sync.aligned.all"
// CHECK-COUNT-4: llvm.load {{.*}} : !llvm.ptr<3> -> vector<2xf32>
// CHECK-NOT: barrier
// CHECK: llvm.fadd {{.*}} : vector<8xf32>
// CHECK-NOT: llvm.fadd
// CHECK: llvm.return
func.func @prefixes(%p: !llvm.ptr<1>, %rows: i32) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %r = tile.program_id 0 below %rows
  %x = tile.view "x" %p extents(%rows) strides() : !llvm.ptr<1>, !row
  %t = tile.load %x[%r, %c0] full [true, true] : !row -> tensor<1x1024xf32>
  %s = tile.scan_with %t axis 1 : tensor<1x1024xf32> -> tensor<1x1024xf32> {
  ^bb0(%a: f32, %b: f32):
    %c = arith.addf %a, %b : f32
    tile.yield %c : f32
  }
  tile.store %s, %x[%r, %c0] full [true, true] : tensor<1x1024xf32>, !row
  return
}

// Loaded element by element, neighbours are in neighbouring lanes: they come together in a thread,
// and go back after it, which is cheaper than 224 shuffles.
// LAYOUT-LABEL: func @ragged
// LAYOUT: tile.load {{.*}} lane = [1, 2, 4, 8, 16], warp = [32, 64]>>
// LAYOUT: tile.convert_layout {{.*}} -> tensor<1x4096xf32, #tile.layout<[1, 4096], register = [1, 2, 4, 8, 16], lane = [32, 64, 128, 256, 512], warp = [1024, 2048]>>
// LAYOUT: tile.scan_with
// LAYOUT: tile.convert_layout {{.*}} lane = [1, 2, 4, 8, 16], warp = [32, 64]>>
// LAYOUT: tile.store
// CHECK-LABEL: llvm.func @ragged
// CHECK-COUNT-7: llvm.call_intrinsic "llvm.nvvm.shfl.sync.idx.i32"
// CHECK-NOT: shfl
// CHECK: llvm.return
func.func @ragged(%p: !llvm.ptr<1>, %rows: i32, %n: i32, %stride: i64) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %r = tile.program_id 0 below %rows
  %x = tile.view "x" %p extents(%rows, %n) strides(%stride) : !llvm.ptr<1>, !ragged
  %t = tile.load %x[%r, %c0] full [true, false] : !ragged -> tensor<1x4096xf32>
  %s = tile.scan_with %t axis 1 : tensor<1x4096xf32> -> tensor<1x4096xf32> {
  ^bb0(%a: f32, %b: f32):
    %c = arith.addf %a, %b : f32
    tile.yield %c : f32
  }
  tile.store %s, %x[%r, %c0] full [true, false] : tensor<1x4096xf32>, !ragged
  return
}
