#include "runtime/sim/checks/coalescing.h"

#include <algorithm>
#include <bit>

namespace tegula::sim {
namespace {

/// The distinct words that lanes access in each bank. A lane accesses at most 8 words, one more if
/// they are misaligned, all in different banks: at most 32 words a bank.
class Banks {
 public:
  /// Whether `word` is new.
  bool add(std::uint64_t word) {
    const std::size_t bank = word % bank_count;
    const auto begin = words_[bank].begin(), end = begin + count_[bank];
    if (std::find(begin, end, word) != end) return false;
    words_[bank][count_[bank]++] = word;
    return true;
  }
  std::uint32_t deepest() const { return *std::max_element(count_.begin(), count_.end()); }

 private:
  std::array<std::uint8_t, bank_count> count_ = {};
  std::array<std::array<std::uint64_t, warp_lanes>, bank_count> words_;
};

template <class F>
void for_each_lane(std::uint32_t lanes, F&& f) {
  for (; lanes != 0; lanes &= lanes - 1) f(static_cast<std::uint32_t>(std::countr_zero(lanes)));
}

}  // namespace

bool Request::contiguous() const {
  const std::uint32_t run = active >> std::countr_zero(active);
  if ((run & (run + 1)) != 0) return false;
  // Inactive lanes usually follow the pattern too, so that a plain loop over all of them decides.
  std::uint64_t off = 0;
  for (std::uint32_t lane = 1; lane < warp_lanes; ++lane)
    off |= (address[lane] - address[lane - 1]) ^ size;
  if (off == 0) return true;
  const std::uint32_t first = first_lane();
  bool follows = true;
  for_each_lane(active, [&](std::uint32_t lane) {
    follows &= address[lane] == address[first] + std::uint64_t{lane - first} * size;
  });
  return follows;
}

bool Request::uniform() const {
  const std::uint64_t first = address[first_lane()];
  bool same = true;
  for_each_lane(active, [&](std::uint32_t lane) { same &= address[lane] == first; });
  return same;
}

Footprint footprint(const Request& request) {
  std::array<std::uint64_t, warp_lanes> sorted;
  std::size_t count = 0;
  for_each_lane(request.active,
                [&](std::uint32_t lane) { sorted[count++] = request.address[lane]; });
  const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(count);
  if (!std::is_sorted(sorted.begin(), end)) std::sort(sorted.begin(), end);

  Footprint result;
  std::uint64_t next_byte = 0;    // all bytes below have been counted
  std::uint64_t next_sector = 0;  // and all sectors below
  for (std::size_t k = 0; k < count; ++k) {
    const std::uint64_t first = sorted[k], last = first + request.size - 1;
    if (last >= next_byte) {
      result.distinct_bytes += last - std::max(first, next_byte) + 1;
      next_byte = last + 1;
    }
    const std::uint64_t last_sector = last / sector_bytes;
    if (last_sector >= next_sector) {
      result.sectors += last_sector - std::max(first / sector_bytes, next_sector) + 1;
      next_sector = last_sector + 1;
    }
  }
  return result;
}

std::uint32_t shared_wavefronts(const Request& request) {
  const std::uint32_t lanes_a_group =
      std::min(warp_lanes, wavefront_bytes / std::max(request.size, bank_bytes));
  const std::uint32_t group_mask =
      lanes_a_group == warp_lanes ? all_lanes : (1u << lanes_a_group) - 1;
  Banks fetched;
  std::uint32_t wavefronts = 0;
  for (std::uint32_t start = 0; start < warp_lanes; start += lanes_a_group) {
    Banks group;
    bool any_new = false;
    for_each_lane(request.active & (group_mask << start), [&](std::uint32_t lane) {
      const std::uint64_t first = request.address[lane];
      for (std::uint64_t word = first / bank_bytes; word <= (first + request.size - 1) / bank_bytes;
           ++word) {
        group.add(word);
        any_new |= fetched.add(word);
      }
    });
    // Words that an earlier group has fetched are free.
    if (any_new) wavefronts += group.deepest();
  }
  return wavefronts;
}

}  // namespace tegula::sim
