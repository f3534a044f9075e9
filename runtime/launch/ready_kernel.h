// A compiled entry that a device has loaded.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/format/entry.h"
#include "tegula/device_interface.h"

namespace tegula::runtime {

/// A kernel on a device, ready to launch.
struct ReadyKernel {
  format::Entry entry;  ///< without its payload, which the device has
  std::shared_ptr<LoadedKernel> loaded;
  std::string source;     ///< "disk" or "compiled"
  double compile_ms = 0;  ///< what compiling took; 0 if it came from a cache
  /// By the table's clock (kernel_table.h), through std::atomic_ref: many threads write it.
  alignas(8) mutable std::uint64_t last_use = 0;

  /// About how much of the host's memory it takes.
  std::size_t bytes() const;
};

}  // namespace tegula::runtime
