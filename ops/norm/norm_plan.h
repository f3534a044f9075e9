// What a call of a norm came to, for the next call of the same shapes.
#pragma once

#include "dsl/kept_launch.h"
#include "ops/common/call_shape.h"
#include "ops/norm/norm_call.h"

namespace tegula::ops {

/// What the outputs of a call are.
struct NormOutputs {
  Dims sum, y;  ///< shapes of what is normalised and of y
  DType out_dtype = DType::f32, sum_dtype = DType::f32;
  bool stores_sum = false, masks = false;
};

/// The outputs, allocated unless they are the caller's.
NormOut allocate(Stream& stream, const NormCall& call, const NormOutputs& outputs);

class NormPlan {
 public:
  /// Of a call that was checked; launches it.
  void launch(Stream& stream, const NormCall& call, const NormOutputs& outputs,
              const NormConfig& config, const NormTensors& tensors, const Dropout& dropout);

  /// Whether checks and launch of the call would come to what is kept here.
  bool fits(const Stream& stream, const NormCall& call) const;
  /// The call, if it fits.
  NormOut run(Stream& stream, const NormCall& call, const Dropout& dropout);

 private:
  CallShape shape_;
  NormOutputs outputs_;
  detail::KeptLaunch kept_;
  friend class NormPlanPlace;
  bool taken_ = false;
};

/// The place where this thread keeps the plan of such a call, for as long as the call lasts.
class NormPlanPlace {
 public:
  explicit NormPlanPlace(const NormCall& call);
  ~NormPlanPlace() { plan_->taken_ = false; }
  NormPlanPlace(const NormPlanPlace&) = delete;
  NormPlanPlace& operator=(const NormPlanPlace&) = delete;
  NormPlan* operator->() const { return plan_; }

 private:
  NormPlan* plan_;
  std::unique_ptr<NormPlan> own_;  ///< of a call within a call, or at the thread's end
};

}  // namespace tegula::ops
