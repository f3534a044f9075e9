// RUN: tegula-opt %s --split-input-file --verify-diagnostics -o /dev/null
// What the dialect's verifiers reject, and how they say it.

func.func @program_id(%n: i32) {
  // expected-error @+1 {{axis 3 is not 0, 1 or 2}}
  %r = tile.program_id 3 below %n
  return
}

// -----

!v = !tile.view<8xf32, extents [?], strides [1], divisors [1], align 16>
func.func @view(%p: !llvm.ptr<1>) {
  // expected-error @+1 {{gives 0 extents and 0 strides}}
  %v = tile.view "x" %p extents() strides() : !llvm.ptr<1>, !v
  return
}

// -----

// expected-error @+1 {{a view of rank 1 has 2 extents, 1 strides and 1 divisors}}
func.func @rank(%v: !tile.view<8xf32, extents [8, 8], strides [1], divisors [1], align 16>) {
  return
}

// -----

!v = !tile.view<8xf32, extents [8], strides [1], divisors [1], align 16>
func.func @load(%v: !v, %c: i32) {
  // expected-error @+1 {{of a view of rank 1 has 2 coordinates and 1 flags in `full`}}
  %t = tile.load %v[%c, %c] full [true] : !v -> tensor<8xf32>
  return
}

// -----

!v = !tile.view<8xf32, extents [8], strides [1], divisors [1], align 16>
func.func @load_type(%v: !v, %c: i32) {
  // expected-error @+1 {{moves 'tensor<4xf32>' through '!tile.view<8xf32}}
  %t = tile.load %v[%c] full [true] : !v -> tensor<4xf32>
  return
}

// -----

func.func @broadcast(%t: tensor<4x2xf32>) {
  // expected-error @+1 {{cannot stretch 'tensor<4x2xf32>' to 'tensor<4x8xf32>'}}
  %b = tile.broadcast %t : tensor<4x2xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @reshape(%t: tensor<4x2xf32>) {
  // expected-error @+1 {{changes the number of elements}}
  %b = tile.reshape %t : tensor<4x2xf32> -> tensor<16xf32>
  return
}

// -----

func.func @reduce(%t: tensor<4x2xf32>) {
  // expected-error @+1 {{along axis 1 cannot give 'tensor<1x2xf32>'}}
  %b = tile.reduce sum %t axis 1 : tensor<4x2xf32> -> tensor<1x2xf32>
  return
}

// -----

func.func @splat(%x: f32) {
  // expected-error @+1 {{of 'f32' gives 'tensor<4xbf16>'}}
  %b = tile.splat %x : f32 -> tensor<4xbf16>
  return
}

// -----

#wide = #tile.layout<[64], register = [1], lane = [2, 4, 8, 16, 32], warp = []>
#plain = #tile.layout<[64], register = [32], lane = [1, 2, 4, 8, 16], warp = []>
func.func @layout(%t: tensor<64xf32, #wide>) {
  // expected-error @+1 {{moves data between threads}}
  %b = tile.reshape %t : tensor<64xf32, #wide> -> tensor<64xf32, #plain>
  return
}

// -----

// expected-error @+1 {{lane}}
func.func @attribute(%t: tensor<64xf32, #tile.layout<[64], register = [1], lane = [2, 4], warp = []>>) {
  return
}

// -----

func.func @to_scalar(%t: tensor<2xf32>) {
  // expected-error @+1 {{of 'tensor<2xf32>' gives 'f32'}}
  %b = tile.to_scalar %t : tensor<2xf32> -> f32
  return
}

// -----

func.func @atomic_dtype(%p: !llvm.ptr<1>, %v: tensor<8xf32>, %o: tensor<8xi64>, %m: tensor<8xi1>) {
  // expected-error @+1 {{bit_or does not take 'f32'}}
  %t = tile.atomic bit_or relaxed device %v, %p[%o] mask %m : tensor<8xi1> : tensor<8xf32>, !llvm.ptr<1>, tensor<8xi64>
  return
}

// -----

func.func @atomic_shape(%p: !llvm.ptr<1>, %v: tensor<8xi32>, %o: tensor<4xi64>, %m: tensor<8xi1>) {
  // expected-error @+1 {{of 'tensor<8xi32>' has offsets 'tensor<4xi64>' and mask 'tensor<8xi1>'}}
  %t = tile.atomic_cas relaxed device %v, %v, %p[%o] mask %m : tensor<8xi1> : tensor<8xi32>, !llvm.ptr<1>, tensor<4xi64>
  return
}

// -----

func.func @reduce_with(%t: tensor<4x2xf32>) {
  // expected-error @+1 {{of 'tensor<4x2xf32>' cannot give 'tensor<4x2xf32>'}}
  %b = tile.reduce_with %t axis 1 : tensor<4x2xf32> -> tensor<4x2xf32> {
  ^bb0(%x: f32, %y: f32):
    tile.yield %x : f32
  }
  return
}

// -----

func.func @reduce_with_region(%t: tensor<4x2xf32>, %u: tensor<4x2xi8>) {
  // expected-error @+1 {{has a combination that takes ('f32', 'f32'), not ('f32', 'i8', 'f32', 'i8')}}
  %b:2 = tile.reduce_with %t, %u axis 1 : tensor<4x2xf32>, tensor<4x2xi8> -> tensor<4x1xf32>, tensor<4x1xi8> {
  ^bb0(%x: f32, %y: f32):
    tile.yield %x : f32
  }
  return
}

// -----

func.func @scan_with_shapes(%t: tensor<4x2xf32>, %u: tensor<4x4xf32>) {
  // expected-error @+1 {{takes tiles of one shape and layout, not 'tensor<4x2xf32>' and 'tensor<4x4xf32>'}}
  %b:2 = tile.scan_with %t, %u axis 1 : tensor<4x2xf32>, tensor<4x4xf32> -> tensor<4x2xf32>, tensor<4x4xf32> {
  ^bb0(%x: f32, %y: f32, %z: f32, %w: f32):
    tile.yield %x, %y : f32, f32
  }
  return
}

// -----

func.func @scan_with_yield(%t: tensor<4x2xf32>) {
  // expected-error @+1 {{has a combination that yields ('f64'), not ('f32')}}
  %b = tile.scan_with %t axis 0 reverse : tensor<4x2xf32> -> tensor<4x2xf32> {
  ^bb0(%x: f32, %y: f32):
    %z = arith.extf %x : f32 to f64
    tile.yield %z : f64
  }
  return
}

// -----

func.func @scan_with_axis(%t: tensor<4x2xf32>) {
  // expected-error @+1 {{axis 2 is outside 'tensor<4x2xf32>'}}
  %b = tile.scan_with %t axis 2 : tensor<4x2xf32> -> tensor<4x2xf32> {
  ^bb0(%x: f32, %y: f32):
    tile.yield %x : f32
  }
  return
}
