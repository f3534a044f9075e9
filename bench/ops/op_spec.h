// What bench_ops measures: ops with their tensors, made of their descriptions.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tegula/op_call.h"

namespace tegula::bench {

/// A pinned configuration; none: the op's own choice.
using Pin = std::vector<std::pair<std::string, std::int64_t>>;

/// "2x4096x8": the fields in their order; "default".
std::string to_string(const Pin& pin);

struct OpSpec {
  const OpBase* op = nullptr;
  std::string variant = "plain";
  std::map<std::string, DType> inputs = {};  ///< beyond those that must be there; of x's dtype
                                             ///< where i1 stands here
  std::map<std::string, double> parameters = {};

  /// Whether the op is measured at this row length.
  bool takes(std::int64_t n) const;
  /// Bytes of a row of `n` elements that must move: each input read once, each output written once.
  std::int64_t bytes_of_row(DType dtype, std::int64_t n) const;
  /// Every configuration that may make sense.
  std::vector<Pin> configs(DType dtype, std::int64_t rows, std::int64_t n) const;
  /// A call with the parameters, and without tensors.
  std::unique_ptr<OpCall> call() const;
  op::Sizes sizes(std::int64_t rows, std::int64_t n) const;
  /// By the names of inputs; `inputs` with x's dtype where nothing else is said.
  std::map<std::string, DType> dtypes(DType dtype) const;
};

/// Each op that launches a kernel of its own, and what else is worth a look.
std::vector<OpSpec> op_specs();

/// A call on tensors of random values, with memory for its outputs, which has run once.
class PreparedCall {
 public:
  PreparedCall(const OpSpec& spec, Stream& stream, DType dtype, std::int64_t rows, std::int64_t n);
  OpCall& call() { return *call_; }

 private:
  Tensor keep(Tensor tensor);
  std::unique_ptr<OpCall> call_;
  std::vector<Tensor> tensors_;
};

/// normal-like values from -2 to 2, made on the device; of i64 and i32 whole numbers in [0, below).
Tensor random_tensor(Stream& stream, DType dtype, const Dims& shape, std::uint32_t seed,
                     std::int64_t below = 1);

/// Writes every element of an f32 vector, so that nothing else stays in the L2 cache.
void overwrite(Stream& stream, const Tensor& tensor, float value);

/// Copies a vector by our own kernel.
void copy(Stream& stream, const Tensor& from, const Tensor& to, int elements, int warps);

}  // namespace tegula::bench
