// RUN: tegula-opt %s --pass-pipeline='builtin.module(func.func(tile-assign-layouts,tile-suit-accesses,tile-prefetch-loads,tile-insert-barriers))' 2>/dev/null | FileCheck %s
// RUN: tegula-opt %s --pass-pipeline='builtin.module(func.func(tile-assign-layouts,tile-suit-accesses,tile-prefetch-loads))' 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

!row = !tile.view<1x1024xf32, extents [?, 16384], strides [16384, 1], divisors [16, 1], align 16>
!half = !tile.view<1x1024xbf16, extents [?, 16384], strides [16384, 1], divisors [16, 1], align 16>
!any = !tile.view<1x1024xf32, extents [?, ?], strides [?, 1], divisors [1, 1], align 4>
!narrow = !tile.view<1x1024xbf16, extents [?, ?], strides [?, 1], divisors [1, 1], align 2>
!large = !tile.view<1x65536xf32, extents [?, 1048576], strides [1048576, 1], divisors [16, 1], align 16>

// A known number of iterations: nothing is asked before the loop. 8 elements of 4 bytes a thread: three
// iterations are 96 bytes. What the next slot is goes round.
// CHECK-LABEL: func @known_turns
// CHECK-SAME: tile.queue_bytes = 12288
// CHECK-NOT: scf.if
// CHECK: tile.async_copy %[[X:[0-9a-z]+]][%[[R:[0-9a-z]+]], %{{.*}}] full [true, true] slot %{{.*}} of 3 offset 0 :
// CHECK-NEXT: tile.async_commit
// CHECK-COUNT-2: tile.async_copy
// CHECK: scf.for %[[J:[0-9a-z]+]] = %{{.*}} iter_args(%{{.*}}, %[[SLOT:[0-9a-z]+]] = %{{.*}})
// CHECK-NEXT: tile.async_wait 2
// CHECK-NEXT: %[[T:.*]] = tile.async_read %[[X]][%[[R]], %[[J]]] full [true, true] slot %[[SLOT]] of 3 offset 0
// CHECK: %[[AHEAD:.*]] = arith.addi %[[J]], %c3
// CHECK: %[[REST:.*]] = arith.subi %c16_i32, %[[J]]
// CHECK: %[[HAS:.*]] = arith.cmpi ugt, %[[REST]], %c3
// CHECK: scf.if %[[HAS]]
// CHECK-NEXT: tile.async_copy %[[X]][%[[R]], %[[AHEAD]]] full [true, true] slot %[[SLOT]] of 3 offset 0
// CHECK: tile.async_commit
// CHECK: arith.addf %{{.*}}, %[[T]]
// CHECK: arith.addi %[[SLOT]]
// CHECK-NOT: tile.load
// REMARK: remark: prefetch-loads: 'x' is copied 3 iterations ahead, 16 bytes at a time, through 12288 bytes of shared memory
func.func @known_turns(%p: !llvm.ptr<1>, %q: !llvm.ptr<1>, %rows: i32) attributes {tile.warps = 4 : i32, tile.shared_limit = 166912 : i64} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c16 = arith.constant 16 : i32
  %r = tile.program_id 0 below %rows
  %x = tile.view "x" %p extents(%rows) strides() : !llvm.ptr<1>, !row
  %y = tile.view "y" %q extents(%rows) strides() : !llvm.ptr<1>, !row
  %zero = arith.constant dense<0.0> : tensor<1x1024xf32>
  %s = scf.for %j = %c0 to %c16 step %c1 iter_args(%a = %zero) -> (tensor<1x1024xf32>) : i32 {
    %t = tile.load %x[%r, %j] full [true, true] : !row -> tensor<1x1024xf32>
    %b = arith.addf %a, %t : tensor<1x1024xf32>
    scf.yield %b : tensor<1x1024xf32>
  }
  tile.store %s, %y[%r, %c0] full [true, true] : tensor<1x1024xf32>, !row
  return
}

// Bounds that only the launch knows: each copy before the loop has a condition, under which its
// address is computed, too. Both loads are one group; the last of them is followed by the next iteration's.
// CHECK-LABEL: func @open_bounds
// CHECK-SAME: (%{{.*}}, %{{.*}}, %{{.*}}, %[[LOWER:.*]]: i32, %[[UPPER:.*]]: i32)
// CHECK: %[[RUNS:.*]] = arith.cmpi slt, %[[LOWER]], %[[UPPER]]
// CHECK: scf.if %[[RUNS]]
// CHECK-NEXT: arith.divsi %[[LOWER]]
// CHECK: tile.async_copy {{.*}}full [true, false] slot %{{.*}} of 2 offset 0 : {{.*}}xf32
// CHECK: tile.async_copy {{.*}} slot %{{.*}} of 2 offset 8192 : {{.*}}xbf16
// CHECK: }
// CHECK-NEXT: tile.async_commit
// CHECK: %[[REST:.*]] = arith.subi %[[UPPER]], %[[LOWER]]
// CHECK: %[[MORE:.*]] = arith.cmpi ugt, %[[REST]], %c1
// CHECK: %[[SECOND:.*]] = arith.andi %[[RUNS]], %[[MORE]]
// CHECK: scf.if %[[SECOND]]
// CHECK: scf.for
// CHECK: tile.async_wait 1
// CHECK: tile.async_read {{.*}} of 2 offset 0
// CHECK-NOT: async_copy
// CHECK: tile.async_read {{.*}} of 2 offset 8192
// CHECK-COUNT-2: tile.async_copy
// CHECK-NOT: tile.async_copy
// REMARK: 'x' is copied 2 iterations ahead, 16 bytes at a time, through 8192 bytes
// REMARK: 'w' is copied 2 iterations ahead, 16 bytes at a time, through 4096 bytes
func.func @open_bounds(%p: !llvm.ptr<1>, %q: !llvm.ptr<1>, %n: i32, %lower: i32, %upper: i32) attributes {tile.warps = 4 : i32, tile.shared_limit = 232448 : i64} {
  %c1 = arith.constant 1 : i32
  %x = tile.view "x" %p extents(%n) strides() : !llvm.ptr<1>, !row
  %w = tile.view "w" %q extents(%n) strides() : !llvm.ptr<1>, !half
  scf.for %j = %lower to %upper step %c1 : i32 {
    %i = arith.divsi %j, %n : i32
    %k = arith.remsi %j, %n : i32
    %t = tile.load %x[%i, %k] full [true, false] : !row -> tensor<1x1024xf32>
    %u = tile.load %w[%i, %k] full [true, false] : !half -> tensor<1x1024xbf16>
    %e = arith.extf %u : tensor<1x1024xbf16> to tensor<1x1024xf32>
    %b = arith.addf %e, %t : tensor<1x1024xf32>
    tile.print "{}" %b : tensor<1x1024xf32>
  }
  return
}

// Loops one after the other use the same bytes; one inside another one, bytes of its own.
// CHECK-LABEL: func @several_loops
// CHECK-SAME: tile.queue_bytes = 24576
// CHECK: tile.async_copy {{.*}} of 3 offset 0
// CHECK: scf.for
// CHECK: tile.async_copy {{.*}} of 3 offset 0
// CHECK: tile.async_copy {{.*}} of 3 offset 12288
// CHECK: scf.for
// CHECK: tile.async_read {{.*}} of 3 offset 12288
// CHECK: }
// CHECK: tile.async_copy {{.*}} of 3 offset 0
// CHECK: scf.for
func.func @several_loops(%p: !llvm.ptr<1>, %n: i32) attributes {tile.warps = 4 : i32, tile.shared_limit = 232448 : i64} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %x = tile.view "x" %p extents(%n) strides() : !llvm.ptr<1>, !row
  scf.for %i = %c0 to %n step %c1 : i32 {
    %t = tile.load %x[%i, %c0] full [true, true] : !row -> tensor<1x1024xf32>
    scf.for %j = %c0 to %n step %c1 : i32 {
      %u = tile.load %x[%i, %j] full [true, true] : !row -> tensor<1x1024xf32>
      %b = arith.addf %u, %t : tensor<1x1024xf32>
      tile.print "{}" %b : tensor<1x1024xf32>
    }
  }
  scf.for %i = %c0 to %n step %c1 : i32 {
    %t = tile.load %x[%i, %c0] full [true, true] : !row -> tensor<1x1024xf32>
    tile.print "{}" %t : tensor<1x1024xf32>
  }
  return
}

// Four-byte pieces have queues of their own: the bytes of a thread are others.
// CHECK-LABEL: func @pieces_of_two_sizes
// CHECK-SAME: tile.queue_bytes = 20480
// CHECK: tile.async_copy {{.*}} of 3 offset 0 : <1x1024xf32, extents [?, 16384]
// CHECK: scf.for
// CHECK: tile.async_copy {{.*}} of 2 offset 12288 : <1x1024xf32, extents [?, ?]
// REMARK: 'any' is copied 2 iterations ahead, 4 bytes at a time, through 8192 bytes
func.func @pieces_of_two_sizes(%p: !llvm.ptr<1>, %q: !llvm.ptr<1>, %n: i32, %s: i64) attributes {tile.warps = 4 : i32, tile.shared_limit = 232448 : i64} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c3 = arith.constant 3 : i32
  %x = tile.view "x" %p extents(%n) strides() : !llvm.ptr<1>, !row
  %y = tile.view "any" %q extents(%n, %n) strides(%s) : !llvm.ptr<1>, !any
  scf.for %i = %c0 to %n step %c1 : i32 {
    %t = tile.load %x[%i, %c0] full [true, true] : !row -> tensor<1x1024xf32>
    tile.print "{}" %t : tensor<1x1024xf32>
  }
  scf.for %i = %c0 to %c3 step %c1 : i32 {
    %t = tile.load %y[%i, %c0] full [true, false] : !any -> tensor<1x1024xf32>
    tile.print "{}" %t : tensor<1x1024xf32>
  }
  return
}

// 99 KiB for 1024 threads: one iteration of 64 bytes a thread, where more shared memory has two.
// CHECK-LABEL: func @little_shared_memory
// CHECK-SAME: tile.queue_bytes = 8192
// CHECK: tile.async_copy {{.*}} of 1 offset 0
// CHECK: scf.for
// CHECK-NEXT: tile.async_wait 0
// REMARK: 'x' is copied 1 iteration ahead, 16 bytes at a time, through 4096 bytes
// REMARK: 'y' is copied 1 iteration ahead, 16 bytes at a time, through 4096 bytes
func.func @little_shared_memory(%p: !llvm.ptr<1>, %q: !llvm.ptr<1>, %n: i32) attributes {tile.warps = 4 : i32, tile.shared_limit = 101376 : i64} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %x = tile.view "x" %p extents(%n) strides() : !llvm.ptr<1>, !row
  %y = tile.view "y" %q extents(%n) strides() : !llvm.ptr<1>, !row
  scf.for %i = %c0 to %n step %c1 : i32 {
    %t = tile.load %x[%i, %c0] full [true, true] : !row -> tensor<1x1024xf32>
    %u = tile.load %y[%i, %c0] full [true, true] : !row -> tensor<1x1024xf32>
    %b = arith.addf %u, %t : tensor<1x1024xf32>
    tile.print "{}" %b : tensor<1x1024xf32>
  }
  return
}

// What the kernel stored before the loop: one barrier, and the copies begin.
// REMARK: 'x' is copied 3 iterations ahead, 16 bytes at a time, through 12288 bytes
// CHECK-LABEL: func @after_a_store
// CHECK: tile.store
// CHECK-NEXT: tile.barrier
// CHECK-NOT: tile.barrier
// CHECK: tile.async_copy
// CHECK: scf.for
// CHECK-NOT: tile.barrier
// CHECK: return
func.func @after_a_store(%p: !llvm.ptr<1>, %n: i32) attributes {tile.warps = 4 : i32, tile.shared_limit = 232448 : i64} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %x = tile.view "x" %p extents(%n) strides() : !llvm.ptr<1>, !row
  %zero = arith.constant dense<0.0> : tensor<1x1024xf32>
  tile.store %zero, %x[%c0, %c0] full [true, true] : tensor<1x1024xf32>, !row
  scf.for %i = %c0 to %n step %c1 : i32 {
    %t = tile.load %x[%i, %c0] full [true, true] : !row -> tensor<1x1024xf32>
    %m = arith.cmpf oeq, %t, %t : tensor<1x1024xf32>
    tile.assert %m "" : tensor<1x1024xi1>
  }
  return
}

// Other blocks may have stored what the loop acquires each iteration.
// CHECK-LABEL: func @acquiring
// CHECK-NOT: async
// CHECK: return
// REMARK: 'stored' is not prefetched: the loop acquires what other blocks may have stored to the same tensor
func.func @acquiring(%p: !llvm.ptr<1>, %flags: !llvm.ptr<1>, %n: i32, %at: i64) attributes {tile.warps = 4 : i32, tile.shared_limit = 232448 : i64} {
  %true = arith.constant true
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %x = tile.view "stored" %p extents(%n) strides() : !llvm.ptr<1>, !row
  %zero = arith.constant dense<0.0> : tensor<1x1024xf32>
  tile.store %zero, %x[%c0, %c0] full [true, true] : tensor<1x1024xf32>, !row
  %o = tile.splat %at : i64 -> tensor<1xi64>
  %on = tile.splat %true : i1 -> tensor<1xi1>
  %v = tile.splat %c0 : i32 -> tensor<1xi32>
  scf.for %i = %c0 to %n step %c1 : i32 {
    %f = tile.atomic add acquire device %v, %flags[%o] mask %on : tensor<1xi1> : tensor<1xi32>, !llvm.ptr<1>, tensor<1xi64>
    %t = tile.load %x[%i, %c0] full [true, true] : !row -> tensor<1x1024xf32>
    %m = arith.cmpf oeq, %t, %t : tensor<1x1024xf32>
    tile.assert %m "" : tensor<1x1024xi1>
  }
  return
}

// A tile that each iteration stores behind its load, the same thread's elements: later tiles are copied
// ahead. Pointers that may be of the same bytes are one tensor.
// CHECK-LABEL: func @stored_behind
// CHECK: scf.for
// CHECK: tile.async_read
// CHECK: tile.async_copy
// CHECK: tile.store
func.func @stored_behind(%q: !llvm.ptr<1>, %n: i32) attributes {tile.warps = 4 : i32, tile.shared_limit = 232448 : i64} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %y = tile.view "y" %q extents(%n) strides() : !llvm.ptr<1>, !row
  scf.for %i = %c0 to %n step %c1 : i32 {
    %t = tile.load %y[%i, %c0] full [true, true] : !row -> tensor<1x1024xf32>
    %b = arith.addf %t, %t : tensor<1x1024xf32>
    tile.store %b, %y[%i, %c0] full [true, true] : tensor<1x1024xf32>, !row
  }
  return
}

// CHECK-LABEL: func @stored_ahead
// CHECK-NOT: async
// CHECK: return
// REMARK: 'y' is not prefetched: the loop stores to the same tensor
// REMARK: 'y' is not prefetched: the loop stores to the same tensor
// REMARK: 'x' is not prefetched: the loop stores to the same tensor
func.func @stored_ahead(%p: !llvm.ptr<1>, %q: !llvm.ptr<1>, %n: i32) attributes {tile.warps = 4 : i32, tile.shared_limit = 232448 : i64, tile.overlaps = array<i32: 0, 0, 2>} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %x = tile.view "x" %p extents(%n) strides() : !llvm.ptr<1>, !row
  %y = tile.view "y" %q extents(%n) strides() : !llvm.ptr<1>, !row
  scf.for %i = %c0 to %n step %c1 : i32 {
    %t = tile.load %y[%i, %c0] full [true, true] : !row -> tensor<1x1024xf32>
    %next = arith.addi %i, %c1 : i32
    tile.store %t, %y[%next, %c0] full [true, true] : tensor<1x1024xf32>, !row
  }
  scf.for %i = %c0 to %n step %c1 : i32 {
    %zero = arith.constant dense<0.0> : tensor<1x1024xf32>
    tile.store %zero, %y[%i, %c0] full [true, true] : tensor<1x1024xf32>, !row
    %t = tile.load %y[%i, %c0] full [true, true] : !row -> tensor<1x1024xf32>
    tile.print "{}" %t : tensor<1x1024xf32>
  }
  scf.for %i = %c0 to %n step %c1 : i32 {
    %t = tile.load %x[%i, %c0] full [true, true] : !row -> tensor<1x1024xf32>
    tile.store %t, %y[%i, %c0] full [true, true] : tensor<1x1024xf32>, !row
  }
  return
}

// What stays: tensors that the loop stores to, addresses from tiles and from carried values, pieces
// of two bytes, loops of two iterations, tiles that are too large. What does not change needs no remark.
// CHECK-LABEL: func @left_alone
// CHECK-NOT: async
// CHECK: return
// REMARK: 'stored' is not prefetched: the loop stores to the same tensor
// REMARK: 'x' is not prefetched: its address depends on tiles that the loop computes
// REMARK: 'x' is not prefetched: its address depends on what the loop carries from iteration to iteration
// REMARK: 'narrow' is not prefetched: it moves 2 bytes at a time, and asynchronous copies take 4 or more: the pointer is aligned to 2 bytes only
// REMARK: 'x' is not prefetched: the loop has 2 iterations; three are the least that pay
// REMARK: 'large' is not prefetched: one iteration's tiles take 262144 bytes of shared memory, and {{[0-9]+}} are left if a multiprocessor is to have 768 threads; use smaller tiles
// REMARK-NOT: remark: prefetch-loads
func.func @left_alone(%p: !llvm.ptr<1>, %q: !llvm.ptr<1>, %n: i32, %s: i64) attributes {tile.warps = 4 : i32, tile.shared_limit = 232448 : i64} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %x = tile.view "x" %p extents(%n) strides() : !llvm.ptr<1>, !row
  %y = tile.view "stored" %q extents(%n) strides() : !llvm.ptr<1>, !row
  %w = tile.view "narrow" %p extents(%n, %n) strides(%s) : !llvm.ptr<1>, !narrow
  %l = tile.view "large" %p extents(%n) strides() : !llvm.ptr<1>, !large
  scf.for %i = %c0 to %n step %c1 : i32 {
    %t = tile.load %y[%i, %c0] full [true, true] : !row -> tensor<1x1024xf32>
    %u = tile.load %x[%c0, %c0] full [true, true] : !row -> tensor<1x1024xf32>
    %b = arith.addf %u, %t : tensor<1x1024xf32>
    tile.store %b, %y[%c1, %i] full [true, true] : tensor<1x1024xf32>, !row
  }
  %last = scf.for %i = %c0 to %n step %c1 iter_args(%a = %c0) -> (i32) : i32 {
    %one = tile.iota : tensor<1xi32>
    %k = tile.to_scalar %one : tensor<1xi32> -> i32
    %m = arith.addi %k, %i : i32
    %t = tile.load %x[%m, %c0] full [true, true] : !row -> tensor<1x1024xf32>
    %u = tile.load %x[%a, %c0] full [true, true] : !row -> tensor<1x1024xf32>
    %b = arith.addf %u, %t : tensor<1x1024xf32>
    tile.print "{}" %b : tensor<1x1024xf32>
    %next = arith.addi %a, %n : i32
    scf.yield %next : i32
  }
  scf.for %i = %c0 to %n step %c1 : i32 {
    %t = tile.load %w[%i, %c0] full [true, false] : !narrow -> tensor<1x1024xbf16>
    tile.print "{}" %t : tensor<1x1024xbf16>
  }
  scf.for %i = %c0 to %c2 step %c1 : i32 {
    %t = tile.load %x[%i, %c0] full [true, true] : !row -> tensor<1x1024xf32>
    tile.print "{}" %t : tensor<1x1024xf32>
  }
  scf.for %i = %c0 to %n step %c1 : i32 {
    %t = tile.load %l[%i, %c0] full [true, true] : !large -> tensor<1x65536xf32>
    tile.print "{}" %t : tensor<1x65536xf32>
  }
  return
}
