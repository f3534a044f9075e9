// A record of the last write and the last read of every cell of the tensors that a kernel may
// write: finds races between blocks and within one, and reads of what was never written. Blocks on
// several host threads share it. Tensors that are only read have no records, so inputs cost
// nothing.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "runtime/sim/checks/block_clocks.h"
#include "runtime/sim/checks/coalescing.h"
#include "tegula/device_interface.h"

namespace tegula::sim {

/// Zeroed memory of the operating system's that takes up room only where it is touched.
class ZeroPages {
 public:
  ZeroPages() = default;
  ZeroPages(const ZeroPages&) = delete;
  ZeroPages& operator=(const ZeroPages&) = delete;
  ~ZeroPages();
  /// At least `bytes` bytes. If the memory held was large enough it is kept as it is, else all
  /// bytes are zero. Null if there is not enough memory.
  std::byte* reserve(std::size_t bytes);
  void clear();

 private:
  std::byte* pages_ = nullptr;
  std::size_t bytes_ = 0;
};

struct GlobalConflict {
  enum class Kind : std::uint8_t { after_write, after_read, unwritten };
  Kind kind = Kind::after_write;
  BlockTag block = 0;  ///< whose earlier access it was
  Record other;
  std::uint32_t lane = 0;
  std::uint64_t address = 0;  ///< of the cell
};

/// One block's access. `block`: its tag; `wide`: an atomic of gpu scope or wider.
struct GlobalAccessor {
  BlockTag block = 0;
  std::uint32_t warp = 0;
  std::uint32_t pc = 0;
  bool atomic = false;
  bool wide = false;
  Time now = 0;
  const Clock* clock = nullptr;
  const BlockClocks::Known* known = nullptr;  ///< of other blocks; null if the kernel orders none
};

class GlobalShadow {
 public:
  /// Writable memory beyond this many bytes is not checked: a cell's records take 16 bytes for
  /// writes, and 16 for reads where there are any.
  static constexpr std::uint64_t most_bytes = std::uint64_t{1} << 29;

  /// Cells have `cell_bytes`, a power of two that divides every write's address and size. The tags
  /// of this launch's blocks begin at first_tag().
  void start_launch(std::span<const ArgumentRange> arguments, std::uint32_t cell_bytes,
                    std::uint64_t blocks);
  BlockTag first_tag() const { return first_tag_; }
  bool watches_anything() const { return !groups_.empty(); }

  std::optional<GlobalConflict> read(const GlobalAccessor& who, const Request& request);
  /// `benign(conflict)` decides about two writes that are not ordered.
  template <class Benign>
  std::optional<GlobalConflict> write(const GlobalAccessor& who, const Request& request,
                                      Benign&& benign);

 private:
  struct Cell {
    std::uint64_t when = 0;  ///< tag << 32 | time
    std::uint64_t who = 0;   ///< a Record, its time 1 if it is a wide atomic
  };
  /// Arguments that share memory share records.
  struct Group {
    std::uint64_t begin = 0, end = 0;
    Cell* writes = nullptr;
    Cell* reads = nullptr;
    bool undefined = false;  ///< nothing has been written before the launch
    std::unique_ptr<std::atomic<bool>> was_read;
  };

  Group* find(std::uint64_t address, std::uint64_t size) {
    for (Group& g : groups_)
      if (address >= g.begin && address < g.end && size <= g.end - address) return &g;
    return nullptr;
  }
  static std::uint64_t load(const std::uint64_t& word) {
    return __atomic_load_n(&word, __ATOMIC_RELAXED);
  }
  static void store(Cell& cell, std::uint64_t when, std::uint64_t who) {
    __atomic_store_n(&cell.who, who, __ATOMIC_RELAXED);
    __atomic_store_n(&cell.when, when, __ATOMIC_RELAXED);
  }
  static std::uint64_t word_of(const GlobalAccessor& who, std::uint32_t lane) {
    return Record(who.wide ? 1 : 0, who.atomic, who.warp, lane, who.pc).bits();
  }
  /// Whether the earlier access belongs to this launch and is not ordered before this one.
  bool conflicts(std::uint64_t when, const Cell& cell, const GlobalAccessor& who,
                 std::uint32_t lane) const;
  template <class F>
  void for_each_cell(const Request& request, F&& f);
  std::uint64_t address(const Group& group, std::uint64_t cell) const {
    return ((group.begin >> shift_) + cell) << shift_;
  }
  static GlobalConflict conflict(GlobalConflict::Kind kind, std::uint64_t when, const Cell& cell,
                                 std::uint32_t lane, std::uint64_t address) {
    return {kind, static_cast<BlockTag>(when >> 32), Record(load(cell.who)), lane, address};
  }

  std::uint32_t shift_ = 2;
  BlockTag first_tag_ = 1, next_tag_ = 1;
  ZeroPages write_pages_, read_pages_;
  std::vector<Group> groups_;
};

template <class F>
void GlobalShadow::for_each_cell(const Request& request, F&& f) {
  Group* group = nullptr;
  std::uint64_t origin = 0;
  for (std::uint32_t lanes = request.active; lanes != 0; lanes &= lanes - 1) {
    const auto lane = static_cast<std::uint32_t>(__builtin_ctz(lanes));
    const std::uint64_t begin = request.address[lane], end = begin + request.size;
    if (group == nullptr || begin < group->begin || end > group->end) {
      group = find(begin, request.size);
      if (group == nullptr) continue;
      origin = group->begin >> shift_;
    }
    const std::uint64_t last = (end - 1) >> shift_;
    for (std::uint64_t c = begin >> shift_; c <= last; ++c) f(*group, c - origin, lane);
  }
}

template <class Benign>
std::optional<GlobalConflict> GlobalShadow::write(const GlobalAccessor& who, const Request& request,
                                                  Benign&& benign) {
  const std::uint64_t now = std::uint64_t{who.block} << 32 | who.now;
  const std::uint64_t old = std::uint64_t{first_tag_} << 32;
  const std::uint64_t mine = word_of(who, 0);
  std::optional<GlobalConflict> first;
  for_each_cell(request, [&](Group& group, std::uint64_t at, std::uint32_t lane) {
    Cell& write = group.writes[at];
    const std::uint64_t when = load(write.when);
    if (when >= old && !first && conflicts(when, write, who, lane)) {
      first = conflict(GlobalConflict::Kind::after_write, when, write, lane, address(group, at));
      if (benign(*first)) first.reset();
    }
    if (group.was_read->load(std::memory_order_relaxed) && !first) {
      const Cell& read = group.reads[at];
      const std::uint64_t read_when = load(read.when);
      if (read_when >= old && conflicts(read_when, read, who, lane))
        first =
            conflict(GlobalConflict::Kind::after_read, read_when, read, lane, address(group, at));
    }
    store(write, now, mine | std::uint64_t{lane} << 20);
  });
  return first;
}

}  // namespace tegula::sim
