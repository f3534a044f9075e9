// The rules of the ops with regions, indices and messages: each has its message, and damaged bytes
// of a Program that uses them all never crash.
#include <random>

#include "tests/dsl/helpers.h"
#include "tests/dsl/program/sample_program.h"
#include "tests/support/sanitized.h"

namespace tegula::testing {
namespace {

using program::Instruction;
using program::Op;
using program::Program;

Instruction& find(program::Region& region, Op op) {
  for (Instruction& instruction : region.body)
    if (instruction.op == op) return instruction;
  throw std::logic_error("the sample has no such instruction");
}

struct Damage {
  Op op;
  const char* message;
  void (*change)(Program&, Instruction&);
};
const Damage damages[] = {
    {Op::view, "a narrowed dimension is none of the tensor's",
     [](Program&, Instruction& i) { i.attributes[3] = 2; }},
    {Op::view, "start and length for each narrowed dimension",
     [](Program&, Instruction& i) { i.attributes[3] ^= 1; }},
    {Op::reduce, "an unknown reduction", [](Program&, Instruction& i) { i.attributes[0] = 6; }},
    {Op::reduce, "it does not take this dtype",
     [](Program&, Instruction& i) { i.attributes[0] = 4; }},
    {Op::transpose, "the result is not the permuted tile",
     [](Program&, Instruction& i) { std::swap(i.attributes[0], i.attributes[1]); }},
    {Op::transpose, "no permutation", [](Program&, Instruction& i) { i.attributes[0] = 7; }},
    {Op::transpose, "a scalar has nothing to permute",
     [](Program& p, Instruction& i) {
       const Instruction& scalar = find(p.body, Op::constant);
       i.attributes.clear();
       i.operands[0] = scalar.results[0];
       p.types[i.results[0]] = p.types[scalar.results[0]];
     }},
    {Op::join, "the last extent is not 2",
     [](Program& p, Instruction& i) {
       p.types[i.results[0]].shape = {64, 1};
     }},
    {Op::split, "the halves are not of one type",
     [](Program& p, Instruction& i) { p.types[i.results[1]].dtype = f64; }},
    {Op::reduce_with, "the axis is out of range",
     [](Program&, Instruction& i) { i.attributes[0] = 1; }},
    {Op::reduce_with, "the region's arguments are not what it is given",
     [](Program&, Instruction& i) { i.regions[0].arguments.pop_back(); }},
    {Op::reduce_with, "an operand is not defined before its use",
     [](Program&, Instruction& i) { i.regions[0].body[0].operands[0] = i.operands[0]; }},
    {Op::reduce_with, "the results do not follow from the tiles",
     [](Program& p, Instruction& i) { p.types[i.results[0]].shape = {64}; }},
    {Op::scan_with, "the direction is neither 0 nor 1",
     [](Program&, Instruction& i) { i.attributes[1] = 2; }},
    {Op::scan_with, "it cannot stand in a combination",
     [](Program& p, Instruction& i) {
       p.types.push_back({.dtype = DType::i32});
       i.regions[0].body.insert(
           i.regions[0].body.begin(),
           Instruction{.op = Op::program_id,
                       .results = {static_cast<program::ValueId>(p.types.size() - 1)},
                       .attributes = {0}});
     }},
    {Op::reduce_with, "the tiles are not of one shape",
     [](Program&, Instruction& i) { i.operands[1] = 0; }},
    {Op::gather, "tensors that overlap are not in order",
     [](Program& p, Instruction&) {
       p.overlaps = {{0, 3, false}};
     }},
    {Op::gather, "tensors that overlap are not in order",
     [](Program& p, Instruction&) {
       p.overlaps = {{4, 0, false}};
     }},
    {Op::gather, "tensors that overlap are not in order",
     [](Program& p, Instruction&) { p.overlaps.push_back(p.overlaps[0]); }},
    {Op::gather, "a tensor overlaps another one than the first",
     [](Program& p, Instruction&) {
       p.overlaps = {{2, 0, false}, {3, 2, false}};
     }},
    {Op::gather, "two tensors that are the same are not of one type",
     [](Program& p, Instruction&) {
       p.overlaps = {{2, 0, true}};
     }},
    {Op::gather, "one index tile for each dimension",
     [](Program&, Instruction& i) { i.operands.pop_back(); }},
    {Op::gather, "the parameter is no tensor",
     [](Program&, Instruction& i) { i.attributes[0] = 9; }},
    {Op::gather, "it reads an output",
     [](Program& p, Instruction&) { p.parameters[1].access = program::Parameter::Access::out; }},
    {Op::scatter, "it writes an input",
     [](Program& p, Instruction&) { p.parameters[2].access = program::Parameter::Access::in; }},
    {Op::scatter, "the mask is not of the result's shape",
     [](Program&, Instruction& i) { i.operands.back() = i.operands.front(); }},
    {Op::atomic, "an unknown atomic", [](Program&, Instruction& i) { i.attributes[1] = 7; }},
    {Op::atomic, "an unknown memory order", [](Program&, Instruction& i) { i.attributes[2] = 4; }},
    {Op::atomic, "an unknown memory scope", [](Program&, Instruction& i) { i.attributes[3] = -1; }},
    {Op::atomic_cas, "an unknown memory order",
     [](Program&, Instruction& i) { i.attributes[1] = 4; }},
    {Op::if_then, "the condition is no i1 scalar",
     [](Program&, Instruction& i) { i.operands[0] = 0; }},
    {Op::if_then, "a yield does not match what the region gives",
     [](Program&, Instruction& i) { i.regions[1].body.back().operands.clear(); }},
    {Op::if_then, "wrong number of regions",
     [](Program&, Instruction& i) { i.regions.pop_back(); }},
    {Op::while_loop, "a loop's results are not the carried values",
     [](Program&, Instruction& i) { i.results.clear(); }},
    {Op::while_loop, "a yield does not match what the region gives",
     [](Program&, Instruction& i) { i.regions[0].body.back().operands = i.regions[0].arguments; }},
    {Op::print, "it has no message", [](Program&, Instruction& i) { i.attributes[0] = 2; }},
    {Op::print, "the message has not one {} for each value",
     [](Program& p, Instruction&) { p.strings[0] = "{} of {"; }},
    {Op::assert_that, "the condition is no mask",
     [](Program&, Instruction& i) { i.operands[0] = 0; }},
};

TEST(Verify, EveryOpHasItsRules) {
  for (const Damage& damage : damages) {
    Program program = sample_program();
    damage.change(program, find(program.body, damage.op));
    const Error error = error_of([&] { verify(program); });
    EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
    EXPECT_THAT(error.what(), ::testing::HasSubstr(damage.message));
  }
}

TEST(Verify, DamagedRegionsNeverCrash) {
  Program program = sample_program();
  program.files = {"sample.cpp"};  // the same bytes wherever this is built
  for (program::Location& location : program.locations) location.file = 0;
  const auto bytes = serialise(program);
  std::mt19937 random(2);
  for (int n = 0; n < testing::rounds(100'000); ++n) {
    auto damaged = bytes;
    for (int k = 0; k < 1 + n % 4; ++k)
      damaged[random() % bytes.size()] = static_cast<std::byte>(random() % 64);
    try {
      (void)to_text(program::deserialise(damaged));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt_data) << error.what();
    }
  }
}

TEST(Hash, TextsAreInsideIt) {
  Program program = sample_program();
  const auto before = content_hash(program);
  program.strings[0] += " ";
  EXPECT_NE(content_hash(program), before);
}

}  // namespace
}  // namespace tegula::testing
