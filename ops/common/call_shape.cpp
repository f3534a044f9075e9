#include "ops/common/call_shape.h"

#include <algorithm>

#include "runtime/tensor_alike.h"
#include "runtime/tensor_hull.h"
#include "tegula/error.h"

namespace tegula::ops {

using runtime::address_of;

void CallShape::remember(std::span<const TensorRef* const> tensors, std::size_t outputs,
                         std::span<const std::uint64_t> words) {
  if (tensors.size() > max_tensors || words.size() > max_words)
    throw InternalError("a call has more tensors or words than a CallShape holds");
  tensors_ = present_ = present_outputs_ = 0;  // what throws leaves a shape that nothing is like
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    refs_[i] = *tensors[i];
    if (!refs_[i].present()) continue;
    presents_[present_++] = static_cast<std::uint8_t>(i);
    if (i < outputs) ++present_outputs_;
    const runtime::Hull hull = runtime::hull(refs_[i], "");
    spans_[i] = {static_cast<std::int64_t>(hull.begin - address_of(refs_[i])),
                 static_cast<std::int64_t>(hull.end - address_of(refs_[i]))};
  }
  std::copy(words.begin(), words.end(), values_.begin());
  tensors_ = tensors.size();
  words_ = words.size();
}

bool CallShape::same(std::span<const TensorRef* const> tensors,
                     std::span<const std::uint64_t> words) const {
  if (tensors.size() != tensors_ || words.size() != words_) return false;
  if (!std::equal(words.begin(), words.end(), values_.begin())) return false;
  for (std::size_t i = 0; i < tensors_; ++i)
    if (tensors[i]->device != refs_[i].device) return false;
  for (std::size_t k = 0; k < present_; ++k)
    if (!runtime::alike(*tensors[presents_[k]], refs_[presents_[k]])) return false;
  return true;
}

bool CallShape::may_overlap(std::span<const TensorRef* const> tensors) const {
  for (std::size_t k = 0; k < present_outputs_; ++k) {
    const std::size_t i = presents_[k];
    const Span output = spans_[i];
    const auto at = static_cast<std::int64_t>(address_of(*tensors[i]));
    for (std::size_t l = k + 1; l < present_; ++l) {
      const std::size_t j = presents_[l];
      // By differences, which cannot overflow where the hulls did not.
      const auto apart = static_cast<std::int64_t>(address_of(*tensors[j])) - at;
      if (apart + spans_[j].low < output.high && output.low < apart + spans_[j].high) return true;
    }
  }
  return false;
}

}  // namespace tegula::ops
