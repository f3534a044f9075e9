// What a call of an op looks like, addresses apart.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tegula/tensor.h"

namespace tegula {

/// Remembers a call that passed its checks, so that the next one of the same shapes need not pass
/// them again.
class CallShape {
 public:
  /// Those of `tensors` from `first_output` on are written; any may be null or absent. `words` is
  /// all else that the checks, or what was made of the call, depend on. An output may be one of the
  /// others: it then stands at the same address in every call that fits.
  void remember(std::span<const TensorRef* const> tensors, std::size_t first_output,
                std::span<const std::uint64_t> words);
  /// No call fits from now on.
  void forget() { remembers_ = false; }

  /// Whether the calls differ in addresses alone, these are alike modulo 16 bytes, and no output
  /// shares bytes with another tensor but where it was that tensor before. (It may say no for
  /// tensors that merely interlace, as columns of one matrix do.)
  bool fits(std::span<const TensorRef* const> tensors, std::span<const std::uint64_t> words) const;

 private:
  struct Operand {
    std::uint32_t index = 0;
    bool is_output = false;
    TensorRef ref;
    std::int64_t low = 0, high = 0;   ///< bytes that it spans, from its address
    std::vector<std::uint32_t> same;  ///< of an output: the operands before it at its address
  };
  bool overlaps_as_before(std::span<const TensorRef* const> tensors) const;

  bool remembers_ = false;
  std::vector<bool> present_;
  std::vector<Operand> operands_;  ///< those that are there
  std::vector<std::uint64_t> words_;
};

}  // namespace tegula
