// An op as its description left it: what tools, tests and documentation read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tegula/dsl/config.h"
#include "tegula/op_rules.h"
#include "tegula/tensor.h"

#pragma GCC visibility push(default)
namespace tegula {

class Plan;
class Stream;

/// Errors of one call of an op, which name the op.
class OpChecks {
 public:
  OpChecks(std::string_view op, const Device& device) : op_(op), device_(device) {}
  std::string_view op() const { return op_; }
  const Device& device() const { return device_; }
  /// Throws Error{invalid_argument}.
  [[noreturn]] void fail(std::string_view argument, std::string problem, std::string got,
                         std::string wanted, std::string hint = {}) const;

 private:
  std::string_view op_;
  const Device& device_;
};

/// A tensor that an op reads: a TensorRef of the struct of its arguments.
struct OpTensor {
  std::string name;
  std::string meaning;
  std::uint32_t offset = 0;
  /// In place of the offset; null where the call has none.
  std::function<const TensorRef*(const void* arguments)> find;
  op::Shape shape;
  op::DTypes dtype;
  bool optional = false;
  op::Values values = {};

  const TensorRef* in(const void* arguments) const {
    if (find) return find(arguments);
    return reinterpret_cast<const TensorRef*>(static_cast<const char*>(arguments) + offset);
  }
};

/// A tensor that an op gives: a Tensor, or an optional one, of the struct of its results.
struct OpOutput {
  std::string name;
  std::string meaning;
  std::uint32_t offset = 0;
  bool is_optional = false;  ///< a std::optional<Tensor>
  op::Shape shape;
  op::DTypes dtype;
  /// Whether a call gives it; always if empty.
  std::function<bool(const void* arguments, const Plan&)> when;
  /// Of an error where a caller gives memory for what the call does not give.
  struct WhyNot {
    std::string problem = "the call gives no such output";
    std::string wanted = "no destination";
  };
  WhyNot why_not;
  /// The argument in which a caller may give its memory; empty: the op always allocates.
  std::string into;
  std::uint32_t into_offset = 0;
  /// Whether the caller's memory may have any of the float dtypes, or just `dtype`.
  bool any_float = false;
  /// The argument, an optional DType, that says the dtype; empty: none.
  std::string dtype_argument;
  std::uint32_t dtype_offset = 0;
  /// The inputs that the caller's memory may be, element on element.
  std::vector<std::string> may_be;

  const TensorRef* destination_in(const void* arguments) const {
    if (into.empty()) return nullptr;
    return reinterpret_cast<const TensorRef*>(static_cast<const char*>(arguments) + into_offset);
  }
};

/// What else an op takes.
struct OpParameter {
  enum class Kind : std::uint8_t {
    flag,
    integer,  ///< signed, of `bytes`
    number,   ///< a float or a double
    dtype,    ///< std::optional<DType>
    rng,      ///< std::optional<ops::RngState>
    other,
  };
  std::string name;
  std::string meaning;
  Kind kind = Kind::other;
  std::uint32_t offset = 0;
  std::uint32_t bytes = 0;
  /// Its words in the key of a call; none of a scalar, which kernels take by value.
  std::uint32_t key_words = 0;
  void (*put_key)(const void* member, std::uint64_t* words) = nullptr;
};

/// A number that kernels take by value: it is worked out, and checked, at every call.
struct OpScalars {
  struct Scalar {
    std::string name;
    DType dtype;
  };
  std::vector<Scalar> list;
  std::function<void(const void* arguments, const OpChecks& checks, std::uint64_t* bits)> get;
};

/// What a plan may depend on beside tensors and parameters: a word of the key.
struct OpFact {
  std::string name;
  std::function<std::uint64_t(const void* arguments)> get;
};

/// How the op's kernels may be pinned.
struct OpConfig {
  std::vector<ConfigFieldInfo> fields;
  std::uint32_t offset = 0;                             ///< of the std::optional of the struct
  std::size_t bytes = 0;                                ///< of the struct
  std::size_t optional_bytes = 0;                       ///< of the std::optional
  const void* (*find)(const void* optional) = nullptr;  ///< null where nothing is pinned
  void (*pin)(void* optional, const void* config) = nullptr;  ///< null: pins nothing
  std::function<void(const void* arguments, const Plan&, void* config)> choose;
  std::function<void(const void* arguments, const Plan&, const void* config)> check;
  std::uint32_t key_words = 0;
  void (*put_key)(const void* optional, std::uint64_t* words) = nullptr;
};

/// The structs of an op's arguments and results, without their types.
struct OpStructs {
  std::size_t argument_bytes = 0, result_bytes = 0;
  void (*make_arguments)(void*) = nullptr;  ///< as the struct initialises it; trivially copyable
  void (*make_result)(void*) = nullptr;
  void (*destroy_result)(void*) = nullptr;
};

class OpBase;

/// Of an op that is the gradient of another one.
struct OpForward {
  const OpBase* op = nullptr;
  /// What the backward takes of a call of the forward: these tensors and parameters.
  std::vector<std::string> filled;
  std::function<void(void* arguments, const void* forward_arguments, const void* forward_result)>
      fill;
};

}  // namespace tegula
#pragma GCC visibility pop
