// The making of a plan: the checks of one call, in the order of the op's description.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "ops/common/argument_checks.h"
#include "ops/core/kept_call.h"
#include "tegula/op_call.h"
#include "tegula/plan.h"

namespace tegula {

/// A named extent, and what it is to a reader of an error.
struct NamedExtent {
  std::string name;
  std::int64_t value = 0;
  std::string origin;  ///< "the last extent of x"
};

struct Plan::State {
  const OpData& op;
  Stream& stream;
  const ops::ArgumentChecks checks;
  const CallView& call;
  ConfigOverrides overrides;
  KeptCall& kept;
  std::vector<std::max_align_t> masked;  ///< the arguments as plans see them

  std::vector<NamedExtent> extents;
  std::vector<TensorRef> operands;  ///< as kernels see them; absent if the call has none
  std::vector<TensorRef> outputs;   ///< the same of what the op allocates
  struct View {
    std::string name;
    std::uint32_t operand = 0;
    TensorRef tensor;
  };
  std::vector<View> views;
  std::vector<std::string> workspace_names;

  const void* arguments() const { return masked.data(); }
  /// The number of the operand: an input, or memory for an output; that many if there is none.
  std::size_t operand(std::string_view name) const;
  std::size_t output(std::string_view name) const;
  /// The same; throw InternalError where there is none, or where the call has no such tensor.
  std::size_t known_output(std::string_view name) const;
  std::size_t present_operand(std::string_view name) const;
};

/// Checks a call and works out what it comes to, into `kept`.
class PlanMaker {
 public:
  PlanMaker(const OpData& op, Stream& stream, const void* arguments, const CallView& call,
            ConfigOverrides overrides, KeptCall& kept);

  /// Throws Error{invalid_argument} for an argument that the op does not take.
  void check_inputs();
  /// After the scalars have been checked.
  void make();
  /// The config of the op's struct, of inputs that were checked.
  void read_config(void* config) const { plan_.read_config(config, state_.op.config->bytes); }
  /// What was made, by names.
  OpPlan result() const;

 private:
  void check_tensor(std::size_t index);
  void check_pair(const std::pair<std::string, std::string>& pair);
  void check_output(std::size_t index);
  void check_shape(const TensorRef& tensor, std::string_view name, const op::Shape& shape);
  void check_extents(const TensorRef& tensor, std::string_view name, const op::Shape& shape);
  void check_dtype(const TensorRef& tensor, const OpTensor& rule);
  void check_overlaps() const;
  op::Shape::Wanted wanted(const op::Shape& shape) const;
  op::DTypes::Wanted wanted(const op::DTypes& rule) const;
  TensorRef seen(const TensorRef& tensor, std::string_view name, op::Layout layout,
                 bool is_output) const;
  void define(const std::string& name, std::int64_t value, std::string origin);

  Plan::State state_;
  Plan plan_;
};

}  // namespace tegula
