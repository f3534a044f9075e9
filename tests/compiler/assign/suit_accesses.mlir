// RUN: tegula-opt %s --pass-pipeline='builtin.module(func.func(tile-assign-layouts,tile-suit-accesses))' 2>/dev/null | FileCheck %s
// RUN: tegula-opt %s --pass-pipeline='builtin.module(func.func(tile-assign-layouts,tile-suit-accesses))' 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK --allow-empty

!half = !tile.view<1x1024xbf16, extents [?, 1024], strides [1024, 1], divisors [16, 1], align 16>
!single = !tile.view<1x1024xf32, extents [?, 1024], strides [1024, 1], divisors [16, 1], align 16>
!square = !tile.view<64x64xf32, extents [64, 64], strides [64, 1], divisors [16, 1], align 16>

// f32 decides what is computed in; pairs of lanes make its sectors. The bf16 tile is loaded and
// stored by 16 bytes and changes halves between those lanes.
// CHECK-LABEL: func @mixed
// CHECK: %[[X:.*]] = tile.load {{.*}} -> tensor<1x1024xbf16, #tile.layout<[1, 1024], register = [1, 2, 4], lane = [8, 16, 32, 64, 128], warp = [256, 512]>>
// CHECK: tile.convert_layout %[[X]] : {{.*}} -> tensor<1x1024xbf16, #tile.layout<[1, 1024], register = [1, 2, 8], lane = [4, 16, 32, 64, 128], warp = [256, 512]>>
// CHECK: tile.load {{.*}} -> tensor<1x1024xf32, #tile.layout<[1, 1024], register = [1, 2, 8], lane = [4, 16, 32, 64, 128], warp = [256, 512]>>
// CHECK-NOT: convert_layout
// CHECK: tile.store {{.*}}xf32
// CHECK: %[[Y:.*]] = tile.convert_layout {{.*}} -> tensor<1x1024xbf16, #tile.layout<[1, 1024], register = [1, 2, 4], lane = [8, 16, 32, 64, 128], warp = [256, 512]>>
// CHECK-NEXT: tile.store %[[Y]]
func.func @mixed(%p: !llvm.ptr<1>, %q: !llvm.ptr<1>, %rows: i32) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %r = tile.program_id 0 below %rows
  %x = tile.view "x" %p extents(%rows) strides() : !llvm.ptr<1>, !half
  %s = tile.view "residual" %q extents(%rows) strides() : !llvm.ptr<1>, !single
  %a = tile.load %x[%r, %c0] full [true, true] : !half -> tensor<1x1024xbf16>
  %b = tile.load %s[%r, %c0] full [true, true] : !single -> tensor<1x1024xf32>
  %f = arith.extf %a : tensor<1x1024xbf16> to tensor<1x1024xf32>
  %g = arith.addf %f, %b : tensor<1x1024xf32>
  tile.store %g, %s[%r, %c0] full [true, true] : tensor<1x1024xf32>, !single
  %h = arith.truncf %g : tensor<1x1024xf32> to tensor<1x1024xbf16>
  tile.store %h, %x[%r, %c0] full [true, true] : tensor<1x1024xbf16>, !half
  return
}

// The store of a transposed tile would write single elements of 32 rows.
// CHECK-LABEL: func @transposed
// CHECK: %[[T:.*]] = tile.transpose
// CHECK: %[[U:.*]] = tile.convert_layout %[[T]] {{.*}} -> tensor<64x64xf32, #tile.layout<[64, 64], register = [1, 2, 512, 1024, 2048], lane = [4, 8, 16, 32, 64], warp = [128, 256]>>
// CHECK-NEXT: tile.store %[[U]]
func.func @transposed(%p: !llvm.ptr<1>, %q: !llvm.ptr<1>) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : i32
  %x = tile.view "x" %p extents() strides() : !llvm.ptr<1>, !square
  %y = tile.view "y" %q extents() strides() : !llvm.ptr<1>, !square
  %a = tile.load %x[%c0, %c0] full [true, true] : !square -> tensor<64x64xf32>
  %b = tile.transpose %a [1, 0] : tensor<64x64xf32> -> tensor<64x64xf32>
  tile.store %b, %y[%c0, %c0] full [true, true] : tensor<64x64xf32>, !square
  return
}

// REMARK-NOT: of x
// REMARK-NOT: of residual
