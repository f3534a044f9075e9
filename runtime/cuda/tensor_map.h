// Tensor maps, as the driver encodes them.
#pragma once

#include <string>
#include <string_view>

#include "runtime/format/tensor_map_record.h"
#include "tegula/device_interface.h"

namespace tegula::cuda {

/// Throws Error{invalid_argument} naming `argument` for a tensor whose address, extents or strides
/// the accelerator cannot take: no elements; a first dimension of the map that is not contiguous;
/// an address or stride that is not a multiple of 16 bytes (32 where interleaved by 32); a stride
/// below 0 or of 2^40 bytes or more.
void encode_tensor_map(const std::string& device, const format::TensorMapRecord& record,
                       const TensorRef& tensor, std::string_view argument, TensorMap& map);

}  // namespace tegula::cuda
