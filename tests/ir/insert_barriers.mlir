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
