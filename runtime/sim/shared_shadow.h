// A record of the last accesses to every cell of a block's shared memory: finds races, reads of
// what was never written, and accesses to what an asynchronous copy has still to read or to write.
#pragma once

#include <optional>
#include <vector>

#include "runtime/sim/clocks.h"
#include "runtime/sim/coalescing.h"

namespace tegula::sim {

/// Who makes a request.
struct Accessor {
  std::uint32_t warp = 0;
  std::uint32_t pc = 0;
  bool atomic = false;
  const Clock* clock = nullptr;  ///< what the warp knows
};

struct Conflict {
  enum class Kind : std::uint8_t {
    after_write,    ///< not ordered after a write
    after_read,     ///< a write, not ordered after a read
    unwritten,      ///< nobody has written there
    arriving,       ///< a copy has still to write there
    being_read,     ///< a bulk store has still to read there
    holds_barrier,  ///< an mbarrier lives there
    unfenced,       ///< a bulk store, of what was written without a proxy fence after it
  };
  Kind kind = Kind::after_write;
  Record other;                ///< the earlier access, where there is one
  std::uint32_t lane = 0;      ///< of the request
  std::uint32_t position = 0;  ///< the first byte of the cell
};

class SharedShadow {
 public:
  /// Cells of `cell_bytes`, a power of two that divides every write's address and size, so that two
  /// writes to one cell are writes to the same bytes.
  void start_launch(std::uint32_t shared_bytes, std::uint32_t cell_bytes, std::size_t warps);
  void start_block(const Clocks& clocks) {
    clocks_ = &clocks;
    sets_.clear();
    free_sets_.clear();
  }
  /// Forgets everything, for when times start anew.
  void forget() { cells_.assign(cells_.size(), Cell{}); }

  /// The requests' bytes are inside shared memory. The first conflict; all other cells are recorded
  /// nevertheless. `benign` is asked about two writes to a cell that are not ordered.
  std::optional<Conflict> read(const Accessor& who, const Request& request);
  template <class Benign>
  std::optional<Conflict> write(const Accessor& who, const Request& request, Benign&& benign);

  /// One lane's bytes, for asynchronous copies: from the issue to the landing nobody may touch
  /// them.
  std::optional<Conflict> start_arriving(const Accessor& who, std::uint32_t lane,
                                         std::uint32_t address, std::uint32_t bytes);
  void arrive(std::uint32_t address, std::uint32_t bytes, Record as);
  /// `proxied`: what the issuer knows that bulk copies may see.
  std::optional<Conflict> start_reading(const Accessor& who, const Clock& proxied,
                                        std::uint32_t lane, std::uint32_t address,
                                        std::uint32_t bytes);
  void finish_reading(std::uint32_t address, std::uint32_t bytes, Record as);
  /// An mbarrier is made, or is gone.
  std::optional<Conflict> claim(const Accessor& who, std::uint32_t lane, std::uint32_t address);
  void unclaim(std::uint32_t address, Record as) { arrive(address, 8, as); }

 private:
  struct Cell {
    Record write, read;
  };

  template <class F>
  void for_each_cell(const Request& request, F&& f);
  template <class F>
  void for_cells(std::uint64_t address, std::uint32_t bytes, F&& f);
  std::uint32_t position_of(const Cell& cell) const {
    return static_cast<std::uint32_t>((&cell - cells_.data()) << shift_);
  }
  /// What is behind a cell that the writer does not know all of.
  template <class Benign>
  std::optional<Conflict> look_at_write(Cell& cell, const Accessor& who, Record mine,
                                        Benign&& benign);
  bool stale(Record r) const { return r.time() <= clocks_->base(); }
  /// Records a read; cold where several warps read without order between them.
  void note_read(Cell& cell, const Accessor& who, Record mine);
  void forget_reads(Cell& cell) {
    if (cell.read.agent() == several_agent && !stale(cell.read))
      free_sets_.push_back(cell.read.pc());
    cell.read = Record();
  }
  std::uint32_t new_set();
  void list_reader(Cell& cell, const Accessor& who, Record mine);
  /// Some read of the cell that does not come before the write `mine`.
  std::optional<Record> unordered_read(const Cell& cell, const Clock& clock, Record mine) const;
  static Conflict::Kind kind_of(Record earlier, Conflict::Kind otherwise);

  const Clocks* clocks_ = nullptr;
  std::uint32_t shift_ = 2;
  std::size_t warps_ = 1;
  std::vector<Cell> cells_;
  std::vector<Record> sets_;  ///< the readers of cells that several warps read, warps_ each
  std::vector<std::uint32_t> free_sets_;
};

template <class F>
void SharedShadow::for_cells(std::uint64_t address, std::uint32_t bytes, F&& f) {
  for (std::uint64_t c = address >> shift_; c <= (address + bytes - 1) >> shift_; ++c) f(cells_[c]);
}

template <class F>
void SharedShadow::for_each_cell(const Request& request, F&& f) {
  Cell* const cells = cells_.data();
  for (std::uint32_t lanes = request.active; lanes != 0; lanes &= lanes - 1) {
    const auto lane = static_cast<std::uint32_t>(__builtin_ctz(lanes));
    const std::uint64_t address = request.address[lane];
    const std::uint64_t last = (address + request.size - 1) >> shift_;
    for (std::uint64_t c = address >> shift_; c <= last; ++c) f(cells[c], lane);
  }
}

template <class Benign>
std::optional<Conflict> SharedShadow::write(const Accessor& who, const Request& request,
                                            Benign&& benign) {
  const Clock& clock = *who.clock;
  const Record base(clocks_->now(), who.atomic, who.warp, 0, who.pc);
  std::optional<Conflict> first;
  for_each_cell(request, [&](Cell& cell, std::uint32_t lane) {
    const Record mine = base.with_lane(lane);
    if (!cell.write.known_to(clock) || !cell.read.known_to(clock)) [[unlikely]] {
      const auto found = look_at_write(cell, who, mine, benign);
      if (found && !first) first = found;
    }
    cell = {mine, Record()};
  });
  return first;
}

template <class Benign>
std::optional<Conflict> SharedShadow::look_at_write(Cell& cell, const Accessor& who, Record mine,
                                                    Benign&& benign) {
  const Clock& clock = *who.clock;
  const Record earlier = cell.write;
  const std::uint32_t position = position_of(cell);
  std::optional<Conflict> found;
  if (!earlier.known_to(clock) && !earlier.same_lane(mine) && !(who.atomic && earlier.atomic())) {
    const Conflict::Kind kind = kind_of(earlier, Conflict::Kind::after_write);
    if (kind != Conflict::Kind::after_write || !benign(mine.lane(), position, earlier))
      found = Conflict{kind, earlier, mine.lane(), position};
  }
  const auto reader = unordered_read(cell, clock, mine);
  if (reader && !found)
    found = Conflict{kind_of(*reader, Conflict::Kind::after_read), *reader, mine.lane(), position};
  forget_reads(cell);
  return found;
}

}  // namespace tegula::sim
