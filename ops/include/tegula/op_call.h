// A call of an op by names: what the command line, benchmarks, tests and bindings to other
// languages make of a description, without the op's types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tegula/op.h"

#pragma GCC visibility push(default)
namespace tegula {

/// A parameter's value: a flag, an integer, a number, a dtype or none, a random state.
using OpValue =
    std::variant<bool, std::int64_t, double, std::optional<DType>, std::optional<ops::RngState>>;

/// A launch that a call comes to.
struct OpLaunch {
  struct Argument {
    std::string parameter;  ///< of the kernel
    std::string name;       ///< what the op calls it
    TensorRef tensor;       ///< as the kernel sees it; absent: a scalar, or an optional tensor
  };
  const KernelBase* kernel = nullptr;
  Config config;
  std::vector<Argument> arguments;
};

/// What a call comes to.
struct OpPlan {
  std::vector<OpLaunch> launches;
  std::vector<std::pair<std::string, TensorRef>> outputs;  ///< those that the call gives
  op::Sizes extents;                                       ///< the named ones
  /// What must be moved: each input read once, each output written once.
  std::int64_t bytes = 0;
};

/// A gradient's call runs the forward first, for what that saves: it takes the forward's tensors
/// and parameters, and those of its own that the forward does not fill.
class OpCall {
 public:
  /// Parameters are as the op's struct initialises them, or as its `usual` says; a random state is
  /// that of seed 0.
  explicit OpCall(const OpBase& op);
  ~OpCall();
  OpCall(const OpCall&) = delete;
  OpCall& operator=(const OpCall&) = delete;

  const OpBase& op() const { return op_; }
  /// What the call takes, the forward's first.
  const std::vector<const OpTensor*>& inputs() const { return inputs_; }
  const std::vector<const OpParameter*>& parameters() const { return parameters_; }
  /// Null if there is none.
  const OpTensor* find_input(std::string_view name) const;
  const OpParameter* find_parameter(std::string_view name) const;
  /// The output whose memory a caller may give by this name.
  const OpOutput* find_destination(std::string_view name) const;

  /// An input or a destination. Throws InternalError where there is none, or for a parameter of
  /// another kind.
  void set(std::string_view tensor, const TensorRef& value);
  void set(std::string_view parameter, const OpValue& value);
  /// Absent if it is not set. An input that the forward fills is there once the call has run.
  TensorRef tensor(std::string_view name) const;
  OpValue parameter(std::string_view name) const;

  /// Gives inputs that are not set memory that nobody may touch, for `plan`: those that must be
  /// there, those of `dtypes`, and those that come together with one that is. In the shapes that
  /// follow from `sizes` and from what the op's example says; of `dtype` where nothing says which.
  void complete(Stream& stream, const op::Sizes& sizes, DType dtype,
                const std::map<std::string, DType>& dtypes = {});

  /// What the op itself (no forward) comes to on this stream's device. Launches nothing, and reads
  /// no memory. Throws what a call throws.
  OpPlan plan(Stream& stream, std::span<const std::pair<std::string, std::int64_t>> config = {});

  /// Runs it; `config` as OpBase::call.
  void run(Stream& stream, std::span<const std::pair<std::string, std::int64_t>> config = {});
  /// The op alone: what its forward filled in the last run is taken again.
  void run_again(Stream& stream);
  /// Pins these fields over what the op would choose, as callers pin a config, for the calls to
  /// come; none: lets the op choose again. Throws what a call throws.
  void pin(Stream& stream, std::span<const std::pair<std::string, std::int64_t>> config);
  /// A call of the same tensors and parameters, which has not run.
  std::unique_ptr<OpCall> clone() const;
  /// Of the last run: the outputs that it gave.
  std::vector<std::pair<std::string, Tensor>> outputs() const;

 private:
  char* at(std::uint32_t offset) { return reinterpret_cast<char*>(arguments_.data()) + offset; }
  const char* at(std::uint32_t offset) const {
    return reinterpret_cast<const char*>(arguments_.data()) + offset;
  }
  bool has(std::string_view tensor) const;
  void make_result();
  void reset_result();
  /// As if the call had run: its outputs are where no memory is.
  void pretend(Stream& stream);
  void fill_from_forward();
  bool is_filled(std::string_view name) const;
  /// Of a gradient: the dtype of its own outputs, whatever the forward calls so.
  bool is_own(std::string_view parameter) const;
  Dims shape_of(const OpTensor& tensor, const op::Sizes& sizes) const;
  DType dtype_of(const OpTensor& tensor, DType otherwise) const;
  op::Sizes all_sizes(op::Sizes sizes) const;

  const OpBase& op_;
  std::unique_ptr<OpCall> forward_;
  std::vector<const OpTensor*> inputs_;
  std::vector<const OpParameter*> parameters_;
  std::vector<std::max_align_t> arguments_, result_;
  bool has_result_ = false;
};

}  // namespace tegula
#pragma GCC visibility pop
