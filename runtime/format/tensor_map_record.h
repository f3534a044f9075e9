// How a launch describes a tensor to the tensor memory accelerator (TMA) of sm_90 and later: what
// the driver encodes into the 128 bytes of a CUtensorMap, except the address, extents and strides,
// which come from the call. The limits are those that the CUDA driver's documentation states for
// cuTensorMapEncodeTiled.
#pragma once

#include <array>
#include <cstdint>

#include "runtime/format/bytes.h"
#include "tegula/dtype.h"

namespace tegula::format {

struct TensorMapRecord {
  static constexpr std::uint32_t max_rank = 5;
  static constexpr std::uint32_t max_box = 256;           ///< elements
  static constexpr std::uint32_t max_element_stride = 8;  ///< elements

  /// How the bytes of a box are spread over the banks of shared memory.
  enum class Swizzle : std::uint8_t { none, bytes_32, bytes_64, bytes_128 };
  static constexpr int swizzle_count = 4;
  /// Layouts of NC/8HWC8 and NC/16HWC16.
  enum class Interleave : std::uint8_t { none, bytes_16, bytes_32 };
  static constexpr int interleave_count = 3;
  /// What a read brings into the second-level cache.
  enum class Promotion : std::uint8_t { none, bytes_64, bytes_128, bytes_256 };
  static constexpr int promotion_count = 4;
  /// What a copy reads outside the tensor.
  enum class Fill : std::uint8_t { zeros, nans };
  static constexpr int fill_count = 2;

  /// One dimension of the map.
  struct Dimension {
    std::uint32_t of_tensor = 0;       ///< the tensor's dimension
    std::uint32_t box = 1;             ///< elements that one copy takes
    std::uint32_t element_stride = 1;  ///< 2: every second element
    friend bool operator==(const Dimension&, const Dimension&) = default;
  };

  std::uint32_t argument = 0;  ///< the tensor or workspace
  std::uint32_t rank = 0;      ///< its rank
  /// The first `rank` are used, each of the tensor's dimensions once. The first is the innermost:
  /// its elements are contiguous in memory.
  std::array<Dimension, max_rank> dimensions{};
  Swizzle swizzle = Swizzle::none;
  Interleave interleave = Interleave::none;
  Promotion promotion = Promotion::none;
  Fill fill = Fill::zeros;
  friend bool operator==(const TensorMapRecord&, const TensorMapRecord&) = default;
};

void write(Writer& writer, const TensorMapRecord& record);
/// Fails the reader unless the driver would accept the record for some tensor of that dtype and
/// rank.
void validate(Reader& reader, const TensorMapRecord& record, DType dtype, std::uint32_t rank);
TensorMapRecord read_tensor_map_record(Reader& reader);

}  // namespace tegula::format
