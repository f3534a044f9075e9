#include "ops/core/call_shape.h"

#include <algorithm>

#include "runtime/tensor/alike.h"
#include "runtime/tensor/hull.h"

namespace tegula {

using runtime::address_of;

namespace {

bool is_present(const TensorRef* tensor) { return tensor != nullptr && tensor->present(); }

}  // namespace

void CallShape::remember(std::span<const TensorRef* const> tensors, std::size_t first_output,
                         std::span<const std::uint64_t> words) {
  remembers_ = false;  // until all is said: what throws leaves a shape that no call fits
  operands_.clear();
  present_.clear();
  for (std::uint32_t i = 0; i < tensors.size(); ++i) {
    present_.push_back(is_present(tensors[i]));
    if (!present_.back()) continue;
    Operand operand{i, i >= first_output, *tensors[i], 0, 0, {}};
    const runtime::Hull hull = runtime::hull(operand.ref, "");
    operand.low = static_cast<std::int64_t>(hull.begin - address_of(operand.ref));
    operand.high = static_cast<std::int64_t>(hull.end - address_of(operand.ref));
    if (operand.is_output)
      for (std::uint32_t k = 0; k < operands_.size(); ++k)
        if (operands_[k].ref.data == operand.ref.data && operand.low < operand.high &&
            operands_[k].low < operands_[k].high)
          operand.same.push_back(k);
    operands_.push_back(std::move(operand));
  }
  words_.assign(words.begin(), words.end());
  remembers_ = true;
}

bool CallShape::fits(std::span<const TensorRef* const> tensors,
                     std::span<const std::uint64_t> words) const {
  if (!remembers_ || tensors.size() != present_.size() || words.size() != words_.size())
    return false;
  if (!std::equal(words.begin(), words.end(), words_.begin())) return false;
  std::size_t there = 0;
  for (const TensorRef* tensor : tensors) there += is_present(tensor) ? 1 : 0;
  if (there != operands_.size()) return false;
  for (const Operand& operand : operands_)
    if (tensors[operand.index] == nullptr || !runtime::alike(*tensors[operand.index], operand.ref))
      return false;
  return overlaps_as_before(tensors);
}

bool CallShape::overlaps_as_before(std::span<const TensorRef* const> tensors) const {
  for (std::size_t i = operands_.size(); i-- > 0 && operands_[i].is_output;) {
    const Operand& output = operands_[i];
    const auto at = static_cast<std::int64_t>(address_of(*tensors[output.index]));
    auto same = output.same.begin();
    for (std::uint32_t k = 0; k < i; ++k) {
      const Operand& other = operands_[k];
      // By differences, which cannot overflow where the hulls did not.
      const auto apart = static_cast<std::int64_t>(address_of(*tensors[other.index])) - at;
      if (same != output.same.end() && *same == k) {
        if (apart != 0) return false;
        ++same;
      } else if (apart + other.low < output.high && output.low < apart + other.high) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace tegula
