// What the ops ask of their tensors, each with its error message.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tegula/device.h"
#include "tegula/op_info.h"
#include "tegula/tensor.h"

namespace tegula::ops {

/// Checks for one call of an op. All throw Error{invalid_argument} whose `where` is the op.
class ArgumentChecks : public OpChecks {
 public:
  using OpChecks::OpChecks;

  /// f32, f16 or bf16, on the stream's device, one stride per dimension, memory that is there and
  /// aligned to an element.
  void float_tensor(const TensorRef& tensor, std::string_view name) const;
  /// The same for a tensor that must have one dtype.
  void tensor_of(const TensorRef& tensor, std::string_view name, DType wanted,
                 std::string_view reason) const;
  void shape(const TensorRef& tensor, std::string_view name, const Dims& wanted,
             std::string_view reason) const;
  void dtype(const TensorRef& tensor, std::string_view name, DType wanted,
             std::string_view reason) const;

  /// The dtype of an output (that of `given`, else `wanted`, else `otherwise`), and the checks of
  /// the caller's destination `given` (named `name`, absent if the op is to allocate one) and of
  /// `wanted` (named `wanted_name`).
  DType output_dtype(const TensorRef& given, std::string_view name, std::optional<DType> wanted,
                     DType otherwise, const Dims& shape, std::string_view reason,
                     std::string_view wanted_name = "out_dtype") const;

  /// A tensor (..., N) as a matrix (M, N) with strides (any, 1). The leading dimensions must be
  /// evenly spaced, the last stride 1.
  TensorRef rows(const TensorRef& tensor, std::string_view name) const;
  /// The same for a destination, whose rows must not overlap each other.
  TensorRef destination_rows(const TensorRef& tensor, std::string_view name) const;
  /// A vector of stride 1.
  TensorRef vector(const TensorRef& tensor, std::string_view name) const;
  /// A tensor of any rank as a vector of all its elements, whose stride may be any, 0 too.
  TensorRef flat(const TensorRef& tensor, std::string_view name) const;
  /// The same for a destination, whose elements must not overlap each other.
  TensorRef destination_flat(const TensorRef& tensor, std::string_view name) const;

  /// `output` and `other`, both as rows(), vector() or flat() gave them, share no byte. An absent
  /// one overlaps nothing.
  void disjoint(const TensorRef& output, std::string_view output_name, const TensorRef& other,
                std::string_view other_name) const;
  /// As the first, but `output` may be `other` itself, element on element.
  void disjoint_or_in_place(const TensorRef& output, std::string_view output_name,
                            const TensorRef& other, std::string_view other_name) const;

  /// The last stride is 1, or there is one element along it at most.
  void unit_last_stride(const TensorRef& tensor, std::string_view name) const;
  /// No two elements of a destination lie on each other: each dimension steps over all that the
  /// tighter ones span. (Some of which that is not true have no overlap either; they are refused.)
  void disjoint_elements(const TensorRef& tensor, std::string_view name) const;

 private:
  /// The stride between the elements of the first `count` dimensions, if there is one.
  std::int64_t even_stride(const TensorRef& tensor, std::size_t count, std::string_view name,
                           std::string_view problem, std::int64_t otherwise) const;
};

}  // namespace tegula::ops
