// The tensor maps of a plan: encoded when an address is first seen, and then kept. Everything else
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
  /// Forgets all maps, and makes room for those of `count` tensors.
  void reset(std::size_t count);

  /// The record's `index`-th map, for the driver to copy; valid until the next call. Throws what
  /// Device::encode_tensor_map does. Allocates nothing.
  void* get(Device& device, const format::LaunchRecord& record, std::uint32_t index,
            std::span<const KernelArgument> arguments);

 private:
  /// How many addresses are kept for one tensor: programs alternate between a few, such as double
  /// buffers or the micro-batches of a gradient.
  static constexpr std::size_t kept = 4;
  struct Map {
    const void* address = nullptr;  ///< null: no map yet (no tensor with elements is at null)
    TensorMap map;
  };
  struct Known {
    std::array<Map, kept> maps;
    std::size_t next = 0;  ///< the one to replace next
  };
  std::vector<Known> known_;
};

}  // namespace tegula::runtime
