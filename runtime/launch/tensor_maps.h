// The tensor maps of a plan: encoded when an address is seen first, and then kept. Everything else
// that a map depends on is the same for all calls of a plan.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/format/launch_record.h"
#include "tegula/device_interface.h"
#include "tegula/kernel_argument.h"

namespace tegula::runtime {

class TensorMaps {
 public:
  /// Forgets all; there are `count` from now on.
  void reset(std::size_t count);

  /// The `index`-th of the record's maps, for the driver to copy: it stays as it is until the next
  /// call. Throws what Device::encode_tensor_map does. Nothing is allocated.
  void* get(Device& device, const format::LaunchRecord& record, std::uint32_t index,
            std::span<const KernelArgument> arguments);

 private:
  /// As many addresses of one tensor are kept as a program takes turns with in one place: double
  /// buffers, a gradient's micro-batches.
  static constexpr std::size_t kept = 4;
  struct Map {
    const void* address = nullptr;  ///< null: none yet, as no tensor with elements is there
    TensorMap map;
  };
  struct Known {
    std::array<Map, kept> maps;
    std::size_t next = 0;  ///< which goes first
  };
  std::vector<Known> known_;
};

}  // namespace tegula::runtime
