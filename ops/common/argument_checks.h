// What the ops ask of their tensors, each with its error message.
#pragma once

#include <string>
#include <string_view>

#include "tegula/device.h"
#include "tegula/tensor.h"

namespace tegula::ops {

/// Checks for one call of an op. All throw Error{invalid_argument} whose `where` is the op.
class ArgumentChecks {
 public:
  ArgumentChecks(std::string_view op, const Device& device) : op_(op), device_(device) {}

  /// f32, f16 or bf16, on the stream's device, one stride per dimension, memory that is there and
  /// aligned to an element.
  void float_tensor(const TensorRef& tensor, std::string_view name) const;
  void shape(const TensorRef& tensor, std::string_view name, const Dims& wanted,
             std::string_view reason) const;
  void dtype(const TensorRef& tensor, std::string_view name, DType wanted,
             std::string_view reason) const;

  /// A tensor (..., N) as a matrix (M, N) with strides (any, 1). The leading dimensions must be
  /// evenly spaced, the last stride 1.
  TensorRef rows(const TensorRef& tensor, std::string_view name) const;
  /// The same for a destination, whose rows must not overlap each other.
  TensorRef destination_rows(const TensorRef& tensor, std::string_view name) const;
  /// A vector of stride 1.
  TensorRef vector(const TensorRef& tensor, std::string_view name) const;

  /// `output` and `other`, both as rows() or vector() gave them, share no byte.
  void disjoint(const TensorRef& output, std::string_view output_name, const TensorRef& other,
                std::string_view other_name) const;

  [[noreturn]] void fail(std::string_view argument, std::string problem, std::string got,
                         std::string wanted, std::string hint = {}) const;

 private:
  void unit_last_stride(const TensorRef& tensor, std::string_view name) const;

  std::string_view op_;
  const Device& device_;
};

}  // namespace tegula::ops
