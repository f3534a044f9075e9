#include "runtime/cache/entry_file.h"
#include "runtime/format/opcode.h"
#include "tests/dsl/program/sample_program.h"
#include "tests/fuzz/seeds.h"
#include "tests/runtime/format/sample_entry.h"
#include "tests/runtime/sim/image_builder.h"

namespace tegula::fuzz {
namespace {

using namespace tegula::testing;
using format::Kind;

/// The first scalar of a set that is at least so wide.
Scalar pick(format::ScalarSet set, bool widest) {
  Scalar best = Scalar::i1;
  bool found = false;
  for (int k = 0; k < format::scalar_count; ++k) {
    const auto s = static_cast<Scalar>(k);
    if (!contains(set, s)) continue;
    if (!found || (widest && format::scalar_bits(s) > format::scalar_bits(best))) best = s;
    found = true;
  }
  return best;
}

/// Adds an instruction of the row with operands that suit it.
void add(ImageBuilder& b, const format::OpcodeRow& row, Reg x) {
  const bool narrows = row.rule == format::TypeRule::narrower;
  const Scalar subject = row.rule == format::TypeRule::four_bytes
                             ? Scalar::f32
                             : pick(row.types, row.rule == format::TypeRule::wider);
  const Scalar source = pick(row.sources, narrows);
  ImageBuilder::Extra extra;
  if (row.immediate == format::Immediate::alignment) extra.immediate = 1;
  if (row.immediate == format::Immediate::copy_size) extra.immediate = 4;
  if (row.immediate == format::Immediate::threads) extra.immediate = 16 * 32 + 1;
  if (row.immediate == format::Immediate::text) extra.immediate = -1;
  if (row.immediate == format::Immediate::table) extra.immediate = b.table({0});
  const auto operand = [&](Kind kind) -> Reg {
    switch (kind) {
      case Kind::subject:
      case Kind::element:
      case Kind::vector:
        return b.constant(subject, {1});
      case Kind::bits:
        return b.constant(subject, {0});
      case Kind::source:
        return b.constant(source, {1});
      case Kind::condition:
      case Kind::predicate:
        return b.constant(Scalar::i1, {1});
      case Kind::address:
      case Kind::global_address:
        return x;
      case Kind::shared_address:
        return b.i32(16);
      case Kind::index:
      case Kind::word:
        return b.i32(1);
      default:
        return no_register;
    }
  };
  format::ImageInstruction i;
  i.opcode = row.opcode;
  for (std::size_t k = 0; k < format::Operands::most; ++k) i.operands[k] = operand(row.operands[k]);
  i.immediate = extra.immediate;
  if (row.result == Kind::subject) i.result = b.reg(subject);
  if (row.result == Kind::truths) i.result = b.reg(Scalar::i1);
  b.image().code.push_back(i);
}

/// Images of a few instructions each, so that a fault in one does not hide the others.
std::vector<format::Image> every_opcode() {
  std::vector<format::Image> images;
  constexpr int a_time = 12;
  for (int first = 0; first < format::opcode_count; first += a_time) {
    ImageBuilder b(2, 64);
    b.parameter(Scalar::i64);
    const Reg y = b.parameter(Scalar::i64);
    for (int k = first; k < std::min(first + a_time, format::opcode_count); ++k) {
      const format::OpcodeRow& row = format::opcode_row(static_cast<Opcode>(k));
      if (row.instruction_class != format::InstructionClass::control) add(b, row, y);
    }
    b.ret();
    images.push_back(b.image());
  }
  return images;
}

format::Image divergent_loop() {
  ImageBuilder b(2, 256);
  const Reg x = b.parameter(Scalar::i64), y = b.parameter(Scalar::i64);
  const Reg tid = b.special(Special::tid_x), k = b.reg(Scalar::i32), zero = b.i32(0);
  const Reg one = b.i32(1), v = b.reg(Scalar::f32, 4), bound = b.special(Special::lane);
  b.write(k, Opcode::move, {zero});
  const std::uint32_t head = b.here();
  b.write(v, Opcode::load, {b.address(x, tid, 16)}, {16, 0});
  b.store(b.address(zero, tid, 4), b.op(Opcode::extract, Scalar::f32, 1, {v}, {2, 0}), 4);
  b.write(k, Opcode::iadd, {k, one});
  const std::uint32_t again = b.cond_br(b.icmp(ICmp::slt, k, bound), head);
  b.aim(again, 1, b.here());
  b.barrier();
  b.store(b.address(y, tid, 4), b.load(b.address(zero, tid, 4), Scalar::f32, 1, 4), 4);
  b.ret();
  return b.image();
}

format::Image asynchronous_copies() {
  ImageBuilder b(2, 1056);
  const Reg x = b.parameter(Scalar::i64), y = b.parameter(Scalar::i64);
  const Reg tid = b.special(Special::tid_x), zero = b.i32(0), one = b.i32(1);
  const Reg first = b.icmp(ICmp::eq, tid, zero), full = b.i32(1024), bytes = b.i32(256);
  const Reg base = b.i32(0), second = b.i32(512);
  b.effect(Opcode::mbarrier_init, {full, one, first});
  b.barrier();
  b.effect(Opcode::mbarrier_expect_tx, {full, bytes, first}, 0, 1);
  b.effect(Opcode::bulk_load, {base, x, bytes, full, first});
  b.effect(Opcode::cp_async, {b.address(second, tid, 8), b.address(x, tid, 8)}, 8);
  b.effect(Opcode::cp_async_commit);
  b.wait(full, zero);
  b.effect(Opcode::cp_async_wait, {}, 0);
  b.named_barrier(1, 64);
  const Reg v = b.load(b.address(base, tid, 4), Scalar::f32, 1, 4);
  b.store(b.address(second, tid, 8), v, 4);
  b.effect(Opcode::fence_proxy_async);
  b.barrier();
  b.effect(Opcode::bulk_store, {y, second, bytes, first});
  b.effect(Opcode::bulk_commit);
  b.effect(Opcode::bulk_wait, {}, 0, 1);
  b.effect(Opcode::fence, {}, 0, 2);
  b.atomic(no_register, Opcode::atomic_fadd, {b.address(y, one, 512), v}, MemoryOrder::acq_rel);
  b.effect(Opcode::print, {v, tid, no_register, no_register, first}, b.text("{} at {}"));
  b.effect(Opcode::mbarrier_inval, {full, first});
  b.ret();
  return b.image();
}

format::Image cluster() {
  ImageBuilder b(2, 64);
  b.parameter(Scalar::i64);
  const Reg y = b.parameter(Scalar::i64), zero = b.i32(0), one = b.i32(1);
  const Reg rank = b.special(Special::ctaid_x), tid = b.special(Special::tid_x);
  b.image().cluster = {2, 1, 1};
  b.store(b.address(zero, tid, 4), rank, 4, b.icmp(ICmp::ult, tid, b.i32(16)));
  b.effect(Opcode::cluster_arrive);
  b.effect(Opcode::cluster_wait);
  const Reg other = b.op(Opcode::ixor, Scalar::i32, 1, {rank, one});
  const Reg got = b.op(Opcode::cluster_load, Scalar::i32, 4, {zero, other}, {16, 0});
  b.effect(Opcode::cluster_arrive);
  b.store(b.address(y, rank, 16), got, 16, b.icmp(ICmp::eq, tid, zero));
  b.effect(Opcode::cluster_wait);
  b.ret();
  return b.image();
}

Seeds images() {
  std::vector<format::Image> images = every_opcode();
  images.push_back(divergent_loop());
  images.push_back(asynchronous_copies());
  images.push_back(cluster());
  Seeds seeds;
  for (std::size_t k = 0; k < images.size(); ++k) {
    validate(images[k]);
    seeds["image_" + std::to_string(k)] = serialise(images[k]);
  }
  return seeds;
}

format::Bytes launch_record() {
  format::Writer record;
  format::write(record, testing::sample_record());
  return record.take();
}

format::Bytes cache_file() {
  const cache::Key key = {
      {{1, 2}, {Target::Backend::sim, "sm_90a"}, "LLVM-22.1.8 0123456789abcdef"},
      {{"kernel", "scale"}, {"x", "*:bf16@1%16"}, {"residual", ""}, {"config.bn", "1024"}}};
  return cache::seal(key, serialise(testing::sample_entry()));
}

}  // namespace

Seeds built_seeds(const std::string& target) {
  if (target == "image") return images();
  if (target == "entry")
    return {{"entry", serialise(testing::sample_entry())},
            {"cache_file", cache_file()},
            {"launch_record", launch_record()}};
  if (target == "launch_record") return {{"sample", launch_record()}};
  return {{"sample", serialise(sample_program())}};
}

}  // namespace tegula::fuzz
