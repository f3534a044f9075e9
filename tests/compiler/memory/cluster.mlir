// RUN: tegula-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(tile-wait-for-cluster,tile-insert-barriers,tile-allocate-shared))' | FileCheck %s

#rows = #tile.layout<[8, 1], register = [1, 2, 4], lane = [0, 0, 0, 0, 0], warp = [0, 0]>
!rows = tensor<8x1xf32, #rows>

// The wait comes before the next collective, and before the end; both have one place.
// CHECK-LABEL: func @one_after_the_other
// CHECK: tile.cluster_reduce sum {{.*}} over 4 {tile.shared_offset = 0 : i32}
// CHECK-NEXT: arith.mulf
// CHECK-NEXT: tile.cluster_wait
// CHECK-NEXT: tile.cluster_reduce max {{.*}} over 4 {tile.shared_offset = 0 : i32}
// CHECK-NEXT: arith.addf
// CHECK-NEXT: tile.cluster_wait
// CHECK-NEXT: return
func.func @one_after_the_other(%t: !rows) attributes {tile.warps = 4 : i32} {
  %s = tile.cluster_reduce sum %t over 4 : !rows
  %p = arith.mulf %s, %s : !rows
  %m = tile.cluster_reduce max %p over 4 : !rows
  %q = arith.addf %m, %m : !rows
  return
}

// -----

#row = #tile.layout<[1, 128], register = [], lane = [1, 2, 4, 8, 16], warp = [32, 64]>
#one = #tile.layout<[1, 1], register = [], lane = [0, 0, 0, 0, 0], warp = [0, 0]>
!row = tensor<1x128xf32, #row>
!one = tensor<1x1xf32, #one>

// One in a loop is waited for at once; a loop with one inside, too, is waited for before.
// CHECK-LABEL: func @in_a_loop
// CHECK: tile.cluster_reduce
// CHECK-NEXT: tile.cluster_wait
// CHECK-NEXT: scf.for
// CHECK: tile.cluster_reduce
// CHECK-NEXT: tile.cluster_wait
// CHECK-NEXT: arith.addf
// CHECK: return
func.func @in_a_loop(%t: !one, %n: i32) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %s = tile.cluster_reduce sum %t over 2 : !one
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %s) -> (!one) : i32 {
    %m = tile.cluster_reduce sum %a over 2 : !one
    %q = arith.addf %m, %m : !one
    scf.yield %q : !one
  }
  return
}

// A block's own exchange shares no bytes with what others may be reading, and needs no barrier
// behind the cluster's.
// CHECK-LABEL: func @beside_an_exchange
// CHECK: tile.reduce sum {{.*}} {tile.shared_offset = 0 : i32}
// CHECK-NEXT: tile.cluster_reduce sum {{.*}} {tile.shared_offset = 16 : i32}
// CHECK-NEXT: tile.reduce max {{.*}} {tile.shared_offset = 0 : i32}
// CHECK-NEXT: tile.cluster_wait
func.func @beside_an_exchange(%t: !row) attributes {tile.warps = 4 : i32} {
  %s = tile.reduce sum %t axis 1 : !row -> !one
  %c = tile.cluster_reduce sum %s over 8 : !one
  %m = tile.reduce max %t axis 1 : !row -> !one
  return
}

// -----

func.func @narrow(%t: tensor<8x1xf16>) {
  // expected-error @+1 {{combines elements of 32 or 64 bits, not 'tensor<8x1xf16>'}}
  %s = tile.cluster_reduce sum %t over 4 : tensor<8x1xf16>
  return
}

// -----

func.func @bits(%t: tensor<8x1xi32>) {
  // expected-error @+1 {{is a sum, a minimum or a maximum, not bit_and}}
  %s = tile.cluster_reduce bit_and %t over 4 : tensor<8x1xi32>
  return
}

// -----

func.func @three(%t: tensor<8x1xi32>) {
  // expected-error @+1 {{is over 2, 4 or 8 blocks, not 3}}
  %s = tile.cluster_reduce sum %t over 3 : tensor<8x1xi32>
  return
}
