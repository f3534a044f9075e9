// Memory on a stream, from its allocator or its device.
#pragma once

#include <cstddef>
#include <memory>

#include "tegula/device.h"

namespace tegula::runtime {

/// Owns `bytes` (more than 0), and keeps stream, device and allocator alive as long. Throws
/// Error{out_of_resources}, naming the bytes, or what else the allocator threw;
/// Error{invalid_argument} for memory that it did not align; Error{environment} while the stream is
/// capturing, if it serves no captures.
std::shared_ptr<void> allocate(const Stream& stream, std::size_t bytes);

}  // namespace tegula::runtime
