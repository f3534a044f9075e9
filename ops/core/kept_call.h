// A call of an op that was checked and planned, kept for the next one of the same shapes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dsl/launch/kept_launch.h"
#include "ops/core/call_shape.h"
#include "ops/core/op_data.h"

namespace tegula {

/// Where an output's tensor comes from.
struct OutputSource {
  enum class Kind : std::uint8_t { none, allocated, given, input, output };
  Kind kind = Kind::none;
  std::uint32_t index = 0;  ///< of the operand whose memory it is, or of the output that it is
  DType dtype = DType::f32;
  Dims shape;
  std::optional<double> fill = {};  ///< written by the host in place of a launch
};

/// A tensor that lives as long as the launches take.
struct OpWorkspace {
  DType dtype = DType::f32;
  Dims shape;
};

/// Where a kernel's argument comes from. Operands are numbered as OpData::operands has them.
struct ArgumentSource {
  enum class Kind : std::uint8_t { absent, operand, output, workspace, scalar };
  Kind kind = Kind::absent;
  std::uint32_t index = 0;
  std::int64_t distance = 0;  ///< bytes from its address
};

struct PlannedLaunch {
  using Value = runtime::LaunchPlan::Value;
  const KernelBase* kernel = nullptr;
  Config config;
  std::vector<ArgumentSource> sources;  ///< one for each of the kernel's parameters
  std::vector<TensorRef> tensors;       ///< as the kernel sees them; addresses may be missing
  std::vector<std::string> names;       ///< what the op calls them
  std::vector<Value> values = {};       ///< of the call that is under way; none of absent ones
  detail::KeptLaunch kept = {};
};

/// The words of a call's key and the operands of one call, on the stack.
struct CallView {
  std::array<const TensorRef*, max_operands> operands;
  std::size_t operand_count = 0;
  std::array<std::uint64_t, max_key_words> words;
  std::size_t word_count = 0;

  CallView(const OpData& op, const void* arguments);
  std::span<const TensorRef* const> tensors() const { return {operands.data(), operand_count}; }
  std::span<const std::uint64_t> key() const { return {words.data(), word_count}; }
};

using Scalars = std::array<std::uint64_t, max_scalars>;

struct KeptCall {
  std::uint64_t op = 0;  ///< OpData::number
  CallShape shape;
  std::vector<OutputSource> outputs;
  std::vector<OpWorkspace> workspaces;
  std::vector<std::unique_ptr<PlannedLaunch>> launches;
  bool taken = false;

  /// Whether checks and plan of the call would come to what is kept here.
  bool serves(const OpData& op, const Stream& stream, const CallView& call) const;
  /// Gives the outputs and launches. `first`: the launches have not been made yet.
  void run(const OpData& op, Stream& stream, const CallView& call, const Scalars& scalars,
           void* result, bool first);
};

/// The place where this thread keeps such a call, for as long as the call lasts.
class KeptCallPlace {
 public:
  KeptCallPlace(const OpData& op, const CallView& call);
  ~KeptCallPlace() { call_->taken = false; }
  KeptCallPlace(const KeptCallPlace&) = delete;
  KeptCallPlace& operator=(const KeptCallPlace&) = delete;
  /// That call, or another one in its place.
  KeptCall& operator*() const { return *call_; }

 private:
  KeptCall* call_;
  std::unique_ptr<KeptCall> own_;  ///< of a call within a call, or at the thread's end
};

}  // namespace tegula
