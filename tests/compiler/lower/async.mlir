// RUN: tegula-opt %s --pass-pipeline='builtin.module(func.func(tile-insert-barriers,tile-allocate-shared,tile-lower-control-flow),tile-lower-to-llvm,canonicalize,cse)' | FileCheck %s
// RUN: tegula-opt %s --pass-pipeline='builtin.module(func.func(tile-insert-barriers,tile-allocate-shared))' | FileCheck %s --check-prefix=PLACES

!row = !tile.view<1x512xf32, extents [?, 1000], strides [1000, 1], divisors [8, 1], align 16, pad 0x3FF0000000000000>
!half = !tile.view<1x128xbf16, extents [?, 1024], strides [1024, 1], divisors [16, 1], align 16>
!one = !tile.view<1xf32, extents [?], strides [1], divisors [1], align 4>
#row = #tile.layout<[1, 512], register = [1, 2, 256], lane = [4, 8, 16, 32, 64], warp = [128]>
#half = #tile.layout<[1, 128], register = [1, 2, 4, 8], lane = [16, 32, 64, 0, 0], warp = [0]>
#copied = #tile.layout<[1, 128], register = [1, 2, 0, 64], lane = [4, 8, 16, 32, 0], warp = [0]>
#all = #tile.layout<[1], register = [], lane = [0, 0, 0, 0, 0], warp = [0]>

// Pieces of 16 bytes, side by side for the 64 threads; a piece beyond the end is 0 in the slot, and
// the padding, 1, once it is read.
// CHECK-LABEL: llvm.func @pieces
// CHECK: %[[SHARED:.*]] = llvm.mlir.addressof @tegula_shared_memory
// CHECK: %[[AT:.*]] = llvm.getelementptr %[[SHARED]][%{{.*}}] : {{.*}}, i8
// CHECK: %[[BYTES:.*]] = llvm.select %{{.*}}, %{{.*}}, %{{.*}} : i1, i32
// CHECK: llvm.call @tegula.async_copy.l2.16(%[[AT]], %{{.*}}, %[[BYTES]])
// CHECK: %[[NEXT:.*]] = llvm.getelementptr %[[AT]][1024]
// CHECK: llvm.call @tegula.async_copy.l2.16(%[[NEXT]],
// CHECK: llvm.call @tegula.async_commit(%[[SHARED]])
// CHECK: llvm.call @tegula.async_wait.0(%[[SHARED]])
// CHECK: llvm.load {{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xi32>
// CHECK: llvm.select {{.*}} : i1, vector<4xi32>
// CHECK: llvm.load {{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xi32>
// CHECK: llvm.select {{.*}} : i1, vector<4xi32>
// CHECK: llvm.return
func.func @pieces(%p: !llvm.ptr<1>, %j: i32) attributes {tile.warps = 2 : i32, tile.queue_bytes = 4096 : i64} {
  %x = tile.view "x" %p extents(%j) strides() : !llvm.ptr<1>, !row
  tile.async_copy %x[%j, %j] full [true, false] slot %j of 2 offset 0 : !row -> tensor<1x512xf32, #row>
  tile.async_commit
  tile.async_wait 0
  %t = tile.async_read %x[%j, %j] full [true, false] slot %j of 2 offset 0 : !row -> tensor<1x512xf32, #row>
  %m = arith.cmpf oeq, %t, %t : tensor<1x512xf32, #row>
  tile.assert %m "" : tensor<1x512xi1, #row>
  return
}

// Registers that copy others are neither copied nor read again. Through L1, where said.
// CHECK-LABEL: llvm.func @copies_of_registers
// CHECK-COUNT-2: llvm.call @tegula.async_copy.l1.8
// CHECK-NOT: tegula.async_copy
// CHECK: llvm.call @tegula.async_wait.1
// CHECK-COUNT-2: llvm.load {{.*}} {alignment = 8 : i64} : !llvm.ptr<3> -> vector<2xi32>
// CHECK-NOT: llvm.load {{.*}} !llvm.ptr<3>
// CHECK: llvm.return
func.func @copies_of_registers(%p: !llvm.ptr<1>, %j: i32) attributes {tile.warps = 2 : i32, tile.queue_bytes = 1024 : i64} {
  %x = tile.view "x" %p extents(%j) strides() : !llvm.ptr<1>, !half
  tile.async_copy %x[%j, %j] full [true, true] slot %j of 1 offset 0 cached : !half -> tensor<1x128xbf16, #copied>
  tile.async_wait 1
  %t = tile.async_read %x[%j, %j] full [true, true] slot %j of 1 offset 0 : !half -> tensor<1x128xbf16, #copied>
  %m = arith.cmpf oeq, %t, %t : tensor<1x128xbf16, #copied>
  tile.assert %m "" : tensor<1x128xi1, #copied>
  return
}

// A copy is a read of its tensor: what another thread stored is there before it begins. Queues lie
// behind what exchanges take.
// PLACES-LABEL: func @behind_a_store
// PLACES-SAME: tile.shared_bytes = 2064 : i64
// PLACES: tile.reduce {{.*}} {tile.shared_offset = 0 : i32}
// PLACES: tile.store
// PLACES-NEXT: tile.barrier
// PLACES-NEXT: tile.async_copy {{.*}} {tile.shared_offset = 16 : i32}
// PLACES-NOT: tile.barrier
// PLACES: tile.async_read {{.*}} {tile.shared_offset = 16 : i32}
// PLACES-NOT: tile.barrier
// PLACES: return
func.func @behind_a_store(%p: !llvm.ptr<1>, %q: !llvm.ptr<1>, %j: i32, %u: tensor<1x512xf32, #row>) attributes {tile.warps = 2 : i32, tile.queue_bytes = 2048 : i64} {
  %x = tile.view "x" %p extents(%j) strides() : !llvm.ptr<1>, !row
  %y = tile.view "x" %p extents(%j) strides() : !llvm.ptr<1>, !one
  %r = tile.reduce sum %u axis 1 : tensor<1x512xf32, #row> -> tensor<1x1xf32, #tile.layout<[1, 1], register = [], lane = [0, 0, 0, 0, 0], warp = [0]>>
  %s = tile.reshape %r : tensor<1x1xf32, #tile.layout<[1, 1], register = [], lane = [0, 0, 0, 0, 0], warp = [0]>> -> tensor<1xf32, #all>
  tile.store %s, %y[%j] full [true] : tensor<1xf32, #all>, !one
  tile.async_copy %x[%j, %j] full [true, true] slot %j of 1 offset 0 : !row -> tensor<1x512xf32, #row>
  tile.async_commit
  tile.async_wait 0
  %t = tile.async_read %x[%j, %j] full [true, true] slot %j of 1 offset 0 : !row -> tensor<1x512xf32, #row>
  tile.store %t, %x[%j, %j] full [true, true] : tensor<1x512xf32, #row>, !row
  return
}
