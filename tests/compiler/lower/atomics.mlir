// RUN: tegula-opt %s --pass-pipeline='builtin.module(func.func(tile-assign-layouts,tile-insert-barriers,tile-allocate-shared,tile-lower-control-flow),tile-lower-to-llvm,canonicalize,cse)' 2>/dev/null | FileCheck %s

!row = !tile.view<512xi32, extents [?], strides [1], divisors [1], align 16>

// Nobody wants the values before: each element is changed once, and nothing
// is exchanged. Two that commute need no barrier between them.
// CHECK-LABEL: llvm.func @commute
// CHECK-NOT: barrier
// CHECK-COUNT-2: llvm.call @tegula.atomic.add.i32.relaxed.gpu
// CHECK-NOT: barrier
// CHECK: llvm.return
func.func @commute(%p: !llvm.ptr<1>, %i: i64) attributes {tile.warps = 4 : i32} {
  %true = arith.constant true
  %c1 = arith.constant 1 : i32
  %o = tile.splat %i : i64 -> tensor<8xi64>
  %m = tile.splat %true : i1 -> tensor<8xi1>
  %v = tile.splat %c1 : i32 -> tensor<8xi32>
  %a = tile.atomic add relaxed device %v, %p[%o] mask %m : tensor<8xi1> : tensor<8xi32>, !llvm.ptr<1>, tensor<8xi64>
  %b = tile.atomic add relaxed device %v, %p[%o] mask %m : tensor<8xi1> : tensor<8xi32>, !llvm.ptr<1>, tensor<8xi64>
  return
}

// Copies in other warps get the value before through shared memory.
// CHECK-LABEL: llvm.func @shared_by_warps
// CHECK: llvm.call @tegula.atomic.exchange.i32.relaxed.cta
// CHECK: llvm.call @tegula.store_if.shared.i32
// CHECK-NEXT: llvm.call_intrinsic "llvm.nvvm.barrier.cta.sync.aligned.all"
// CHECK: llvm.load {{.*}} : !llvm.ptr<3> -> i32
func.func @shared_by_warps(%p: !llvm.ptr<1>, %i: i64) attributes {tile.warps = 4 : i32} {
  %true = arith.constant true
  %c0 = arith.constant 0 : i32
  %o = tile.splat %i : i64 -> tensor<8xi64>
  %m = tile.splat %true : i1 -> tensor<8xi1>
  %v = tile.splat %c0 : i32 -> tensor<8xi32>
  %a = tile.atomic exchange relaxed block %v, %p[%o] mask %m : tensor<8xi1> : tensor<8xi32>, !llvm.ptr<1>, tensor<8xi64>
  tile.scatter %a, %p[%o] mask %m : tensor<8xi1> : tensor<8xi32>, !llvm.ptr<1>, tensor<8xi64>
  return
}

// Copies in one warp get it by a shuffle.
// CHECK-LABEL: llvm.func @shared_by_lanes
// CHECK: llvm.call @tegula.atomic.umax.i32.relaxed.sys
// CHECK: llvm.call_intrinsic "llvm.nvvm.shfl.sync.idx.i32"
// CHECK-NOT: !llvm.ptr<3>
// CHECK: llvm.return
func.func @shared_by_lanes(%p: !llvm.ptr<1>, %i: i64) attributes {tile.warps = 1 : i32} {
  %true = arith.constant true
  %c0 = arith.constant 0 : i32
  %o = tile.splat %i : i64 -> tensor<8xi64>
  %m = tile.splat %true : i1 -> tensor<8xi1>
  %v = tile.splat %c0 : i32 -> tensor<8xi32>
  %a = tile.atomic umax relaxed system %v, %p[%o] mask %m : tensor<8xi1> : tensor<8xi32>, !llvm.ptr<1>, tensor<8xi64>
  tile.scatter %a, %p[%o] mask %m : tensor<8xi1> : tensor<8xi32>, !llvm.ptr<1>, tensor<8xi64>
  return
}

// What any thread stored comes before a release, what any does later after an acquire, whatever
// the tensors.
// CHECK-LABEL: llvm.func @ordered
// CHECK: llvm.store
// CHECK: llvm.nvvm.barrier
// CHECK: llvm.call @tegula.atomic.compare_exchange.i64.acq_rel.gpu
// CHECK: llvm.nvvm.barrier
// CHECK: llvm.load {{.*}} : !llvm.ptr<1>
func.func @ordered(%p: !llvm.ptr<1>, %q: !llvm.ptr<1>, %n: i32, %i: i64) attributes {tile.warps = 4 : i32} {
  %true = arith.constant true
  %c0 = arith.constant 0 : i32
  %c64 = arith.constant 0 : i64
  %x = tile.view "x" %q extents(%n) strides() : !llvm.ptr<1>, !row
  %t = tile.splat %c0 : i32 -> tensor<512xi32>
  tile.store %t, %x[%c0] full [true] : tensor<512xi32>, !row
  %o = tile.splat %i : i64 -> tensor<1xi64>
  %m = tile.splat %true : i1 -> tensor<1xi1>
  %v = tile.splat %c64 : i64 -> tensor<1xi64>
  %a = tile.atomic_cas acq_rel device %v, %v, %p[%o] mask %m : tensor<1xi1> : tensor<1xi64>, !llvm.ptr<1>, tensor<1xi64>
  %u = tile.load %x[%c0] full [true] : !row -> tensor<512xi32>
  tile.store %u, %x[%n] full [true] : tensor<512xi32>, !row
  return
}
