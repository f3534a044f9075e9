// A record of the last accesses to every cell of a block's shared memory: finds races, reads of
// what was never written, and accesses to bytes that an asynchronous copy has yet to read or write.
#pragma once

#include <optional>
#include <vector>

#include "runtime/sim/checks/clocks.h"
#include "runtime/sim/checks/coalescing.h"

namespace tegula::sim {

/// Who makes a request.
struct Accessor {
  std::uint32_t warp = 0;
  std::uint32_t pc = 0;
  bool atomic = false;
  const Clock* clock = nullptr;     ///< what the warp knows
  std::uint32_t cluster_waits = 0;  ///< how often it has waited at its cluster's barrier
};

/// Who reads another block's memory.
struct RemoteReader {
  std::uint32_t rank = 0;  ///< of its block
  std::uint32_t warp = 0;
  std::uint32_t pc = 0;
  /// The memory may change once its block has waited this often at the cluster's barrier.
  std::uint32_t until = 0;
};

struct Conflict {
  enum class Kind : std::uint8_t {
    after_write,    ///< not ordered after a write
    after_read,     ///< a write, not ordered after a read
    after_remote,   ///< a write, not ordered after a read by the cluster's block of `rank`
    unwritten,      ///< nobody has written there
    arriving,       ///< a copy has yet to write there
    being_read,     ///< a bulk store has yet to read there
    holds_barrier,  ///< an mbarrier lives there
    unfenced,       ///< a bulk store of bytes that no proxy fence followed after they were written
  };
  Kind kind = Kind::after_write;
  Record other;                ///< the earlier access, where there is one
  std::uint32_t lane = 0;      ///< of the request
  std::uint32_t position = 0;  ///< the first byte of the cell
  std::uint32_t rank = 0;      ///< after_remote: of the reader's block
};

class SharedShadow {
 public:
  /// Cells of `cell_bytes`, a power of two that divides every write's address and size, so that two
  /// writes to one cell are writes to the same bytes.
  /// `remote`: other blocks read it.
  void start_launch(std::uint32_t shared_bytes, std::uint32_t cell_bytes, std::size_t warps,
                    bool remote);
  void start_block(const Clocks& clocks) {
    clocks_ = &clocks;
    for (const std::uint32_t cell : remote_cells_) remote_[cell] = {};
    remote_cells_.clear();
    last_remote_ = {};
    sets_.clear();
    free_sets_.clear();
  }
  /// Forgets everything, for when times start anew.
  void forget() { cells_.assign(cells_.size(), Cell{}); }

  /// Returns the first conflict; all other cells are recorded nevertheless. The request's bytes
  /// must be inside shared memory. `benign` decides about two writes to a cell that are not
  /// ordered.
  std::optional<Conflict> read(const Accessor& who, const Request& request);
  template <class Benign>
  std::optional<Conflict> write(const Accessor& who, const Request& request, Benign&& benign);

  /// `known`: what the reader knows of this block's accesses.
  std::optional<Conflict> read_remotely(const RemoteReader& who, const Clock& known,
                                        const Request& request);
  /// The remote read that keeps the block from ending longest, if the block may not end yet after
  /// `waits` waits at the cluster's barrier.
  std::optional<Conflict> remote_read_after(std::uint32_t waits) const;

  /// One lane's bytes of an asynchronous copy: from the issue to the landing nobody may touch them.
  std::optional<Conflict> start_arriving(const Accessor& who, std::uint32_t lane,
                                         std::uint32_t address, std::uint32_t bytes);
  void arrive(std::uint32_t address, std::uint32_t bytes, Record as);
  /// `proxied`: what the issuer knows that bulk copies may see.
  std::optional<Conflict> start_reading(const Accessor& who, const Clock& proxied,
                                        std::uint32_t lane, std::uint32_t address,
                                        std::uint32_t bytes);
  void finish_reading(std::uint32_t address, std::uint32_t bytes, Record as);
  /// An mbarrier is made there, or invalidated.
  std::optional<Conflict> claim(const Accessor& who, std::uint32_t lane, std::uint32_t address);
  void unclaim(std::uint32_t address, Record as) { arrive(address, 8, as); }

 private:
  struct Cell {
    Record write, read;
  };
  /// The remote read of a cell that writes have to wait for longest.
  struct RemoteRead {
    Record record;
    std::uint32_t rank = 0;
    std::uint32_t until = 0;  ///< 0: there is none
  };

  template <class F>
  void for_each_cell(const Request& request, F&& f);
  template <class F>
  void for_cells(std::uint64_t address, std::uint32_t bytes, F&& f);
  std::uint32_t number_of(const Cell& cell) const {
    return static_cast<std::uint32_t>(&cell - cells_.data());
  }
  /// Checks that the remote reads of the bytes come before this write.
  std::optional<Conflict> look_at_remote(const Accessor& who, const Request& request);
  std::uint32_t position_of(const Cell& cell) const {
    return static_cast<std::uint32_t>((&cell - cells_.data()) << shift_);
  }
  /// The conflict of a write with a cell whose accesses the writer does not all know of.
  template <class Benign>
  std::optional<Conflict> look_at_write(Cell& cell, const Accessor& who, Record mine,
                                        Benign&& benign);
  bool stale(Record r) const { return r.time() <= clocks_->base(); }
  /// Records a read; slow only where several warps read without order between them.
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
  std::vector<RemoteRead> remote_;           ///< by cell; empty where no other block reads
  std::vector<std::uint32_t> remote_cells_;  ///< that have one
  RemoteRead last_remote_;                   ///< of all cells
  std::uint32_t last_remote_cell_ = 0;
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
  if (!remote_cells_.empty() && !first) first = look_at_remote(who, request);
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
