// RUN: tegula-opt %s --pass-pipeline='builtin.module(func.func(tile-assign-layouts,tile-insert-barriers,tile-allocate-shared,tile-lower-control-flow),tile-lower-to-llvm,canonicalize,cse)' 2>/dev/null | FileCheck %s

!row = !tile.view<1x1024xf32, extents [?, 1024], strides [1024, 1], divisors [16, 1], align 16>
!ragged = !tile.view<1x1024xf32, extents [?, 1000], strides [1000, 1], divisors [8, 1], align 16>
!scalar = !tile.view<1xf32, extents [?], strides [1], divisors [1], align 4>
!column = !tile.view<64x1xf32, extents [?, 1], strides [1, 1], divisors [1, 1], align 16>
!far = !tile.view<16x64xf32, extents [16, 536870912], strides [536870912, 1], divisors [16, 1], align 16>

// 1024 floats over 128 threads: two 16-byte loads each. The sum: a tree over 8 registers, five
// butterflies, four partials through shared memory behind one barrier.
// CHECK-LABEL: llvm.func @sum
// CHECK-COUNT-2: llvm.load {{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xi32>
// CHECK-NOT: llvm.load
// CHECK-COUNT-3: llvm.fadd
// CHECK-COUNT-5: llvm.call_intrinsic "llvm.nvvm.shfl.sync.bfly.i32"
// CHECK: llvm.call @tegula.store_if.shared.i32
// CHECK-NEXT: llvm.call_intrinsic "llvm.nvvm.barrier.cta.sync.aligned.all"
// CHECK: llvm.load {{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xf32>
// CHECK-NOT: barrier
// One thread of the 128 that have the sum stores it.
// CHECK: llvm.call @tegula.store_if.global.i32
func.func @sum(%p: !llvm.ptr<1>, %q: !llvm.ptr<1>, %rows: i32) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %r = tile.program_id 0 below %rows
  %x = tile.view "x" %p extents(%rows) strides() : !llvm.ptr<1>, !row
  %y = tile.view "y" %q extents(%rows) strides() : !llvm.ptr<1>, !scalar
  %t = tile.load %x[%r, %c0] full [true, true] : !row -> tensor<1x1024xf32>
  %s = tile.reduce sum %t axis 1 : tensor<1x1024xf32> -> tensor<1x1xf32>
  %u = tile.reshape %s : tensor<1x1xf32> -> tensor<1xf32>
  tile.store %u, %y[%r] full [true] : tensor<1xf32>, !scalar
  return
}

// 1000 is a multiple of 4: whole vectors are inside or outside, and each has a predicate.
// CHECK-LABEL: llvm.func @masked
// CHECK-COUNT-2: llvm.call @tegula.load_if.global.v4i32
// CHECK-COUNT-2: llvm.call @tegula.store_if.global.v4i32
func.func @masked(%p: !llvm.ptr<1>, %rows: i32) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %r = tile.program_id 0 below %rows
  %x = tile.view "x" %p extents(%rows) strides() : !llvm.ptr<1>, !ragged
  %t = tile.load %x[%r, %c0] full [true, false] : !ragged -> tensor<1x1024xf32>
  tile.store %t, %x[%r, %c0] full [true, false] : tensor<1x1024xf32>, !ragged
  return
}

// In a loop the partials of the last round may still be read: a barrier before writing as well.
// CHECK-LABEL: llvm.func @loop
// CHECK: llvm.call_intrinsic "llvm.nvvm.barrier.cta.sync.aligned.all"
// CHECK: llvm.call @tegula.store_if.shared.i32
// CHECK: llvm.call_intrinsic "llvm.nvvm.barrier.cta.sync.aligned.all"
func.func @loop(%p: !llvm.ptr<1>, %q: !llvm.ptr<1>, %rows: i32) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %x = tile.view "x" %p extents(%rows) strides() : !llvm.ptr<1>, !row
  %y = tile.view "y" %q extents(%rows) strides() : !llvm.ptr<1>, !scalar
  scf.for %r = %c0 to %rows step %c1 : i32 {
    %t = tile.load %x[%r, %c0] full [true, true] : !row -> tensor<1x1024xf32>
    %s = tile.reduce sum %t axis 1 : tensor<1x1024xf32> -> tensor<1x1xf32>
    %u = tile.reshape %s : tensor<1x1xf32> -> tensor<1xf32>
    tile.store %u, %y[%r] full [true] : tensor<1xf32>, !scalar
  }
  return
}

// A column that lies densely, of unknown length: what counts for its vectors is the mask of the
// axis along which it lies, not that of the last one.
// CHECK-LABEL: llvm.func @column
// CHECK-COUNT-2: llvm.call @tegula.load_if.global.i32
// CHECK-NOT: v4i32
// CHECK: llvm.return
func.func @column(%p: !llvm.ptr<1>, %rows: i32) attributes {tile.warps = 1 : i32} {
  %c0 = arith.constant 0 : i32
  %x = tile.view "x" %p extents(%rows) strides() : !llvm.ptr<1>, !column
  %t = tile.load %x[%c0, %c0] full [false, true] : !column -> tensor<64x1xf32>
  tile.store %t, %x[%c0, %c0] full [false, true] : tensor<64x1xf32>, !column
  return
}

// Rows of 2 GiB: a thread's second row is 4 GiB from its first.
// CHECK-LABEL: llvm.func @far
// CHECK: llvm.mlir.constant(4294967296 : i64) : i64
// CHECK: llvm.return
func.func @far(%p: !llvm.ptr<1>) attributes {tile.warps = 1 : i32} {
  %c0 = arith.constant 0 : i32
  %x = tile.view "x" %p extents() strides() : !llvm.ptr<1>, !far
  %t = tile.load %x[%c0, %c0] full [true, true] : !far -> tensor<16x64xf32>
  tile.store %t, %x[%c0, %c0] full [true, true] : tensor<16x64xf32>, !far
  return
}

// A comparison of a tile with itself folds to a constant while it is lowered: one element for each
// register.
// CHECK-LABEL: llvm.func @equal
// CHECK: %[[FALSE:.*]] = llvm.mlir.constant(dense<false> : vector<8xi1>) : vector<8xi1>
// CHECK: llvm.return
func.func @equal(%p: !llvm.ptr<1>, %rows: i32) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %x = tile.view "x" %p extents(%rows) strides() : !llvm.ptr<1>, !row
  %i = tile.iota : tensor<1024xi32>
  %less = arith.cmpi slt, %i, %i : tensor<1024xi32>
  %n = arith.extui %less : tensor<1024xi1> to tensor<1024xi32>
  %f = arith.sitofp %n : tensor<1024xi32> to tensor<1024xf32>
  %t = tile.reshape %f : tensor<1024xf32> -> tensor<1x1024xf32>
  tile.store %t, %x[%c0, %c0] full [true, true] : tensor<1x1024xf32>, !row
  return
}
