// RUN: tegula-opt %s --split-input-file --verify-diagnostics -o /dev/null

!v = !tile.view<64xf32, extents [?], strides [1], divisors [1], align 16>
#l = #tile.layout<[64], register = [1], lane = [2, 4, 8, 16, 32], warp = []>

func.func @coordinates(%x: !v, %j: i32) {
  // expected-error @+1 {{of a view of rank 1 has 2 coordinates and 1 flags in `full`}}
  tile.async_copy %x[%j, %j] full [true] slot %j of 1 offset 0 : !v -> tensor<64xf32, #l>
  return
}

// -----

!v = !tile.view<64xf32, extents [?], strides [1], divisors [1], align 16>
#l = #tile.layout<[64], register = [1], lane = [2, 4, 8, 16, 32], warp = []>

func.func @element_type(%x: !v, %j: i32) {
  // expected-error @+1 {{moves 'tensor<64xi32, #tile.layout<[64], register = [1], lane = [2, 4, 8, 16, 32], warp = []>>' through '!tile.view<64xf32}}
  %t = tile.async_read %x[%j] full [true] slot %j of 1 offset 0 : !v -> tensor<64xi32, #l>
  return
}

// -----

!v = !tile.view<64xf32, extents [?], strides [1], divisors [1], align 16>

func.func @layout(%x: !v, %j: i32) {
  // expected-error @+1 {{needs a layout: 'tensor<64xf32>'}}
  %t = tile.async_read %x[%j] full [true] slot %j of 1 offset 0 : !v -> tensor<64xf32>
  return
}

// -----

!v = !tile.view<64xf32, extents [?], strides [1], divisors [1], align 16>
#l = #tile.layout<[64], register = [1], lane = [2, 4, 8, 16, 32], warp = []>

func.func @slots(%x: !v, %j: i32) {
  // expected-error @+1 {{has a queue without slots}}
  %t = tile.async_read %x[%j] full [true] slot %j of 0 offset 0 : !v -> tensor<64xf32, #l>
  return
}

// -----

!v = !tile.view<64xf32, extents [?], strides [1], divisors [1], align 16>
#l = #tile.layout<[64], register = [1], lane = [2, 4, 8, 16, 32], warp = []>

func.func @offset(%x: !v, %j: i32) {
  // expected-error @+1 {{has an offset of 8 bytes, no multiple of 16}}
  tile.async_copy %x[%j] full [true] slot %j of 1 offset 8 : !v -> tensor<64xf32, #l>
  return
}

// -----

func.func @pending() {
  // expected-error @+1 {{leaves 256 groups pending, more than 255}}
  tile.async_wait 256
  return
}
