#include "dsl/launch/specialise.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "dsl/program/limits.h"
#include "runtime/format/scratch.h"
#include "runtime/tensor/hull.h"
#include "tegula/error.h"

namespace tegula::detail {
namespace {

using program::Parameter;

constexpr std::uint64_t max_alignment = 16;       // bytes: the widest load of one thread
constexpr std::uint64_t max_stride_divisor = 16;  // elements: that of the narrowest dtype
static_assert(max_alignment < 1 << 5 && dtype_count <= 1 << 4 && Dims::capacity <= 8 &&
              max_stride_divisor <= 16);  // what append_key has bits for

std::uint8_t power_of_two_in(std::uint64_t value, std::uint64_t limit) {
  return static_cast<std::uint8_t>(std::min(limit, value & (~value + 1)));
}

[[noreturn]] void invalid(const std::string& kernel, const ParameterInfo& parameter,
                          const char* problem, std::string got, std::string wanted) {
  throw Error(ErrorCode::invalid_argument, {.where = kernel,
                                            .argument = parameter.name,
                                            .problem = problem,
                                            .got = std::move(got),
                                            .wanted = std::move(wanted)});
}

void classify_strides(ArgumentClass& c, const TensorRef& tensor) {
  bool found_one = false;
  // While true: all inner dimensions are compiled in and contiguous, `inner` elements in all.
  bool dense = true;
  std::int64_t inner = 1;
  for (std::size_t d = tensor.rank(); d-- > 0;) {
    const std::int64_t stride = tensor.strides[d];
    const bool unit = stride == 1 && !found_one;
    const bool row = dense && d + 1 < tensor.rank() && stride == inner;
    c.strides[d] = stride == 0 || unit || row ? stride : Parameter::dynamic;
    c.stride_divisors[d] =
        stride == 0 ? 0 : power_of_two_in(static_cast<std::uint64_t>(stride), max_stride_divisor);
    found_one = found_one || unit;
    dense = dense && stride == inner && c.extents[d] != Parameter::dynamic && c.extents[d] > 0 &&
            !__builtin_mul_overflow(inner, c.extents[d], &inner);
  }
}

}  // namespace

void make_canonical(TensorRef& tensor) {
  if (tensor.strides.size() != tensor.rank()) return;  // an error that the launch reports
  if (std::ranges::none_of(tensor.shape, [](std::int64_t extent) { return extent <= 1; })) return;
  const bool empty = std::find(tensor.shape.begin(), tensor.shape.end(), 0) != tensor.shape.end();
  std::int64_t inner = 1;
  for (std::size_t d = tensor.rank(); d-- > 0;) {
    const std::int64_t extent = tensor.shape[d];
    if (empty || extent == 1) tensor.strides[d] = inner;
    // The stride of the next outer dimension if the tensor is contiguous.
    if (extent > 1 && __builtin_mul_overflow(tensor.strides[d], extent, &inner))
      return;  // not contiguous; the launch reports it if it leaves the address space
  }
}

ArgumentClass classify(const std::string& kernel, const ParameterInfo& parameter,
                       const KernelArgument& argument) {
  const bool wants_tensor = parameter.kind == ParameterInfo::Kind::tensor;
  if (argument.is_tensor != wants_tensor)
    invalid(kernel, parameter, "the argument is of the wrong kind",
            argument.is_tensor ? "a tensor" : "a scalar", wants_tensor ? "a tensor" : "a scalar");
  ArgumentClass c;
  c.dtype = argument.dtype;
  c.is_tensor = wants_tensor;
  if (!wants_tensor) {
    if (argument.dtype != parameter.dtype)
      invalid(kernel, parameter, "the scalar is of another dtype",
              std::string(dtype_name(argument.dtype)), std::string(dtype_name(parameter.dtype)));
    return c;
  }
  const TensorRef& tensor = argument.tensor;
  if (!argument.present) {
    if (!parameter.optional)
      invalid(kernel, parameter, "the tensor is missing", "a TensorRef without a device",
              "a tensor: the parameter is not optional");
    c.present = false;
    c.dtype = DType::f32;
    return c;
  }
  if (tensor.strides.size() != tensor.rank())
    invalid(kernel, parameter, "not one stride for each dimension",
            fmt::format("{} strides", tensor.strides.size()), fmt::format("{}", tensor.rank()));
  c.dtype = tensor.dtype;
  c.rank = static_cast<std::uint8_t>(tensor.rank());
  c.alignment = tensor.data == nullptr
                    ? static_cast<std::uint8_t>(max_alignment)
                    : power_of_two_in(reinterpret_cast<std::uintptr_t>(tensor.data), max_alignment);
  for (std::size_t d = 0; d < tensor.rank(); ++d) {
    if (tensor.shape[d] < 0 || tensor.shape[d] > program::max_extent)
      invalid(kernel, parameter, "an extent is out of range", to_string(tensor.shape),
              "0 to 2147483647");
    c.extents[d] = Parameter::dynamic;
  }
  for (const int declared : parameter.specialised_dims) {
    const int d = declared < 0 ? declared + c.rank : declared;
    if (d >= 0 && d < c.rank)
      c.extents[static_cast<std::size_t>(d)] = tensor.shape[static_cast<std::size_t>(d)];
  }
  classify_strides(c, tensor);
  return c;
}

std::vector<program::Overlap> find_overlaps(std::span<const ParameterInfo> parameters,
                                            std::span<const KernelArgument> arguments) {
  struct Bytes {
    runtime::Hull hull;
    std::size_t first = 0;  ///< the first argument that it shares memory with, possibly itself
  };
  format::Scratch<Bytes, 24> all(arguments.size());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    all[i] = {{}, i};
    const TensorRef& tensor = arguments[i].tensor;
    if (!arguments[i].is_tensor || tensor.data == nullptr) continue;
    try {
      all[i].hull = runtime::hull(tensor, parameters[i].name);
    } catch (const Error&) {
    }
  }
  const auto first_of = [&](std::size_t i) {
    while (all[i].first != i) i = all[i].first;
    return i;
  };
  bool any = false;
  for (std::size_t w = 0; w < arguments.size(); ++w) {
    if (parameters[w].access == ParameterInfo::Access::in || all[w].hull.empty()) continue;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (i == w || !all[w].hull.overlaps(all[i].hull)) continue;
      const std::size_t a = first_of(w), b = first_of(i);
      all[std::max(a, b)].first = std::min(a, b);
      any = true;
    }
  }
  std::vector<program::Overlap> overlaps;
  for (std::size_t i = 0; any && i < arguments.size(); ++i) {
    const std::size_t first = first_of(i);
    if (first == i) continue;
    const TensorRef &tensor = arguments[i].tensor, &other = arguments[first].tensor;
    overlaps.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(first),
                        tensor.data == other.data && tensor.dtype == other.dtype &&
                            tensor.shape == other.shape && tensor.strides == other.strides});
  }
  return overlaps;
}

program::Parameter to_parameter(const ParameterInfo& info, const ArgumentClass& c) {
  Parameter p;
  p.kind = info.kind == ParameterInfo::Kind::scalar ? Parameter::Kind::scalar
           : c.present                              ? Parameter::Kind::tensor
                                                    : Parameter::Kind::absent_tensor;
  p.access = info.access;
  p.name = info.name;
  p.dtype = c.dtype;
  p.extents.assign(c.extents.begin(), c.extents.begin() + c.rank);
  p.strides.assign(c.strides.begin(), c.strides.begin() + c.rank);
  p.stride_divisors.assign(c.stride_divisors.begin(), c.stride_divisors.begin() + c.rank);
  p.alignment = c.alignment;
  return p;
}

void append_key(runtime::CallKey& key, const ArgumentClass& c) {
  // One word for everything but the numbers. A row's stride follows from the inner extents.
  enum Stride : std::uint64_t { open, zero, one, row };
  std::uint64_t word = static_cast<std::uint64_t>(c.dtype) | std::uint64_t{c.rank} << 4 |
                       std::uint64_t{c.alignment} << 8 | std::uint64_t{c.is_tensor} << 13 |
                       std::uint64_t{c.present} << 14;
  for (std::size_t d = 0; d < c.rank; ++d) {
    const Stride stride = c.strides[d] == Parameter::dynamic ? open
                          : c.strides[d] == 0                ? zero
                          : c.strides[d] == 1                ? one
                                                             : row;
    word |= static_cast<std::uint64_t>(stride) << (16 + 2 * d) |
            static_cast<std::uint64_t>(std::bit_width(c.stride_divisors[d])) << (32 + 3 * d) |
            std::uint64_t{c.extents[d] != Parameter::dynamic} << (56 + d);
  }
  key.put(word);
  for (std::size_t d = 0; d < c.rank; ++d)
    if (c.extents[d] != Parameter::dynamic) key.put(static_cast<std::uint64_t>(c.extents[d]));
}

void append_key(runtime::CallKey& key, const program::Overlap& overlap) {
  key.put(std::uint64_t{overlap.parameter} | std::uint64_t{overlap.with} << 31 |
          std::uint64_t{overlap.same} << 62);
}

}  // namespace tegula::detail
