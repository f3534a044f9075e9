#include "runtime/sim/checks/shared_shadow.h"

#include <bit>

namespace tegula::sim {

void SharedShadow::start_launch(std::uint32_t shared_bytes, std::uint32_t cell_bytes,
                                std::size_t warps, bool remote) {
  const auto shift = static_cast<std::uint32_t>(std::countr_zero(cell_bytes));
  const std::size_t count = ((shared_bytes + 15) >> shift) + 1;
  shift_ = shift;
  warps_ = warps;
  // Records of earlier launches are older than any block to come, whatever cells they are in.
  if (cells_.size() < count) cells_.resize(count);
  sets_.clear();
  remote_.assign(remote ? cells_.size() : 0, {});
  remote_cells_.clear();
}

Conflict::Kind SharedShadow::kind_of(Record earlier, Conflict::Kind otherwise) {
  switch (earlier.agent()) {
    case arriving_agent:
      return Conflict::Kind::arriving;
    case reading_agent:
      return Conflict::Kind::being_read;
    case mbarrier_agent:
      return Conflict::Kind::holds_barrier;
    default:
      return otherwise;
  }
}

std::optional<Conflict> SharedShadow::read(const Accessor& who, const Request& request) {
  const Clock& clock = *who.clock;
  const Record base(clocks_->now(), who.atomic, who.warp, 0, who.pc);
  std::optional<Conflict> first;
  for_each_cell(request, [&](Cell& cell, std::uint32_t lane) {
    const Record mine = base.with_lane(lane), earlier = cell.write;
    if (cell.read.known_to(clock))
      cell.read = mine;
    else
      note_read(cell, who, mine);
    if (earlier.known_to(clock) && !stale(earlier)) [[likely]]
      return;
    if (first || (earlier.same_lane(mine) && !stale(earlier)) ||
        (who.atomic && earlier.atomic() && !stale(earlier)))
      return;
    const Conflict::Kind kind =
        stale(earlier) ? Conflict::Kind::unwritten : kind_of(earlier, Conflict::Kind::after_write);
    first = Conflict{kind, earlier, lane, position_of(cell)};
  });
  return first;
}

std::optional<Conflict> SharedShadow::read_remotely(const RemoteReader& who, const Clock& known,
                                                    const Request& request) {
  std::optional<Conflict> first;
  for_each_cell(request, [&](Cell& cell, std::uint32_t lane) {
    const Record written = cell.write;
    if (!first && (stale(written) || !written.known_to(known))) {
      const Conflict::Kind kind = stale(written) ? Conflict::Kind::unwritten
                                                 : kind_of(written, Conflict::Kind::after_write);
      first = Conflict{kind, written, lane, position_of(cell)};
    }
    RemoteRead& last = remote_[number_of(cell)];
    if (last.until == 0) remote_cells_.push_back(number_of(cell));
    if (last.until >= who.until) return;
    last = {Record(0, false, who.warp, lane, who.pc), who.rank, who.until};
    if (last_remote_.until >= who.until) return;
    last_remote_ = last;
    last_remote_cell_ = number_of(cell);
  });
  return first;
}

std::optional<Conflict> SharedShadow::look_at_remote(const Accessor& who, const Request& request) {
  std::optional<Conflict> first;
  for_each_cell(request, [&](Cell& cell, std::uint32_t lane) {
    const RemoteRead& read = remote_[number_of(cell)];
    if (!first && read.until > who.cluster_waits)
      first =
          Conflict{Conflict::Kind::after_remote, read.record, lane, position_of(cell), read.rank};
  });
  return first;
}

std::optional<Conflict> SharedShadow::remote_read_after(std::uint32_t waits) const {
  if (last_remote_.until <= waits) return std::nullopt;
  return Conflict{Conflict::Kind::after_remote, last_remote_.record, 0, last_remote_cell_ << shift_,
                  last_remote_.rank};
}

void SharedShadow::note_read(Cell& cell, const Accessor& who, Record mine) {
  const Record earlier = cell.read;
  if (earlier.agent() == who.warp)
    cell.read = earlier.lane() == mine.lane() ? mine : mine.with_lane(Record::several_lanes);
  else if (earlier.agent() != reading_agent)
    list_reader(cell, who, mine);
}

std::uint32_t SharedShadow::new_set() {
  if (free_sets_.empty()) {
    sets_.resize(sets_.size() + warps_);
    return static_cast<std::uint32_t>(sets_.size() / warps_ - 1);
  }
  const std::uint32_t set = free_sets_.back();
  free_sets_.pop_back();
  std::fill_n(sets_.begin() + static_cast<std::ptrdiff_t>(set * warps_), warps_, Record());
  return set;
}

void SharedShadow::list_reader(Cell& cell, const Accessor& who, Record mine) {
  if (cell.read.agent() != several_agent) {
    const std::uint32_t set = new_set();
    sets_[set * warps_ + cell.read.agent()] = cell.read;
    cell.read = Record(mine.time(), false, several_agent, 0, set);
  }
  Record& slot = sets_[cell.read.pc() * warps_ + who.warp];
  const bool alone = slot.known_to(*who.clock) || slot.lane() == mine.lane();
  slot = alone ? mine : mine.with_lane(Record::several_lanes);
}

std::optional<Record> SharedShadow::unordered_read(const Cell& cell, const Clock& clock,
                                                   Record mine) const {
  const auto conflicts = [&](Record r) {
    return !r.known_to(clock) && !r.same_lane(mine) && !(r.atomic() && mine.atomic());
  };
  if (!conflicts(cell.read)) return std::nullopt;
  if (cell.read.agent() != several_agent) return cell.read;
  for (std::size_t w = 0; w < warps_; ++w) {
    const Record r = sets_[cell.read.pc() * warps_ + w];
    if (conflicts(r)) return r;
  }
  return std::nullopt;
}

std::optional<Conflict> SharedShadow::start_arriving(const Accessor& who, std::uint32_t lane,
                                                     std::uint32_t address, std::uint32_t bytes) {
  Request request;
  request.active = 1u << lane;
  request.address[lane] = address;
  request.size = bytes;
  const auto found =
      write(who, request, [](std::uint32_t, std::uint32_t, Record) { return false; });
  arrive(address, bytes, Record(clocks_->now(), false, arriving_agent, lane, who.pc));
  return found;
}

void SharedShadow::arrive(std::uint32_t address, std::uint32_t bytes, Record as) {
  for_cells(address, bytes, [&](Cell& cell) {
    forget_reads(cell);
    cell.write = as;
  });
}

std::optional<Conflict> SharedShadow::start_reading(const Accessor& who, const Clock& proxied,
                                                    std::uint32_t lane, std::uint32_t address,
                                                    std::uint32_t bytes) {
  Request request;
  request.active = 1u << lane;
  request.address[lane] = address;
  request.size = bytes;
  const auto found = read(who, request);
  if (found) return found;
  const Record mark(clocks_->now(), false, reading_agent, lane, who.pc);
  std::optional<Conflict> first;
  for_cells(address, bytes, [&](Cell& cell) {
    forget_reads(cell);
    cell.read = mark;
    if (!first && !cell.write.known_to(proxied))
      first = Conflict{Conflict::Kind::unfenced, cell.write, lane, position_of(cell)};
  });
  return first;
}

void SharedShadow::finish_reading(std::uint32_t address, std::uint32_t bytes, Record as) {
  for_cells(address, bytes, [&](Cell& cell) {
    forget_reads(cell);
    cell.read = as;
  });
}

std::optional<Conflict> SharedShadow::claim(const Accessor& who, std::uint32_t lane,
                                            std::uint32_t address) {
  const auto found = start_arriving(who, lane, address, 8);
  arrive(address, 8, Record(clocks_->now(), false, mbarrier_agent, lane, who.pc));
  return found;
}

}  // namespace tegula::sim
