#include "runtime/sim/checks/global_shadow.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <limits>

namespace tegula::sim {

ZeroPages::~ZeroPages() {
  if (pages_ != nullptr) munmap(pages_, bytes_);
}

std::byte* ZeroPages::reserve(std::size_t bytes) {
  if (bytes <= bytes_) return pages_;
  if (pages_ != nullptr) munmap(pages_, bytes_);
  void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  pages_ = mapped == MAP_FAILED ? nullptr : static_cast<std::byte*>(mapped);
  bytes_ = pages_ == nullptr ? 0 : bytes;
  return pages_;
}

void ZeroPages::clear() {
  if (pages_ != nullptr) madvise(pages_, bytes_, MADV_DONTNEED);
}

void GlobalShadow::start_launch(std::span<const ArgumentRange> arguments, std::uint32_t cell_bytes,
                                std::uint64_t blocks) {
  shift_ = static_cast<std::uint32_t>(std::countr_zero(cell_bytes));
  groups_.clear();
  std::vector<ArgumentRange> written;
  for (const ArgumentRange& a : arguments)
    if (a.writable && a.end > a.begin) written.push_back(a);
  std::sort(written.begin(), written.end(),
            [](const ArgumentRange& a, const ArgumentRange& b) { return a.begin < b.begin; });
  std::uint64_t cells = 0, bytes = 0;
  for (const ArgumentRange& a : written) {
    // Neighbours in one cell share a group, too.
    if (!groups_.empty() && a.begin >> shift_ <= (groups_.back().end - 1) >> shift_) {
      groups_.back().end = std::max<std::uint64_t>(groups_.back().end, a.end);
      groups_.back().undefined &= a.undefined;
    } else if (bytes + (a.end - a.begin) <= most_bytes) {
      groups_.push_back({a.begin, a.end, nullptr, nullptr, a.undefined,
                         std::make_unique<std::atomic<bool>>(false)});
    } else {
      continue;
    }
    bytes += a.end - a.begin;
  }
  if (bytes > most_bytes) groups_.clear();

  std::vector<std::uint64_t> starts;
  for (const Group& g : groups_) {
    starts.push_back(cells);
    cells += ((g.end - 1) >> shift_) - (g.begin >> shift_) + 1;
  }
  auto* writes = reinterpret_cast<Cell*>(write_pages_.reserve(cells * sizeof(Cell)));
  auto* reads = reinterpret_cast<Cell*>(read_pages_.reserve(cells * sizeof(Cell)));
  if (writes == nullptr || reads == nullptr) groups_.clear();
  for (std::size_t k = 0; k < groups_.size(); ++k) {
    groups_[k].writes = writes + starts[k];
    groups_[k].reads = reads + starts[k];
  }

  if (blocks >= std::numeric_limits<BlockTag>::max() - next_tag_) {
    write_pages_.clear();
    read_pages_.clear();
    next_tag_ = 1;
  }
  first_tag_ = next_tag_;
  next_tag_ += static_cast<BlockTag>(blocks);
}

bool GlobalShadow::conflicts(std::uint64_t when, const Cell& cell, const GlobalAccessor& who,
                             std::uint32_t lane) const {
  const auto tag = static_cast<BlockTag>(when >> 32);
  const auto time = static_cast<Time>(when);
  const Record earlier(load(cell.who));
  if (tag == who.block) {
    if (time <= who.clock->known[earlier.agent()]) return false;
    if (who.atomic && earlier.atomic()) return false;
    return !earlier.same_lane(Record(0, false, who.warp, lane, 0));
  }
  const bool earlier_wide = earlier.time() != 0;
  if (who.wide && earlier_wide) return false;
  return who.known == nullptr || !BlockClocks::ordered(tag, time, *who.known);
}

std::optional<GlobalConflict> GlobalShadow::read(const GlobalAccessor& who,
                                                 const Request& request) {
  const std::uint64_t now = std::uint64_t{who.block} << 32 | who.now;
  const std::uint64_t old = std::uint64_t{first_tag_} << 32;
  const std::uint64_t mine = word_of(who, 0);
  std::optional<GlobalConflict> first;
  for_each_cell(request, [&](Group& group, std::uint64_t at, std::uint32_t lane) {
    if (!group.was_read->load(std::memory_order_relaxed)) group.was_read->store(true);
    Cell& write = group.writes[at];
    const std::uint64_t when = load(write.when);
    store(group.reads[at], now, mine | std::uint64_t{lane} << 20);
    if (first) return;
    if (when >= old && conflicts(when, write, who, lane))
      first = conflict(GlobalConflict::Kind::after_write, when, write, lane, address(group, at));
    else if (when < old && group.undefined)
      first = conflict(GlobalConflict::Kind::unwritten, 0, write, lane, address(group, at));
  });
  return first;
}

}  // namespace tegula::sim
