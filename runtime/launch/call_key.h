// The key of a call: kernel, configuration, classes of arguments, device, as words on the stack.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace tegula::runtime {

class CallKey {
 public:
  void put(std::uint64_t word) {
    hash_ = mix(hash_ ^ word);
    if (size_ < inline_.size()) {
      inline_[size_++] = word;
      return;
    }
    if (overflow_.empty()) overflow_.assign(inline_.begin(), inline_.end());
    overflow_.push_back(word);
  }

  std::span<const std::uint64_t> words() const {
    if (overflow_.empty()) return {inline_.data(), size_};
    return overflow_;
  }
  std::uint64_t hash() const { return hash_; }

 private:
  static std::uint64_t mix(std::uint64_t x) {
    const auto product = static_cast<unsigned __int128>(x) * 0x9e3779b97f4a7c15u;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  std::array<std::uint64_t, 96> inline_;  // not initialised: a call writes what it reads
  std::size_t size_ = 0;
  std::uint64_t hash_ = 0x243f6a8885a308d3u;
  std::vector<std::uint64_t> overflow_;
};

}  // namespace tegula::runtime
