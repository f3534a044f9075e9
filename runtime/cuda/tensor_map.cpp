#include "runtime/cuda/tensor_map.h"

#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "runtime/cuda/driver.h"
#include "runtime/tensor/checks.h"

namespace tegula::cuda {
namespace {

using Record = format::TensorMapRecord;

/// The driver's numbers for dtypes (CUtensorMapDataType), in the order of DType. Copies do not look
/// at the bits, so bytes stand for dtypes that the driver lacks.
constexpr std::array<int, dtype_count> driver_types = {6, 9, 7, 8, 0, 0, 1, 3, 5, 0, 1, 2, 4, 0, 0};

/// The extents of a map and the strides of all dimensions but the first, in bytes.
struct Geometry {
  std::array<std::uint64_t, Record::max_rank> extents{}, strides{};
};

class Checker {
 public:
  Checker(const std::string& device, const Record& record, const TensorRef& tensor,
          std::string_view argument)
      : device_(device), record_(record), tensor_(tensor), argument_(argument) {}

  Geometry geometry() const {
    const auto address = reinterpret_cast<std::uintptr_t>(tensor_.data);
    if (address % multiple() != 0)
      refuse("the address is not aligned", fmt::format("{:#x}", address),
             fmt::format("a multiple of {} bytes", multiple()));
    Geometry g;
    for (std::uint32_t d = 0; d < record_.rank; ++d) {
      const std::uint32_t of_tensor = record_.dimensions[d].of_tensor;
      const std::int64_t extent = tensor_.shape[of_tensor];
      if (extent == 0) refuse("the tensor has no elements", runtime::describe(tensor_), "");
      g.extents[d] = static_cast<std::uint64_t>(extent);
      if (d > 0)
        g.strides[d - 1] = extent == 1 ? any_stride(g, d) : stride(of_tensor);
      else if (extent != 1 && tensor_.strides[of_tensor] != 1)
        refuse(fmt::format("elements of dimension {} are no neighbours", of_tensor),
               fmt::format("stride {}", tensor_.strides[of_tensor]), "stride 1");
    }
    return g;
  }

 private:
  static constexpr std::int64_t end_of_strides = std::int64_t{1} << 40;

  std::uint64_t multiple() const {
    return record_.interleave == Record::Interleave::bytes_32 ? 32 : 16;
  }
  /// The stride of an extent of 1 reaches no element, but the driver checks it.
  std::uint64_t any_stride(const Geometry& g, std::uint32_t d) const {
    return d > 1 ? g.strides[d - 2] : multiple();
  }
  std::uint64_t stride(std::uint32_t of_tensor) const {
    const std::int64_t elements = tensor_.strides[of_tensor];
    std::int64_t bytes = 0;
    if (__builtin_mul_overflow(elements, std::int64_t{dtype_bytes(tensor_.dtype)}, &bytes) ||
        bytes <= 0 || bytes >= end_of_strides || bytes % static_cast<int>(multiple()) != 0)
      refuse(fmt::format("the stride of dimension {} does not fit a tensor map", of_tensor),
             fmt::format("{} elements of {}", elements, dtype_name(tensor_.dtype)),
             fmt::format("a positive multiple of {} bytes, below 2^40", multiple()));
    return static_cast<std::uint64_t>(bytes);
  }
  [[noreturn]] void refuse(std::string problem, std::string got, std::string wanted) const {
    throw Error(ErrorCode::invalid_argument, {.where = device_,
                                              .argument = std::string(argument_),
                                              .problem = std::move(problem),
                                              .got = std::move(got),
                                              .wanted = std::move(wanted)});
  }

  const std::string& device_;
  const Record& record_;
  const TensorRef& tensor_;
  std::string_view argument_;
};

}  // namespace

void encode_tensor_map(const std::string& device, const Record& record, const TensorRef& tensor,
                       std::string_view argument, TensorMap& map) {
  const Geometry g = Checker(device, record, tensor, argument).geometry();
  std::array<unsigned, Record::max_rank> box{}, element_strides{};
  for (std::uint32_t d = 0; d < record.rank; ++d) {
    box[d] = record.dimensions[d].box;
    element_strides[d] = record.dimensions[d].element_stride;
  }
  check(driver().cuTensorMapEncodeTiled(
            map.bytes.data(), driver_types[static_cast<std::size_t>(tensor.dtype)], record.rank,
            tensor.data, g.extents.data(), g.strides.data(), box.data(), element_strides.data(),
            static_cast<int>(record.interleave), static_cast<int>(record.swizzle),
            static_cast<int>(record.promotion), static_cast<int>(record.fill)),
        fmt::format("{}: {}", device, argument), "cuTensorMapEncodeTiled");
}

}  // namespace tegula::cuda
