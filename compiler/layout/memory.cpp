#include "compiler/layout/memory.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <stdexcept>
#include <utility>

#include "compiler/layout/subspace.h"

namespace tegula::layout {
namespace {

using Vectors = std::vector<uint64_t>;

int log2_of(int power) { return std::countr_zero(static_cast<unsigned>(power)); }

// The columns of registers that hold no copies, lowest first.
Vectors register_vectors(const Distributed& layout) {
  Vectors result;
  for (size_t bit = 0; bit < layout.register_columns().size(); ++bit)
    if ((layout.replicated_registers() >> bit & 1) == 0)
      result.push_back(layout.register_columns()[bit]);
  return result;
}

bool has(const Vectors& vectors, uint64_t vector) {
  return std::ranges::find(vectors, vector) != vectors.end();
}

// One way to arrange a conversion: the vectors within an access of each side.
struct Plan {
  Vectors both;            // in an access of either side
  Vectors one;             // further ones, in an access of one side only
  bool of_source = false;  // whether that side is the source
};

// Plans from the widest accesses to the narrowest.
std::vector<Plan> plans(const Distributed& source, const Distributed& target, int most_bits) {
  const Vectors from = register_vectors(source), to = register_vectors(target);
  Vectors common;
  for (uint64_t vector : from)
    if (has(to, vector) && static_cast<int>(common.size()) < most_bits) common.push_back(vector);
  // Registers of one side that are lanes of the other come first: those lanes need different banks
  // anyway, and neighbours in a vector are in different banks.
  const auto rest = [&](const Vectors& vectors, const Distributed& other) {
    const Vectors lanes(other.lane_columns().begin(), other.lane_columns().end());
    Vectors result;
    for (uint64_t vector : vectors)
      if (!has(from, vector) || !has(to, vector)) result.push_back(vector);
    std::ranges::stable_partition(result, [&](uint64_t vector) { return has(lanes, vector); });
    return result;
  };
  const Vectors more_from = rest(from, target), more_to = rest(to, source);

  std::vector<Plan> result;
  for (int both = static_cast<int>(common.size()); both >= 0; --both) {
    for (int one = most_bits - both; one >= 0; --one)
      for (const bool of_source :
           {more_from.size() >= more_to.size(), more_from.size() < more_to.size()}) {
        const Vectors& more = of_source ? more_from : more_to;
        if (one > static_cast<int>(more.size())) continue;
        result.push_back({Vectors(common.begin(), common.begin() + both),
                          Vectors(more.begin(), more.begin() + one), of_source});
        if (one == 0) break;  // the sides do not differ
      }
  }
  return result;
}

// The span of the differences between lanes of one wavefront, and of the words within one lane's
// access: the segment vectors must have nothing in common with it.
Subspace wavefront(const Distributed& layout, const Vectors& access, const Vectors& word,
                   int access_bits, int line_bits) {
  Subspace result(access);
  for (uint64_t vector : word) result.add(vector);
  const int lanes = std::min(lane_bits, line_bits - access_bits);
  for (int bit = 0; bit < lanes; ++bit) result.add(layout.lane_columns()[bit]);
  return result;
}

std::optional<Memory> arrange(const Distributed& source, const Distributed& target,
                              const Plan& plan, int element_bytes) {
  const int tile = source.map().out_bits();
  const int line = std::min(tile, log2_of(bank_line_bytes / element_bytes));
  const int word = std::min(tile, std::max(0, log2_of(bank_bytes) - log2_of(element_bytes)));

  Vectors offsets = plan.both;
  offsets.insert(offsets.end(), plan.one.begin(), plan.one.end());
  Subspace placed(offsets);
  if (placed.dimension() != static_cast<int>(offsets.size())) return std::nullopt;
  const auto fill = [&](int bits) {
    for (int bit = 0; bit < tile && static_cast<int>(offsets.size()) < bits; ++bit)
      if (placed.add(uint64_t{1} << bit)) offsets.push_back(uint64_t{1} << bit);
  };
  fill(word);
  const Vectors in_word(offsets.begin(), offsets.begin() + word);

  const auto avoid = [&](const Distributed& layout, bool wide) {
    Vectors access = plan.both;
    if (wide) access.insert(access.end(), plan.one.begin(), plan.one.end());
    const int bits = static_cast<int>(access.size());
    return wavefront(layout, access, in_word, std::max(bits, word),
                     log2_of(bank_line_bytes / element_bytes));
  };
  Vectors candidates;  // a segment of high bits is what a row-major tile has
  for (int bit = tile; bit-- > 0;) candidates.push_back(uint64_t{1} << bit);
  const Vectors segment = common_complement(
      avoid(source, plan.of_source), avoid(target, !plan.of_source), tile - line, candidates);
  for (uint64_t vector : segment)
    if (!placed.add(vector)) return std::nullopt;
  fill(line);
  if (static_cast<int>(offsets.size() + segment.size()) != tile) return std::nullopt;
  for (auto it = segment.rbegin(); it != segment.rend(); ++it) offsets.push_back(*it);
  return Memory(source.shape(), Columns(offsets.begin(), offsets.end()));
}

}  // namespace

Memory::Memory(Shape shape, Columns offsets) : shape_(std::move(shape)) {
  const int bits = tile_bits(shape_);
  map_ = LinearMap(std::vector<uint64_t>(offsets.begin(), offsets.end()), bits);
  auto inverse = map_.inverse();
  if (!inverse)
    throw std::invalid_argument("memory layout of " + shape_to_string(shape_) +
                                ": some element has no offset, or two");
  inverse_ = *std::move(inverse);
}

Memory Memory::row_major(const Shape& shape) {
  Columns columns;
  for (int bit = 0; bit < tile_bits(shape); ++bit) columns.push_back(uint32_t{1} << bit);
  return Memory(shape, std::move(columns));
}

Memory Memory::for_conversion(const Distributed& source, const Distributed& target,
                              int element_bytes) {
  if (source.shape() != target.shape())
    throw std::invalid_argument("conversion between tiles of different shapes: from " +
                                source.to_string() + " to " + target.to_string());
  const int most = widest_shared_bytes / element_bytes;
  for (const Plan& plan : plans(source, target, log2_of(most))) {
    const auto memory = arrange(source, target, plan, element_bytes);
    if (!memory) continue;
    const int narrow = 1 << plan.both.size(), wide = narrow << plan.one.size();
    if (memory->vector_elements(source, most) >= (plan.of_source ? wide : narrow) &&
        memory->vector_elements(target, most) >= (plan.of_source ? narrow : wide))
      return *memory;
  }
  return row_major(source.shape());
}

LinearMap Memory::offsets(const Distributed& layout) const {
  if (layout.shape() != shape_)
    throw std::invalid_argument("memory layout " + to_string() + " of another tile than " +
                                layout.to_string());
  return inverse_.compose(layout.map());
}

int Memory::vector_elements(const Distributed& layout, int most) const {
  const LinearMap offset_of = offsets(layout);
  const int registers = static_cast<int>(layout.register_columns().size());
  const auto doubles = [&](uint64_t run) {
    bool found = false;
    for (int bit = 0; bit < offset_of.in_bits(); ++bit) {
      if (bit >= registers && (offset_of.column(bit) & run) != 0) return false;
      found |= bit < registers && offset_of.column(bit) == run;
    }
    return found;
  };
  int width = 1;
  while (2 * width <= most && doubles(static_cast<uint64_t>(width))) width *= 2;
  return width;
}

std::string Memory::to_string() const {
  std::string text = shape_to_string(shape_) + " offset:(";
  for (int bit = 0; bit < map_.in_bits(); ++bit)
    text += (bit ? " " : "") + std::to_string(map_.column(bit));
  return text + ")";
}

std::vector<MemoryAccess> memory_accesses(const Memory& memory, const Distributed& layout,
                                          int width) {
  const LinearMap offset_of = memory.offsets(layout);
  std::vector<MemoryAccess> result;
  for (uint32_t reg = 0; reg < static_cast<uint32_t>(layout.registers()); ++reg) {
    if ((reg & layout.replicated_registers()) != 0) continue;
    const auto offset = static_cast<uint32_t>(offset_of(reg));
    const uint32_t within = offset & static_cast<uint32_t>(width - 1);
    const auto group = std::ranges::find(result, offset - within, &MemoryAccess::offset);
    MemoryAccess& access = group != result.end()
                               ? *group
                               : result.emplace_back(offset - within, std::vector<uint32_t>(width));
    access.registers[within] = reg;
  }
  return result;
}

}  // namespace tegula::layout
