// What a call of an op looks like, addresses apart.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "tegula/tensor.h"

namespace tegula::ops {

/// Remembers a call that passed its checks, so that the next one of the same shapes need not pass
/// them again: what is left to check is which tensors overlap.
class CallShape {
 public:
  static constexpr std::size_t max_tensors = 20, max_words = 8;

  /// The first `outputs` of the tensors are written; any may be absent. `words` is all else that
  /// the checks, or what was made of the call, depend on.
  void remember(std::span<const TensorRef* const> tensors, std::size_t outputs,
                std::span<const std::uint64_t> words);
  /// Nothing is like this from now on.
  void forget() { tensors_ = 0; }

  /// Whether the calls differ in addresses alone, and these are alike modulo 16 bytes.
  bool same(std::span<const TensorRef* const> tensors, std::span<const std::uint64_t> words) const;
  /// Of tensors that are the same(): whether an output shares a range of addresses with another
  /// tensor. (They may still be apart, as rows of one matrix are.)
  bool may_overlap(std::span<const TensorRef* const> tensors) const;

 private:
  struct Span {
    std::int64_t low = 0, high = 0;  ///< bytes from the tensor's address
  };
  std::size_t tensors_ = 0, words_ = 0;
  std::size_t present_ = 0, present_outputs_ = 0;
  std::array<std::uint8_t, max_tensors> presents_{};  ///< numbers of those that are there, in order
  std::array<TensorRef, max_tensors> refs_;
  std::array<Span, max_tensors> spans_;
  std::array<std::uint64_t, max_words> values_{};
};

}  // namespace tegula::ops
