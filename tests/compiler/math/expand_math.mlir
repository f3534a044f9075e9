// RUN: tegula-opt %s --pass-pipeline='builtin.module(func.func(tile-expand-math),cse)' | FileCheck %s

// f32 over the hardware's power of two, once; f64 without it.
// CHECK-LABEL: func @exp
// CHECK-COUNT-1: tile.approximate ex2 {{.*}} : tensor<8xf32>
// CHECK-NOT: approximate
// CHECK-NOT: math.exp
// CHECK: math.fma {{.*}} : tensor<8xf64>
// CHECK-NOT: math.exp
// CHECK: return
func.func @exp(%x: tensor<8xf32>, %y: tensor<8xf64>) -> (tensor<8xf32>, tensor<8xf64>) {
  %a = math.exp %x : tensor<8xf32>
  %b = math.exp %y : tensor<8xf64>
  return %a, %b : tensor<8xf32>, tensor<8xf64>
}

// 16 bits go through f32 and are rounded once.
// CHECK-LABEL: func @narrow
// CHECK: arith.extf {{.*}} : tensor<8xbf16> to tensor<8xf32>
// CHECK-NOT: truncf
// CHECK: tile.approximate ex2
// CHECK: arith.truncf {{.*}} : tensor<8xf32> to tensor<8xbf16>
// CHECK-NOT: truncf
// CHECK: return
func.func @narrow(%x: tensor<8xbf16>) -> tensor<8xbf16> {
  %a = math.erf %x : tensor<8xbf16>
  return %a : tensor<8xbf16>
}

// Sine and cosine of one angle share its reduction: two conversions of its two words, not four.
// CHECK-LABEL: func @both
// CHECK-COUNT-2: arith.uitofp
// CHECK-NOT: arith.uitofp
// CHECK: return
func.func @both(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %a = math.sin %x : tensor<8xf32>
  %b = math.cos %x : tensor<8xf32>
  return %a, %b : tensor<8xf32>, tensor<8xf32>
}

// In a combination: on scalars, whose constants stay in the region.
// CHECK-LABEL: func @combination
// CHECK: tile.scan_with
// CHECK-NEXT: ^bb0
// CHECK: arith.constant
// CHECK: tile.approximate ex2 {{.*}} : f32
// CHECK: tile.yield
func.func @combination(%x: tensor<8xf32>) -> tensor<8xf32> {
  %s = tile.scan_with %x axis 0 : tensor<8xf32> -> tensor<8xf32> {
  ^bb0(%a: f32, %b: f32):
    %c = math.exp %a : f32
    %d = arith.addf %c, %b : f32
    tile.yield %d : f32
  }
  return %s : tensor<8xf32>
}

// Products of 64 bits by parts.
// CHECK-LABEL: func @high
// CHECK-NOT: mului_extended
// CHECK-COUNT-4: arith.muli {{.*}} : tensor<8xi64>
// CHECK-NOT: mului_extended
// CHECK: return
func.func @high(%x: tensor<8xi64>, %y: tensor<8xi64>) -> tensor<8xi64> {
  %low, %high = arith.mului_extended %x, %y : tensor<8xi64>
  return %high : tensor<8xi64>
}
