// RUN: tegula-opt %s --pass-pipeline='builtin.module(func.func(tile-insert-barriers,tile-allocate-shared))' | FileCheck %s

#row = #tile.layout<[256], register = [1], lane = [2, 4, 8, 16, 32], warp = [64, 128]>
#all = #tile.layout<[1], register = [], lane = [0, 0, 0, 0, 0], warp = [0, 0]>
#rows = #tile.layout<[128, 64], register = [1, 2, 4, 2048, 4096], lane = [8, 16, 32, 64, 128], warp = [256, 512, 1024]>
#columns = #tile.layout<[128, 64], register = [64, 128, 256, 512, 1024], lane = [2048, 4096, 1, 2, 4], warp = [8, 16, 32]>

// The second may begin while slower warps still read the first's; by the third they have passed the
// second's barrier.
// CHECK-LABEL: func @in_a_row
// CHECK-SAME: tile.shared_bytes = 32 : i64
// CHECK: tile.reduce {{.*}} {tile.shared_offset = 0 : i32}
// CHECK: tile.reduce {{.*}} {tile.shared_offset = 16 : i32}
// CHECK: tile.reduce {{.*}} {tile.shared_offset = 0 : i32}
func.func @in_a_row(%t: tensor<256xf32, #row>) attributes {tile.warps = 4 : i32} {
  %a = tile.reduce sum %t axis 0 : tensor<256xf32, #row> -> tensor<1xf32, #all>
  %b = tile.reduce min %t axis 0 : tensor<256xf32, #row> -> tensor<1xf32, #all>
  %c = tile.reduce max %t axis 0 : tensor<256xf32, #row> -> tensor<1xf32, #all>
  return
}

// CHECK-LABEL: func @one_in_a_loop
// CHECK: tile.reduce {{.*}} {tile.shared_offset = 0 : i32, tile.shared_reused}
func.func @one_in_a_loop(%t: tensor<256xf32, #row>, %n: i32) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  scf.for %j = %c0 to %n step %c1 : i32 {
    %a = tile.reduce sum %t axis 0 : tensor<256xf32, #row> -> tensor<1xf32, #all>
  }
  return
}

// CHECK-LABEL: func @two_in_a_loop
// CHECK-NOT: tile.shared_reused
// CHECK: return
func.func @two_in_a_loop(%t: tensor<256xf32, #row>, %n: i32) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  scf.for %j = %c0 to %n step %c1 : i32 {
    %a = tile.reduce sum %t axis 0 : tensor<256xf32, #row> -> tensor<1xf32, #all>
    %b = tile.reduce min %t axis 0 : tensor<256xf32, #row> -> tensor<1xf32, #all>
  }
  return
}

// What may not run orders nothing: the loop's exchange still meets itself.
// CHECK-LABEL: func @maybe_one_between
// CHECK: tile.reduce sum {{.*}} {tile.shared_offset = 0 : i32, tile.shared_reused}
// CHECK: tile.reduce min {{.*}} {tile.shared_offset = 16 : i32}
func.func @maybe_one_between(%t: tensor<256xf32, #row>, %n: i32, %p: i1) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  scf.for %j = %c0 to %n step %c1 : i32 {
    %a = tile.reduce sum %t axis 0 : tensor<256xf32, #row> -> tensor<1xf32, #all>
    scf.if %p {
      %b = tile.reduce min %t axis 0 : tensor<256xf32, #row> -> tensor<1xf32, #all>
    }
  }
  return
}

// Two of 32 KiB would be more than a block may declare: they share, with a barrier between.
// CHECK-LABEL: func @large
// CHECK-SAME: tile.shared_bytes = 32768 : i64
// CHECK: tile.convert_layout {{.*}} {tile.shared_offset = 0 : i32}
// CHECK: tile.convert_layout {{.*}} {tile.shared_offset = 0 : i32, tile.shared_reused}
func.func @large(%t: tensor<128x64xf32, #rows>) attributes {tile.warps = 8 : i32} {
  %a = tile.convert_layout %t : tensor<128x64xf32, #rows> -> tensor<128x64xf32, #columns>
  %b = tile.convert_layout %a : tensor<128x64xf32, #columns> -> tensor<128x64xf32, #rows>
  return
}
