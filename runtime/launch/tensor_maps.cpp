#include "runtime/launch/tensor_maps.h"

namespace tegula::runtime {

void TensorMaps::reset(std::size_t count) { known_.assign(count, Known()); }

void* TensorMaps::get(Device& device, const format::LaunchRecord& record, std::uint32_t index,
                      std::span<const KernelArgument> arguments) {
  if (index >= known_.size() || record.tensor_maps[index].argument >= arguments.size())
    throw InternalError("a kernel parameter is a tensor map that is not there");
  const format::TensorMapRecord& wanted = record.tensor_maps[index];
  const TensorRef& tensor = arguments[wanted.argument].tensor;
  Known& known = known_[index];
  for (Map& map : known.maps)
    if (map.address == tensor.data && map.address != nullptr) return &map.map;
  Map& oldest = known.maps[known.next];
  oldest.address = nullptr;  // in case encoding throws
  device.encode_tensor_map(wanted, tensor, record.arguments[wanted.argument].name, oldest.map);
  oldest.address = tensor.data;
  known.next = (known.next + 1) % kept;
  return &oldest.map;
}

}  // namespace tegula::runtime
