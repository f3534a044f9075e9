#include "compiler/layout/distributed.h"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <utility>

namespace tegula::layout {
namespace {

constexpr std::array<const char*, 4> kind_names = {"register", "lane", "warp", "cta"};
constexpr std::array<size_t, 4> max_columns = {max_tile_bits, lane_bits, 5, 4};

[[noreturn]] void fail(const Shape& shape, const std::string& what) {
  throw std::invalid_argument("layout of " + shape_to_string(shape) + ": " + what);
}

// log2 of an argument of blocked().
int power_bits(const Shape& shape, const char* name, int value) {
  if (value < 1 || !std::has_single_bit(static_cast<unsigned>(value)))
    fail(shape, std::string(name) + " is " + std::to_string(value) + ", not a power of two");
  return std::countr_zero(static_cast<unsigned>(value));
}

void check_columns(const Shape& shape, int kind, const Columns& columns, int bits) {
  const std::string name = kind_names[kind];
  if (columns.size() > max_columns[kind] || (name == "lane" && columns.size() != lane_bits))
    fail(shape, std::to_string(columns.size()) + " " + name + " columns, must be " +
                    (name == "lane" ? "exactly " : "at most ") + std::to_string(max_columns[kind]));
  for (size_t i = 0; i < columns.size(); ++i)
    if (columns[i] >> bits != 0)
      fail(shape, name + " column " + std::to_string(i) + " is " + std::to_string(columns[i]) +
                      ", outside the tile");
}

void check_surjective(const Shape& shape, const LinearMap& map) {
  if (map.is_surjective()) return;
  for (int bit = 0; bit < map.out_bits(); ++bit)
    if (const uint64_t element = uint64_t{1} << bit; !map.solve(element))
      fail(shape, "no position for element " + std::to_string(element) +
                      ": it is not the XOR of any columns");
}

}  // namespace

Distributed::Distributed(Shape shape, Columns registers, Columns lanes, Columns warps,
                         Columns ctas) {
  const int bits = tile_bits(shape);
  std::array<Columns, 4> columns = {std::move(registers), std::move(lanes), std::move(warps),
                                    std::move(ctas)};
  std::vector<uint64_t> all;
  for (int kind = 0; kind < 4; ++kind) {
    check_columns(shape, kind, columns[kind], bits);
    all.insert(all.end(), columns[kind].begin(), columns[kind].end());
  }
  LinearMap map(std::move(all), bits);
  check_surjective(shape, map);
  data_ = std::make_shared<const Data>(Data{std::move(shape), std::move(columns), std::move(map)});
}

Distributed Distributed::blocked(const Shape& shape, int vector_elements, int warps) {
  const int bits = tile_bits(shape);
  const int inner_bits = std::countr_zero(static_cast<uint64_t>(inner_extent(shape)));
  const int vector_bits =
      std::min(power_bits(shape, "vector_elements", vector_elements), inner_bits);
  const int warp_bits = power_bits(shape, "warps", warps);

  int next = 0;  // the lowest bit of the flat index that is not assigned yet
  const auto take = [&](int count) {
    Columns columns(count, 0);
    for (int i = 0; i < count && next < bits; ++i) columns[i] = 1u << next++;
    return columns;
  };
  Columns registers = take(vector_bits);
  Columns lanes = take(lane_bits);
  Columns warp_columns = take(warp_bits);
  for (uint32_t column : take(bits - next)) registers.push_back(column);
  return Distributed(shape, std::move(registers), std::move(lanes), std::move(warp_columns));
}

LinearMap Distributed::register_map() const {
  return map().restrict_to(0, static_cast<int>(register_columns().size()));
}

LinearMap Distributed::thread_map() const {
  const int skipped = static_cast<int>(register_columns().size());
  return map().restrict_to(skipped, map().in_bits() - skipped);
}

uint32_t Distributed::index(uint32_t reg, uint32_t lane, uint32_t warp, uint32_t cta) const {
  const std::array<uint32_t, 4> position = {reg, lane, warp, cta};
  uint64_t input = 0;
  int offset = 0;
  for (int kind = 0; kind < 4; ++kind) {
    const int bits = static_cast<int>(data_->columns[kind].size());
    if (position[kind] >> bits != 0)
      fail(shape(), std::string("no ") + kind_names[kind] + " " + std::to_string(position[kind]) +
                        ", there are " + std::to_string(1 << bits));
    input |= uint64_t{position[kind]} << offset;
    offset += bits;
  }
  return static_cast<uint32_t>(map()(input));
}

std::vector<int64_t> Distributed::coordinates(uint32_t flat) const {
  return layout::coordinates(shape(), flat);
}

int Distributed::vector_elements() const {
  // A further register bit doubles the run if its column is the run's length and no other bit, in
  // this thread's number or among the higher registers, disturbs the positions within the run.
  const auto doubles = [&](int bit) {
    const uint64_t run = uint64_t{1} << bit;
    for (int other = bit + 1; other < map().in_bits(); ++other)
      if (map().column(other) & (2 * run - 1)) return false;
    return map().column(bit) == run && static_cast<int64_t>(run) < inner_extent(shape());
  };
  int bits = 0;
  while (bits < static_cast<int>(register_columns().size()) && doubles(bits)) ++bits;
  return 1 << bits;
}

Distributed Distributed::projected(const Shape& shape, const LinearMap& projection) const {
  std::array<Columns, 4> columns = data_->columns;
  for (Columns& kind : columns)
    for (uint32_t& column : kind) column = static_cast<uint32_t>(projection(column));
  return Distributed(shape, columns[0], columns[1], columns[2], columns[3]);
}

Distributed Distributed::reshape(const Shape& shape) const {
  if (tile_bits(shape) != map().out_bits())
    fail(this->shape(), "cannot reshape to " + shape_to_string(shape) + ", the sizes differ");
  return projected(shape, LinearMap::identity(map().out_bits()));
}

Distributed Distributed::transpose(const std::vector<int>& permutation) const {
  return projected(transpose_shape(shape(), permutation),
                   transpose_projection(shape(), permutation));
}

Distributed Distributed::source_of_broadcast(const Shape& source) const {
  const Distributed all = projected(source, broadcast_projection(source, shape()));
  Columns registers = all.register_columns();
  std::erase(registers, 0u);
  return Distributed(source, std::move(registers), all.lane_columns(), all.warp_columns(),
                     all.cta_columns());
}

Distributed Distributed::reduced(int axis) const {
  axis_mask(axis);  // throws if there is no such axis
  Shape source = shape();
  source[axis] = 1;
  return source_of_broadcast(source);
}

bool Distributed::is_separable(int axis) const {
  const uint64_t mask = axis_mask(axis);
  return std::ranges::all_of(map().columns(), [&](uint64_t column) {
    return (column & mask) == 0 || (column & ~mask) == 0;
  });
}

uint32_t Distributed::bits_of(Kind kind, uint64_t inputs) const {
  int offset = 0;
  for (int before = 0; before < kind; ++before)
    offset += static_cast<int>(data_->columns[before].size());
  const uint64_t all = (uint64_t{1} << data_->columns[kind].size()) - 1;
  return static_cast<uint32_t>(inputs >> offset & all);
}

uint32_t Distributed::axis_bits(Kind kind, int axis) const {
  const uint32_t mask = axis_mask(axis);
  uint32_t moving = 0;
  for (size_t i = 0; i < data_->columns[kind].size(); ++i)
    if (data_->columns[kind][i] & mask) moving |= 1u << i;
  return moving & ~replicated_bits(kind);
}

uint32_t Distributed::replicated_bits(Kind kind) const {
  return bits_of(kind, ~map().independent_columns());
}

uint32_t Distributed::axis_lane_bits(int axis) const { return axis_bits(lane_kind, axis); }
uint32_t Distributed::axis_warp_bits(int axis) const { return axis_bits(warp_kind, axis); }
uint32_t Distributed::axis_cta_bits(int axis) const { return axis_bits(cta_kind, axis); }

uint32_t Distributed::replicated_registers() const { return replicated_bits(register_kind); }
uint32_t Distributed::replicated_lanes() const { return replicated_bits(lane_kind); }
uint32_t Distributed::replicated_warps() const { return replicated_bits(warp_kind); }
uint32_t Distributed::replicated_ctas() const { return replicated_bits(cta_kind); }

std::string Distributed::to_string() const {
  std::string text = shape_to_string(shape());
  for (int kind = 0; kind < 4; ++kind) {
    if (data_->columns[kind].empty()) continue;
    text += std::string(" ") + kind_names[kind] + ":(";
    for (size_t i = 0; i < data_->columns[kind].size(); ++i)
      text += (i ? " " : "") + std::to_string(data_->columns[kind][i]);
    text += ")";
  }
  return text;
}

std::size_t Distributed::hash() const {
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, by 64-bit words
  const auto add = [&](uint64_t word) { hash = (hash ^ word) * 0x100000001b3; };
  add(shape().size());
  for (int64_t extent : shape()) add(extent);
  for (const Columns& columns : data_->columns) {
    add(columns.size());
    for (uint32_t column : columns) add(column);
  }
  return hash ^ hash >> 32;  // words with few bits leave little entropy in the low half
}

bool operator==(const Distributed& a, const Distributed& b) {
  return a.data_ == b.data_ || (a.shape() == b.shape() && a.data_->columns == b.data_->columns);
}

}  // namespace tegula::layout
