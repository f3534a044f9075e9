// RUN: tegula-opt %s --pass-pipeline='builtin.module(func.func(tile-drop-masks))' | FileCheck %s

!rows = !tile.view<1x1024xf32, extents [?, 4096], strides [?, 1], divisors [16, 1], align 16>
!ragged = !tile.view<1x1024xf32, extents [?, 4000], strides [?, 1], divisors [16, 1], align 16>
!blocks = !tile.view<4x1024xf32, extents [?, 1024], strides [?, 1], divisors [16, 1], align 16>
!promised = !tile.view<4x1024xf32, extents [?, ?], strides [?, 1], divisors [16, 1], align 16, in_bounds>

// A row per block, below the number of rows; a loop over four whole tiles.
// CHECK-LABEL: func @whole_rows
func.func @whole_rows(%p: !llvm.ptr<1>, %rows: i32, %stride: i64) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c4 = arith.constant 4 : i32
  %r = tile.program_id 0 below %rows
  %v = tile.view "x" %p extents(%rows) strides(%stride) : !llvm.ptr<1>, !rows
  scf.for %j = %c0 to %c4 step %c1 : i32 {
    // CHECK: tile.load {{.*}} full [true, true]
    %t = tile.load %v[%r, %j] full [false, false] : !rows -> tensor<1x1024xf32>
    // CHECK: tile.store {{.*}} full [true, true]
    tile.store %t, %v[%r, %j] full [false, false] : tensor<1x1024xf32>, !rows
  }
  return
}

// Only the last tile of a row is partial; a row from elsewhere may be any; a fifth tile is outside.
// CHECK-LABEL: func @not_proven
func.func @not_proven(%p: !llvm.ptr<1>, %rows: i32, %other: i32, %stride: i64) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %c3 = arith.constant 3 : i32
  %c4 = arith.constant 4 : i32
  %r = tile.program_id 0 below %rows
  %v = tile.view "x" %p extents(%rows) strides(%stride) : !llvm.ptr<1>, !ragged
  // CHECK: tile.load {{.*}} full [true, true]
  %whole = tile.load %v[%r, %c0] full [false, false] : !ragged -> tensor<1x1024xf32>
  // CHECK: tile.load {{.*}} full [true, false]
  %a = tile.load %v[%r, %c3] full [false, false] : !ragged -> tensor<1x1024xf32>
  // CHECK: tile.load {{.*}} full [false, false]
  %b = tile.load %v[%other, %c3] full [false, false] : !ragged -> tensor<1x1024xf32>
  %w = tile.view "x" %p extents(%rows) strides(%stride) : !llvm.ptr<1>, !rows
  // CHECK: tile.load {{.*}} full [true, false]
  %c = tile.load %w[%r, %c4] full [false, false] : !rows -> tensor<1x1024xf32>
  // Four rows a block: the last block may hang over.
  %x = tile.view "x" %p extents(%rows) strides(%stride) : !llvm.ptr<1>, !blocks
  // CHECK: tile.load {{.*}} full [false, true]
  %d = tile.load %x[%r, %c0] full [false, false] : !blocks -> tensor<4x1024xf32>
  tile.store %a, %v[%r, %c0] full [false, false] : tensor<1x1024xf32>, !ragged
  return
}

// CHECK-LABEL: func @promised
func.func @promised(%p: !llvm.ptr<1>, %rows: i32, %n: i32, %stride: i64) attributes {tile.warps = 4 : i32} {
  %v = tile.view "x" %p extents(%rows, %n) strides(%stride) : !llvm.ptr<1>, !promised
  // CHECK: tile.load {{.*}} full [true, true]
  %t = tile.load %v[%n, %n] full [false, false] : !promised -> tensor<4x1024xf32>
  tile.store %t, %v[%n, %n] full [false, false] : tensor<4x1024xf32>, !promised
  return
}
