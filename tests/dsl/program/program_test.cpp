// The byte form, the hash and the checks of a Program.
#include <cstring>
#include <random>

#include "dsl/program/op_table.h"
#include "tests/dsl/helpers.h"

namespace tegula::testing {
namespace {

using program::Op;
using program::Program;

struct Cfg {
  int bn = 64, warps = 4;
};

constexpr int zeros_line = __LINE__ + 7, loop_line = zeros_line + 2;
/// Two functions that differ in nothing but their lines.
template <int which>
void sample(const Cfg& c, In x, OptIn w, Out y, F32 eps) {
  auto [m, n] = dims2(x);
  require(y, {m, n});
  auto [i] = grid({m});
  Tile total = zeros(f32, {1, c.bn});
  if constexpr (which == 0) {
    for (auto j : range(0, cdiv(n, c.bn))) total += x.tiles({1, c.bn}).load({i, j});
  } else {
    for (auto j : range(0, cdiv(n, c.bn))) total += x.tiles({1, c.bn}).load({i, j});
  }
  if (w) total *= w.tiles({1}).load({0});
  y.tiles({1, c.bn}).store(select(total > eps, total, 0.f), {i, 0});
}
template <int which = 0>
Program sampled(const Cfg& c = {}, DType dtype = f32, bool weighted = true) {
  const auto k = kernel("sample", sample<which>, {"x", "w", "y", "eps"})
                     .field("bn", &Cfg::bn)
                     .field("warps", &Cfg::warps);
  return trace(k,
               {tensor(dtype, {64, 100}), weighted ? tensor(f32, {1}) : absent(),
                tensor(f32, {64, 100}), 0.5f},
               c);
}

TEST(OpTable, EveryOpIsFoundByItsName) {
  for (int k = 0; k < program::op_count; ++k) {
    const auto op = static_cast<program::Op>(k);
    EXPECT_EQ(program::op_of(program::op_name(op)), op) << program::op_name(op);
  }
  EXPECT_THROW(program::op_of("no_such_op"), InternalError);
}

TEST(Hash, LocationsAreOutsideIt) {
  const Program a = sampled<0>(), b = sampled<1>();
  EXPECT_NE(instruction_locations(a), instruction_locations(b));
  EXPECT_EQ(content_hash(a), content_hash(b));
  EXPECT_EQ(to_text(a), to_text(b));
}

TEST(Hash, EveryFactIsInsideIt) {
  const Program base = sampled();
  const auto changes = [&](auto&& change) {
    Program changed = base;
    change(changed);
    return content_hash(changed) != content_hash(base);
  };
  EXPECT_NE(content_hash(sampled({.bn = 128})), content_hash(base));
  EXPECT_NE(content_hash(sampled({.warps = 8})), content_hash(base));
  EXPECT_NE(content_hash(sampled({}, f32, false)), content_hash(base));
  EXPECT_TRUE(changes([](Program& p) { p.name = "other"; }));
  EXPECT_TRUE(changes([](Program& p) { p.config[0].name = "bm"; }));
  EXPECT_TRUE(changes([](Program& p) { p.parameters[0].alignment = 8; }));
  EXPECT_TRUE(changes([](Program& p) { p.parameters[0].extents[1] = 100; }));
  EXPECT_TRUE(changes([](Program& p) { p.parameters[0].stride_divisors[0] = 8; }));
  EXPECT_TRUE(
      changes([](Program& p) { p.parameters[0].access = program::Parameter::Access::out; }));
  EXPECT_TRUE(changes([](Program& p) { p.requirements.pop_back(); }));
  EXPECT_TRUE(changes([](Program& p) { p.grid.push_back(p.grid[0]); }));
  EXPECT_TRUE(changes([](Program& p) { p.body.body[0].attributes[0] ^= 1; }));
  EXPECT_TRUE(changes([](Program& p) { p.types[0].dtype = f64; }));
  EXPECT_TRUE(changes([](Program& p) { p.overlaps = {{2, 0, false}}; }));
  EXPECT_FALSE(changes([](Program& p) { p.files[0] = "elsewhere.cpp"; }));
  EXPECT_FALSE(changes([](Program& p) { p.body.body[0].location = program::no_location; }));
}

TEST(Serialise, RoundTrip) {
  const Program program = sampled();
  const auto bytes = serialise(program);
  const Program again = program::deserialise(bytes);
  EXPECT_EQ(serialise(again), bytes);
  EXPECT_EQ(to_text(again), to_text(program));
  EXPECT_EQ(instruction_locations(again), instruction_locations(program));
}

/// A Program or Error{corrupt_data}, nothing else.
void expect_survives(std::span<const std::byte> bytes) {
  try {
    const Program program = program::deserialise(bytes);
    (void)to_text(program);
    (void)content_hash(program);
    (void)instruction_locations(program);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt_data) << error.what();
  }
}

TEST(Serialise, EveryTruncationIsRefused) {
  const auto bytes = serialise(sampled());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const Error error = error_of([&] { program::deserialise(std::span(bytes).first(n)); });
    EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
  }
}

TEST(Serialise, DamagedBytesNeverCrash) {
  const auto bytes = serialise(sampled());
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (const int mask : {0x01, 0x80, 0xff}) {
      auto damaged = bytes;
      damaged[i] ^= static_cast<std::byte>(mask);
      expect_survives(damaged);
    }
  std::mt19937 random(1);
  for (int n = 0; n < 2000; ++n) {
    auto damaged = bytes;
    for (int k = 0; k < 4; ++k) damaged[random() % bytes.size()] = static_cast<std::byte>(random());
    expect_survives(damaged);
  }
}

TEST(Serialise, DeepNestingIsRefused) {
  Program program = sampled();
  for (int depth = 0; depth < 1000; ++depth) {
    program::Instruction loop{.op = Op::for_loop};
    loop.regions.push_back(std::move(program.body));
    program.body = {};
    program.body.body.push_back(std::move(loop));
  }
  const Error error = error_of([&] { program::deserialise(serialise(program)); });
  EXPECT_THAT(error.what(), ::testing::HasSubstr("regions are nested too deep"));
}

TEST(Locations, AreTheAuthorsLines) {
  const Program program = sampled();
  const auto locations = instruction_locations(program);
  std::string places;
  for (const auto& location : locations) places += describe_location(program, location) + "\n";
  EXPECT_THAT(places, ::testing::HasSubstr("program_test.cpp" + at_line(zeros_line)));
  EXPECT_THAT(places, ::testing::HasSubstr("program_test.cpp" + at_line(loop_line)));
  EXPECT_THAT(places, ::testing::Not(::testing::HasSubstr("dsl/trace")));
}

struct Damage {
  const char* message;
  void (*change)(Program&);
};
program::Instruction& find(program::Region& region, Op op) {
  for (program::Instruction& instruction : region.body) {
    if (instruction.op == op) return instruction;
    for (program::Region& inner : instruction.regions)
      for (program::Instruction& deeper : inner.body)
        if (deeper.op == op) return deeper;
  }
  throw std::logic_error("the sample has no such instruction");
}
const Damage damages[] = {
    {"is no identifier", [](Program& p) { p.name = "a b"; }},
    {"warps is no power of two", [](Program& p) { p.warps = 3; }},
    {"warps is no power of two", [](Program& p) { p.warps = 64; }},
    {"two parameters have one name", [](Program& p) { p.parameters[2].name = "x"; }},
    {"an alignment is no power of two", [](Program& p) { p.parameters[0].alignment = 0; }},
    {"differ in number", [](Program& p) { p.parameters[0].strides.pop_back(); }},
    {"a tensor's extent is out of range", [](Program& p) { p.parameters[0].extents[0] = -2; }},
    {"a stride is no multiple of its divisor",
     [](Program& p) { p.parameters[0].stride_divisors[1] = 2; }},
    {"a parameter that is no tensor has extents",
     [](Program& p) { p.parameters[3].extents.push_back(1); }},
    {"a tile's extent is no power of two", [](Program& p) { p.types.back().shape = {3}; }},
    {"more than 1048576 elements",
     [](Program& p) {
       p.types.back().shape = {1 << 20, 1 << 20, 1 << 20, 1 << 20};
     }},
    {"a location is in no file", [](Program& p) { p.locations[0].file = 9; }},
    {"a grid has 1 to 3 extents", [](Program& p) { p.grid.resize(4, p.grid[0]); }},
    {"it is no i32 coordinate in the grid", [](Program& p) { p.grid.clear(); }},
    {"a grid extent is no i32 formula", [](Program& p) { p.grid[0] = 0xffff; }},
    {"a grid extent is no i32 formula",
     [](Program& p) { p.grid[0] = find(p.body, Op::scalar).results[0]; }},
    {"a requirement of no tensor", [](Program& p) { p.requirements[0].parameter = 3; }},
    {"a requirement of no dimension", [](Program& p) { p.requirements[0].dimension = 2; }},
    {"what overlaps is no tensor of the caller's",
     [](Program& p) {
       p.overlaps = {{3, 0, false}};
     }},
    {"a region does not end with a yield", [](Program& p) { p.body.body.pop_back(); }},
    {"a yield stands inside a region",
     [](Program& p) { p.body.body.push_back({.op = Op::yield}); }},
    {"wrong number of operands", [](Program& p) { find(p.body, Op::add).operands.pop_back(); }},
    {"wrong number of attributes", [](Program& p) { find(p.body, Op::dim).attributes.pop_back(); }},
    {"wrong number of regions", [](Program& p) { find(p.body, Op::for_loop).regions.clear(); }},
    {"an operand is not defined before its use",
     [](Program& p) { std::swap(p.body.body.front(), find(p.body, Op::store)); }},
    {"an operand is not defined before its use",
     [](Program& p) { find(p.body, Op::select).operands[1] = find(p.body, Op::add).results[0]; }},
    {"a value is defined twice",
     [](Program& p) { p.body.body[1].results = p.body.body[0].results; }},
    {"operands and result are not of one type",
     [](Program& p) { p.types[find(p.body, Op::add).results[0]].dtype = f16; }},
    {"it does not take this dtype", [](Program& p) { find(p.body, Op::add).op = Op::rem; }},
    {"an unknown comparison", [](Program& p) { find(p.body, Op::compare).attributes[0] = 6; }},
    {"the parameter is no tensor", [](Program& p) { find(p.body, Op::view).attributes[0] = 3; }},
    {"the tensor has no such dimension",
     [](Program& p) { find(p.body, Op::dim).attributes[1] = 2; }},
    {"it reads an output",
     [](Program& p) { p.parameters[0].access = program::Parameter::Access::out; }},
    {"it writes an input",
     [](Program& p) { p.parameters[2].access = program::Parameter::Access::in; }},
    {"one coordinate for each dimension",
     [](Program& p) { find(p.body, Op::load).operands.pop_back(); }},
    {"a yield does not match what the region gives",
     [](Program& p) { find(p.body, Op::for_loop).regions[0].body.back().operands.clear(); }},
    {"the region's arguments are not what it is given",
     [](Program& p) { find(p.body, Op::for_loop).regions[0].arguments.pop_back(); }},
    {"a loop's results are not the carried values",
     [](Program& p) { find(p.body, Op::for_loop).results.clear(); }},
    {"a loop's bounds and induction are i32 scalars",
     [](Program& p) {
       find(p.body, Op::for_loop).operands[0] = find(p.body, Op::scalar).results[0];
     }},
    {"a result has no type", [](Program& p) { find(p.body, Op::select).results[0] = 0x7fffffff; }},
};

TEST(Verify, EveryRuleHasItsMessage) {
  for (const Damage& damage : damages) {
    Program program = sampled();
    damage.change(program);
    const Error error = error_of([&] { verify(program); });
    EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
    EXPECT_THAT(error.what(), ::testing::HasSubstr(damage.message));
  }
}

}  // namespace
}  // namespace tegula::testing
