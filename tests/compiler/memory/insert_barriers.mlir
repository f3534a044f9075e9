// RUN: tegula-opt %s --pass-pipeline='builtin.module(func.func(tile-assign-layouts,tile-insert-barriers))' 2>/dev/null | FileCheck %s

!row = !tile.view<1024xf32, extents [?], strides [1], divisors [1], align 16>
!one = !tile.view<1xf32, extents [?], strides [1], divisors [1], align 4>

// Each thread reads back what it stored.
// CHECK-LABEL: func @own_elements
// CHECK-NOT: tile.barrier
// CHECK: return
func.func @own_elements(%p: !llvm.ptr<1>, %n: i32) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %v = tile.view "x" %p extents(%n) strides() : !llvm.ptr<1>, !row
  %t = tile.load %v[%c0] full [false] : !row -> tensor<1024xf32>
  tile.store %t, %v[%c0] full [false] : tensor<1024xf32>, !row
  %u = tile.load %v[%c0] full [false] : !row -> tensor<1024xf32>
  tile.store %u, %v[%n] full [false] : tensor<1024xf32>, !row
  return
}

// One thread stores, all load.
// CHECK-LABEL: func @one_stores
// CHECK: tile.store
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: tile.load
func.func @one_stores(%p: !llvm.ptr<1>, %n: i32, %x: f32) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %v = tile.view "x" %p extents(%n) strides() : !llvm.ptr<1>, !one
  %s = tile.splat %x : f32 -> tensor<1xf32>
  tile.store %s, %v[%c0] full [false] : tensor<1xf32>, !one
  %u = tile.load %v[%c0] full [false] : !one -> tensor<1xf32>
  tile.store %u, %v[%n] full [false] : tensor<1xf32>, !one
  return
}

// The load of the next round comes after the store of this one.
// CHECK-LABEL: func @around_a_loop
// CHECK: scf.for
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: tile.load
// CHECK: tile.barrier
// CHECK-NEXT: tile.store
func.func @around_a_loop(%p: !llvm.ptr<1>, %n: i32) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %v = tile.view "x" %p extents(%n) strides() : !llvm.ptr<1>, !one
  scf.for %j = %c0 to %n step %c1 : i32 {
    %u = tile.load %v[%c0] full [false] : !one -> tensor<1xf32>
    %w = arith.addf %u, %u : tensor<1xf32>
    tile.store %w, %v[%c0] full [false] : tensor<1xf32>, !one
  }
  return
}

// Two pointers that may be of the same bytes: as of one tensor, but no view of it is another's.
// CHECK-LABEL: func @overlapping
// CHECK: tile.load
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: tile.store
// CHECK-NOT: tile.barrier
// CHECK: return
func.func @overlapping(%n: i32, %p: !llvm.ptr<1>, %q: !llvm.ptr<1>, %r: !llvm.ptr<1>)
    attributes {tile.warps = 4 : i32, tile.overlaps = array<i32: 0, 1, 1, 3>} {
  %c0 = arith.constant 0 : i32
  %x = tile.view "x" %p extents(%n) strides() : !llvm.ptr<1>, !row
  %y = tile.view "y" %q extents(%n) strides() : !llvm.ptr<1>, !row
  %z = tile.view "z" %r extents(%n) strides() : !llvm.ptr<1>, !row
  %t = tile.load %x[%c0] full [false] : !row -> tensor<1024xf32>
  tile.store %t, %y[%c0] full [false] : tensor<1024xf32>, !row
  tile.store %t, %z[%c0] full [false] : tensor<1024xf32>, !row
  return
}

!left = !tile.view<8x64xf32, extents [?, 60], strides [?, 1], divisors [1, 1], align 16>
!right = !tile.view<8x64xf32, extents [?, 68], strides [?, 1], divisors [1, 1], align 16>
!any = !tile.view<8x64xf32, extents [?, ?], strides [?, 1], divisors [1, 1], align 16>

// Columns 0 to 59 and 60 to 127 of one tensor, each kept by other threads.
// CHECK-LABEL: func @other_columns
// CHECK-NOT: tile.barrier
// CHECK: return
func.func @other_columns(%p: !llvm.ptr<1>, %n: i32, %s: i64, %f: f32)
    attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %t = tile.splat %f : f32 -> tensor<8x64xf32>
  %q = llvm.getelementptr %p[60] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
  %a = tile.view "x" %p extents(%n) strides(%s) : !llvm.ptr<1>, !left
  %b = tile.view "x" %q extents(%n) strides(%s) : !llvm.ptr<1>, !right
  tile.store %t, %a[%c0, %c0] full [false, false] : tensor<8x64xf32>, !left
  tile.store %t, %b[%c0, %c0] full [false, false] : tensor<8x64xf32>, !right
  tile.store %t, %a[%n, %c0] full [false, false] : tensor<8x64xf32>, !left
  return
}

// The second part begins one column early.
// CHECK-LABEL: func @columns_that_meet
// CHECK: tile.store
// CHECK: tile.barrier
// CHECK-NEXT: tile.store
func.func @columns_that_meet(%p: !llvm.ptr<1>, %n: i32, %s: i64, %f: f32)
    attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %t = tile.splat %f : f32 -> tensor<8x64xf32>
  %q = llvm.getelementptr %p[59] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
  %a = tile.view "x" %p extents(%n) strides(%s) : !llvm.ptr<1>, !left
  %b = tile.view "x" %q extents(%n) strides(%s) : !llvm.ptr<1>, !right
  tile.store %t, %b[%c0, %c0] full [false, false] : tensor<8x64xf32>, !right
  tile.store %t, %a[%c0, %c0] full [false, false] : tensor<8x64xf32>, !left
  return
}

// How far the first part goes is not known.
// CHECK-LABEL: func @columns_without_end
// CHECK: tile.store
// CHECK: tile.barrier
// CHECK-NEXT: tile.store
func.func @columns_without_end(%p: !llvm.ptr<1>, %n: i32, %s: i64, %f: f32)
    attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %t = tile.splat %f : f32 -> tensor<8x64xf32>
  %q = llvm.getelementptr %p[60] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
  %a = tile.view "x" %p extents(%n, %n) strides(%s) : !llvm.ptr<1>, !any
  %b = tile.view "x" %q extents(%n) strides(%s) : !llvm.ptr<1>, !right
  tile.store %t, %a[%c0, %c0] full [false, false] : tensor<8x64xf32>, !any
  tile.store %t, %b[%c0, %c0] full [false, false] : tensor<8x64xf32>, !right
  return
}

!row_a = !tile.view<8x64xf32, extents [?, 60], strides [16, 1], divisors [16, 1], align 16>
!row_b = !tile.view<8x64xf32, extents [?, 4], strides [16, 1], divisors [16, 1], align 16>

// 64 elements on may be four rows on.
// CHECK-LABEL: func @rows_of_16
// CHECK: tile.store
// CHECK: tile.barrier
// CHECK-NEXT: tile.store
func.func @rows_of_16(%p: !llvm.ptr<1>, %n: i32, %f: f32)
    attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %t = tile.splat %f : f32 -> tensor<8x64xf32>
  %q = llvm.getelementptr %p[64] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
  %a = tile.view "x" %p extents(%n) strides() : !llvm.ptr<1>, !row_a
  %b = tile.view "x" %q extents(%n) strides() : !llvm.ptr<1>, !row_b
  tile.store %t, %a[%c0, %c0] full [false, false] : tensor<8x64xf32>, !row_a
  tile.store %t, %b[%c0, %c0] full [false, false] : tensor<8x64xf32>, !row_b
  return
}
