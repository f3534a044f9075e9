// Discardable attributes through which passes pass on their results.
#pragma once

namespace tegula::tile {

// Of a kernel's function.

/// Warps of a block: an i32.
inline constexpr char warps_attribute[] = "tile.warps";
/// For each argument, the representative of all arguments that may point to the same bytes: an i32
/// array, absent if no arguments overlap.
inline constexpr char overlaps_attribute[] = "tile.overlaps";
/// Bytes of shared memory that a block may have on the architecture: an i64 attribute.
inline constexpr char shared_limit_attribute[] = "tile.shared_limit";
/// The function's shared memory: an i64 attribute, in bytes.
inline constexpr char shared_bytes_attribute[] = "tile.shared_bytes";
/// The function's queues of asynchronous copies: an i64 attribute, in bytes, a multiple of 16; none
/// if it has no queues. An operation's offset counts from their start.
inline constexpr char queue_bytes_attribute[] = "tile.queue_bytes";
/// The location of the operation that needs most shared memory.
inline constexpr char shared_largest_attribute[] = "tile.shared_largest";

// Of an operation.

/// The offset of its scratch in shared memory: an i32 attribute, in bytes.
inline constexpr char shared_offset_attribute[] = "tile.shared_offset";
/// Set on an operation whose scratch may still be read when it begins: it makes a barrier before it
/// writes.
inline constexpr char shared_reused_attribute[] = "tile.shared_reused";

}  // namespace tegula::tile
