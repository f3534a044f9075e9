#include "runtime/sim/checks/argument_ranges.h"

#include <fmt/format.h>

#include <algorithm>

namespace tegula::sim {
namespace {

/// Farther away than this, naming a tensor would mislead.
constexpr std::uint64_t near_bytes = std::uint64_t{1} << 32;

std::uint64_t distance(const ArgumentRange& r, std::uint64_t address) {
  if (address < r.begin) return r.begin - address;
  return address < r.end ? 0 : address - r.end;
}

const char* verb(const GlobalAccess& a) { return a.is_store ? "store" : "load"; }
const char* bytes_word(std::uint64_t n) { return n == 1 ? "byte" : "bytes"; }

std::string offset_text(const ArgumentRange& r, std::uint64_t address) {
  return address >= r.begin ? fmt::format("{}+{}", r.name, address - r.begin)
                            : fmt::format("{}-{}", r.name, r.begin - address);
}

}  // namespace

ArgumentRanges::ArgumentRanges(std::span<const ArgumentRange> arguments)
    : ranges_(arguments), alone_(arguments.size(), true) {
  for (std::size_t a = 0; a < ranges_.size(); ++a)
    for (std::size_t b = 0; b < ranges_.size(); ++b)
      if (a != b && ranges_[a].begin < ranges_[b].end && ranges_[b].begin < ranges_[a].end)
        alone_[a] = false;
}

std::optional<std::size_t> ArgumentRanges::search(const GlobalAccess& access) const {
  std::optional<std::size_t> second_choice;
  for (std::size_t k = 0; k < ranges_.size(); ++k) {
    if (!allows(ranges_[k], access)) continue;
    if (ranges_[k].writable == access.is_store) return k;
    if (!second_choice) second_choice = k;
  }
  return second_choice;
}

const ArgumentRange* ArgumentRanges::nearest(std::uint64_t address) const {
  const ArgumentRange* best = nullptr;
  for (const ArgumentRange& r : ranges_)
    if (best == nullptr || distance(r, address) < distance(*best, address)) best = &r;
  return best != nullptr && distance(*best, address) < near_bytes ? best : nullptr;
}

std::string ArgumentRanges::name_address(std::uint64_t address) const {
  const ArgumentRange* r = nearest(address);
  return r != nullptr ? offset_text(*r, address) : fmt::format("address {:#x}", address);
}

std::string ArgumentRanges::describe_overlap(std::uint64_t address) const {
  const ArgumentRange* first = nullptr;
  for (const ArgumentRange& r : ranges_) {
    if (address < r.begin || address >= r.end) continue;
    if (first != nullptr && (first->writable || r.writable)) {
      const std::uint64_t begin = std::max(first->begin, r.begin),
                          end = std::min(first->end, r.end);
      return fmt::format("; {} and {} overlap: {} {} from {} and {}", first->name, r.name,
                         end - begin, bytes_word(end - begin), offset_text(*first, begin),
                         offset_text(r, begin));
    }
    if (first == nullptr) first = &r;
  }
  return {};
}

std::string ArgumentRanges::describe_miss(const GlobalAccess& access) const {
  const std::string start = fmt::format("{} of {} {} at {}", verb(access), access.size,
                                        bytes_word(access.size), name_address(access.address));
  const ArgumentRange* r = nearest(access.address);
  if (r == nullptr) return start + ", near no tensor argument";
  const std::uint64_t bytes = r->end - r->begin;
  if (holds(*r, access)) return fmt::format("{}, a tensor that the kernel only reads", start);
  std::string miss;
  if (access.address < r->begin)
    miss = fmt::format("{} {} before its start", r->begin - access.address,
                       bytes_word(r->begin - access.address));
  else if (access.address >= r->end)
    miss = fmt::format("{} {} past its end", access.address - r->end,
                       bytes_word(access.address - r->end));
  else
    miss = fmt::format("reaching {} {} past its end", access.address + access.size - r->end,
                       bytes_word(access.address + access.size - r->end));
  return fmt::format("{}, {} (tensor of {} {})", start, miss, bytes, bytes_word(bytes));
}

}  // namespace tegula::sim
