// RUN: tegula-opt %s --pass-pipeline='builtin.module(func.func(tile-allocate-shared),tile-lower-to-llvm,canonicalize,cse)' | FileCheck %s

#rows = #tile.layout<[64], register = [1], lane = [2, 4, 8, 16, 32], warp = []>
#swapped = #tile.layout<[64], register = [2], lane = [1, 4, 8, 16, 32], warp = []>
#renamed = #tile.layout<[128], register = [64, 1], lane = [2, 4, 8, 16, 32], warp = []>
#plain = #tile.layout<[128], register = [1, 64], lane = [2, 4, 8, 16, 32], warp = []>
#down = #tile.layout<[32, 32], register = [1, 2, 4], lane = [8, 16, 32, 64, 128], warp = [256, 512]>
#across = #tile.layout<[32, 32], register = [32, 64, 128], lane = [256, 512, 1, 2, 4], warp = [8, 16]>

// CHECK-LABEL: llvm.func @registers
// CHECK-NOT: shfl
// CHECK: llvm.shufflevector {{.*}} [0, 2, 1, 3]
// CHECK-NOT: shfl
// CHECK: llvm.return
func.func @registers(%t: tensor<128xf32, #plain>) -> tensor<128xf32, #renamed> attributes {tile.warps = 1 : i32} {
  %u = tile.convert_layout %t : tensor<128xf32, #plain> -> tensor<128xf32, #renamed>
  return %u : tensor<128xf32, #renamed>
}

// Two registers for two lanes: lanes with bit 0 set swap their registers, one butterfly, and again.
// CHECK-LABEL: llvm.func @lanes
// CHECK: llvm.select
// CHECK: llvm.call_intrinsic "llvm.nvvm.shfl.sync.bfly.i32"
// CHECK-NOT: shfl
// CHECK: llvm.select
// CHECK-NOT: barrier
// CHECK: llvm.return
func.func @lanes(%t: tensor<64xf32, #rows>) -> tensor<64xf32, #swapped> attributes {tile.warps = 1 : i32} {
  %u = tile.convert_layout %t : tensor<64xf32, #rows> -> tensor<64xf32, #swapped>
  return %u : tensor<64xf32, #swapped>
}

// Between warps: 8 registers in two stores of 16 bytes, then 8 loads of 4, one barrier between.
// CHECK-LABEL: llvm.func @shared
// CHECK-COUNT-2: llvm.store {{.*}} {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<3>
// CHECK-NOT: llvm.store
// CHECK: llvm.call_intrinsic "llvm.nvvm.barrier.cta.sync.aligned.all"
// CHECK-COUNT-8: llvm.load {{.*}} {alignment = 4 : i64} : !llvm.ptr<3> -> i32
// CHECK-NOT: barrier
// CHECK: llvm.return
func.func @shared(%t: tensor<32x32xf32, #down>) -> tensor<32x32xf32, #across> attributes {tile.warps = 4 : i32} {
  %u = tile.convert_layout %t : tensor<32x32xf32, #down> -> tensor<32x32xf32, #across>
  return %u : tensor<32x32xf32, #across>
}
