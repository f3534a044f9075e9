// RUN: tegula-opt %s --pass-pipeline='builtin.module(func.func(tile-assign-layouts,tile-allocate-shared,tile-lower-control-flow),tile-lower-to-llvm,canonicalize,cse)' 2>/dev/null | FileCheck %s

// Each call has a function of its own, which bears the text.
// CHECK-DAG: llvm.func @tegula.print.0(i32, i1) attributes {passthrough = {{\[}}["tegula.text", "one {}"]]}
// CHECK-DAG: llvm.func @tegula.print.1(vector<128xf32>, i1) attributes {passthrough = {{\[}}["tegula.text", "all {}"]]}
// CHECK-DAG: llvm.func @tegula.assert.0(vector<4xi1>) attributes {passthrough = {{\[}}["tegula.text", "never"]]}

// A scalar is in every thread. The first elements of a tile pass through shared memory.
// CHECK-LABEL: llvm.func @watched
// CHECK-SAME: tile.shared_bytes = 512
// CHECK-NOT: barrier
// CHECK: llvm.call @tegula.print.0
// CHECK-COUNT-4: llvm.call @tegula.store_if.shared.i32
// CHECK: barrier
// CHECK: llvm.call @tegula.print.1
// CHECK: llvm.call @tegula.assert.0
func.func @watched(%a: i32, %x: f32, %b: i1) attributes {tile.warps = 2 : i32} {
  %t = tile.splat %x : f32 -> tensor<256xf32>
  %m = tile.splat %b : i1 -> tensor<256xi1>
  tile.print "one {}" %a : i32
  tile.print "all {}" %t : tensor<256xf32>
  tile.assert %m "never" : tensor<256xi1>
  return
}
