#include "compiler/layout/shuffle.h"

#include <algorithm>
#include <bit>
#include <set>
#include <utility>

#include "compiler/layout/conversion.h"
#include "compiler/layout/subspace.h"

namespace tegula::layout {
namespace {

using Vectors = std::vector<uint64_t>;

constexpr uint64_t lane_mask = (1 << lane_bits) - 1;

// Whether the vector is a single bit that no other column of the layout has.
bool is_private(const Distributed& layout, uint64_t vector) {
  int users = 0;
  for (uint64_t column : layout.map().columns()) users += (column & vector) != 0;
  return std::has_single_bit(vector) && users == 1;
}

// The register bits of a layout that make no copies, split into those within words and the others.
struct Words {
  std::vector<uint32_t> within, outside;  // register numbers of single bits
  Vectors vectors;                        // the columns of `outside`

  Words(const Distributed& layout, const Vectors& packed) : within(packed.size()) {
    for (size_t bit = 0; bit < layout.register_columns().size(); ++bit) {
      if ((layout.replicated_registers() >> bit & 1) != 0) continue;
      const uint64_t column = layout.register_columns()[bit];
      const auto at = std::ranges::find(packed, column);
      if (at != packed.end()) {
        within[at - packed.begin()] = 1u << bit;
      } else {
        outside.push_back(1u << bit);
        vectors.push_back(column);
      }
    }
  }

  // Index (word * 2^within + position in the word) -> register.
  uint32_t reg(uint32_t index) const {
    uint32_t result = 0;
    for (size_t bit = 0; bit < within.size() + outside.size(); ++bit)
      if ((index >> bit & 1) != 0)
        result ^= bit < within.size() ? within[bit] : outside[bit - within.size()];
    return result;
  }
  uint32_t size() const { return 1u << (within.size() + outside.size()); }
};

Vectors packed_columns(const Distributed& source, const Distributed& target, int element_bytes) {
  Vectors result;
  for (uint32_t column : source.register_columns())
    if (element_bytes << (result.size() + 1) <= 4 && is_private(source, column) &&
        is_private(target, column) &&
        std::ranges::find(target.register_columns(), column) != target.register_columns().end())
      result.push_back(column);
  return result;
}

// A linear function of the thread number, as stages that each add one vector of its image.
std::vector<SelectStage> stages(const Vectors& columns) {
  Vectors basis;
  Subspace span;
  for (uint64_t column : columns)
    if (span.add(column)) basis.push_back(column);
  const LinearMap map(basis, 32);
  std::vector<SelectStage> result;
  for (uint64_t vector : basis) result.push_back({0, static_cast<uint32_t>(vector)});
  for (size_t bit = 0; bit < columns.size(); ++bit)
    for (uint64_t rest = *map.solve(columns[bit]); rest != 0; rest &= rest - 1)
      result[std::countr_zero(rest)].threads |= 1u << bit;
  return result;
}

// The number of selects that the stages take if only the words `needed` are used afterwards.
int count_selects(const std::vector<SelectStage>& stages, std::set<uint32_t> needed) {
  int count = 0;
  for (auto stage = stages.rbegin(); stage != stages.rend(); ++stage) {
    count += static_cast<int>(needed.size());
    std::set<uint32_t> before;
    for (uint32_t word : needed) before.insert({word, word ^ stage->words});
    needed = std::move(before);
  }
  return count;
}

class Planner {
 public:
  Planner(const Distributed& source, const Distributed& target, int element_bytes)
      : source_(source),
        target_(target),
        packed_(packed_columns(source, target, element_bytes)),
        from_(source, packed_),
        to_(target, packed_),
        source_registers_(from_.vectors),
        source_lanes_(source.lane_columns().begin(), source.lane_columns().end()),
        absorbed_(lane_bits, 0) {
    for (uint64_t vector : to_.vectors) wanted_.add(vector);
    for (uint64_t vector : target.lane_columns()) wanted_.add(vector);
  }

  std::optional<ShufflePlan> run() {
    if (!absorb()) return std::nullopt;
    const int rounds = static_cast<int>(to_.vectors.size());
    moved_ = common_complement(Subspace(source_registers_), Subspace(to_.vectors),
                               wanted_.dimension() - rounds, candidates());
    if (static_cast<int>(moved_.size()) < wanted_.dimension() - rounds) return std::nullopt;
    return make();
  }

 private:
  // Uses copies in the source: turns register bits into bits of lanes that only hold copies, so
  // that each copy sends one of the registers, until a round can deliver as much as the target
  // needs.
  bool absorb() {
    const auto excess = [&] {
      Subspace sum = wanted_;
      int outside = 0;
      for (uint64_t vector : source_registers_) outside += sum.add(vector);
      return dimension(source_registers_) - outside - static_cast<int>(to_.vectors.size());
    };
    const auto take = [&](size_t lane, size_t reg) {
      absorbed_[lane] = uint64_t{1} << reg;
      source_lanes_[lane] = std::exchange(source_registers_[reg], 0);
    };
    for (const bool in_place : {true, false})  // first those that the target has in the same lane
      for (size_t lane = 0; lane < lane_bits; ++lane)
        for (size_t reg = 0; reg < source_registers_.size() && source_lanes_[lane] == 0; ++reg) {
          if (excess() <= 0) return true;
          const uint64_t vector = source_registers_[reg];
          if (vector == 0 || !wanted_.contains(vector)) continue;
          if (!in_place || target_.lane_columns()[lane] == vector) take(lane, reg);
        }
    return excess() <= 0;
  }

  static int dimension(const Vectors& vectors) { return Subspace(vectors).dimension(); }

  // Candidates for R, the best first: elements that stay in their lane, lanes in common, and sums
  // that swap a register with a lane.
  Vectors candidates() const {
    Vectors result;
    const auto& to = target_.lane_columns();
    for (size_t lane = 0; lane < lane_bits; ++lane)
      if (source_lanes_[lane] == to[lane]) result.push_back(to[lane]);
    for (uint64_t vector : to)
      if (std::ranges::find(source_lanes_, vector) != source_lanes_.end()) result.push_back(vector);
    for (size_t lane = 0; lane < lane_bits; ++lane)
      if (const uint64_t both = source_lanes_[lane] ^ to[lane]; wanted_.contains(both))
        result.push_back(both);
    result.insert(result.end(), to.begin(), to.end());
    result.insert(result.end(), to_.vectors.begin(), to_.vectors.end());
    return result;
  }

  // The source's position of an element: the register word, and above it the lane.
  uint64_t position_of(uint64_t element) const { return *source_positions_.solve(element); }
  uint64_t word_of(uint64_t element) const {
    return position_of(element) & ((uint64_t{1} << source_registers_.size()) - 1);
  }
  uint64_t lane_of(uint64_t element) const {
    return position_of(element) >> source_registers_.size();
  }

  // The element of R that the source holds in a lane: a left inverse of lane_of on R.
  uint64_t moved_in(uint64_t lane) const {
    const uint64_t solution = *lanes_of_moved_.solve(lane);
    uint64_t result = 0;
    for (size_t i = 0; i < moved_.size(); ++i)
      if ((solution >> i & 1) != 0) result ^= moved_[i];
    return result;
  }

  std::optional<ShufflePlan> make() {
    const int bits = source_.map().out_bits();
    Vectors columns = source_registers_;
    columns.insert(columns.end(), source_lanes_.begin(), source_lanes_.end());
    source_positions_ = LinearMap(columns, bits);

    columns.clear();
    for (uint64_t vector : moved_) columns.push_back(lane_of(vector));
    for (int bit = 0; bit < lane_bits; ++bit) columns.push_back(uint64_t{1} << bit);
    lanes_of_moved_ = LinearMap(columns, lane_bits);

    columns = moved_;
    columns.insert(columns.end(), to_.vectors.begin(), to_.vectors.end());
    const LinearMap target_parts(columns, bits);  // a target element = R's part + register's part

    Vectors send, receive, lanes;  // by thread bit
    for (size_t lane = 0; lane < lane_bits; ++lane) {
      const uint64_t parts = *target_parts.solve(target_.lane_columns()[lane]);
      receive.push_back(parts >> moved_.size());
      uint64_t element = 0;
      for (size_t i = 0; i < moved_.size(); ++i)
        if ((parts >> i & 1) != 0) element ^= moved_[i];
      lanes.push_back(lane_of(element));
      send.push_back(word_of(moved_in(uint64_t{1} << lane)) ^ absorbed_[lane]);
    }
    for (size_t warp = 0; warp < target_.warp_columns().size(); ++warp) {
      // The difference between what the warp needs and what it has.
      const uint64_t apart = target_.warp_columns()[warp] ^ source_.warp_columns()[warp];
      receive.push_back(0);
      lanes.push_back(lane_of(apart));
      send.push_back(word_of(apart ^ moved_in(lane_of(apart))));
    }

    ShufflePlan plan;
    plan.elements_per_word = 1 << packed_.size();
    for (uint32_t k = 0; k < from_.size(); ++k) plan.source_order.push_back(from_.reg(k));
    plan.target_index = target_index();
    plan.send = stages(send);
    plan.receive = stages(receive);
    plan.lanes = LinearMap(lanes, lane_bits);
    const LinearMap registers(to_.vectors, bits);
    for (uint64_t k = 0; k < uint64_t{1} << to_.vectors.size(); ++k) {
      const uint64_t element = registers(k), lane = lane_of(element);
      plan.rounds.push_back({static_cast<uint32_t>(word_of(element ^ moved_in(lane))),
                             static_cast<uint32_t>(lane & lane_mask)});
    }
    return plan;
  }

  // A register that is a copy of a lower one has that one's index.
  std::vector<uint32_t> target_index() const {
    const LinearMap registers = target_.register_map();
    std::vector<uint32_t> index_of(target_.registers(), 0);
    for (uint32_t k = 0; k < to_.size(); ++k) index_of[to_.reg(k)] = k;
    std::vector<uint32_t> result;
    for (int r = 0; r < target_.registers(); ++r)
      result.push_back(index_of[*registers.solve(registers(r))]);
    return result;
  }

  const Distributed &source_, &target_;
  Vectors packed_;
  Words from_, to_;
  Vectors source_registers_, source_lanes_;  // after absorb(); 0: absorbed
  Vectors absorbed_;                         // by lane bit: the register word bit that it selects
  Subspace wanted_;                          // what the lanes of a warp need
  Vectors moved_;                            // R
  LinearMap source_positions_, lanes_of_moved_;
};

bool stays(const ShufflePlan& plan, const ShuffleRound& round) {
  return round.lane == 0 && plan.is_butterfly();
}

int words_per_element(int element_bytes) { return element_bytes == 8 ? 2 : 1; }

double cost_of(const ShufflePlan& plan, int element_bytes) {
  return plan.shuffles(element_bytes) + 0.5 * plan.selects(element_bytes);
}

double cost_of_sharing(const Distributed& source, const Distributed& target, int element_bytes) {
  constexpr double waiting = 16;
  const auto bytes_of_thread = [&](const Distributed& layout) {
    return (layout.registers() >> std::popcount(layout.replicated_registers())) * element_bytes;
  };
  return (bytes_of_thread(source) + bytes_of_thread(target)) * 32 / 128.0 + waiting;
}

}  // namespace

bool ShufflePlan::is_butterfly() const {
  for (int bit = 0; bit < lanes.in_bits(); ++bit)
    if (lanes.column(bit) != (bit < lane_bits ? uint64_t{1} << bit : 0)) return false;
  return true;
}

int ShufflePlan::shuffles(int element_bytes) const {
  const auto moving = std::ranges::count_if(
      rounds, [&](const ShuffleRound& round) { return !stays(*this, round); });
  return static_cast<int>(moving) * words_per_element(element_bytes);
}

int ShufflePlan::selects(int element_bytes) const {
  std::set<uint32_t> given, taken;
  for (size_t k = 0; k < rounds.size(); ++k) {
    given.insert(rounds[k].source_word);
    taken.insert(static_cast<uint32_t>(k));
  }
  return (count_selects(send, given) + count_selects(receive, taken)) *
         words_per_element(element_bytes);
}

std::optional<ShufflePlan> plan_shuffles(const Distributed& source, const Distributed& target,
                                         int element_bytes) {
  if (classify(source, target) != ConversionKind::lanes || source.ctas() != 1) return std::nullopt;
  return Planner(source, target, element_bytes).run();
}

std::optional<ShufflePlan> plan_cheap_shuffles(const Distributed& source, const Distributed& target,
                                               int element_bytes) {
  auto plan = plan_shuffles(source, target, element_bytes);
  if (!plan || cost_of(*plan, element_bytes) > cost_of_sharing(source, target, element_bytes))
    return std::nullopt;
  return plan;
}

double conversion_cost(const Distributed& source, const Distributed& target, int element_bytes) {
  if (classify(source, target) <= ConversionKind::registers) return 0;
  const double shared = cost_of_sharing(source, target, element_bytes);
  const auto plan = plan_shuffles(source, target, element_bytes);
  return plan ? std::min(shared, cost_of(*plan, element_bytes)) : shared;
}

}  // namespace tegula::layout
