// A launch record and an entry with something in every field.
#pragma once

#include "runtime/format/entry.h"

namespace tegula::testing {

inline format::LaunchRecord sample_record() {
  using namespace format;
  using Op = Expression::Op;
  using Source = KernelParameter::Source;
  LaunchRecord r;
  r.function = "rms_norm_fwd";
  r.arguments = {
      {"x", ArgumentRecord::Kind::tensor, ArgumentRecord::Access::in, DType::bf16, 2},
      {"w", ArgumentRecord::Kind::absent_tensor, ArgumentRecord::Access::in, DType::f32, 0},
      {"eps", ArgumentRecord::Kind::scalar, ArgumentRecord::Access::in, DType::f32, 0},
      {"workspace_0", ArgumentRecord::Kind::workspace, ArgumentRecord::Access::in_out, DType::i32,
       2}};
  r.parameters = {{Source::pointer, 0, 0, DType::i64},  {Source::extent, 0, 1, DType::i32},
                  {Source::stride, 0, 0, DType::i64},   {Source::scalar, 2, 0, DType::f32},
                  {Source::pointer, 3, 0, DType::i64},  {Source::multiprocessors, 0, 0, DType::i32},
                  {Source::tensor_map, 0, 0, DType::u8}};
  r.grid[0].nodes = {{Op::extent, 0, 0, 0}, {Op::constant, 4}, {Op::cdiv}};
  r.requirements = {{0, 0, {{{Op::extent, 0, 0, 1}}}}};
  r.workspaces = {{3, {{{{Op::extent, 0, 0, 0}}}, {{{Op::multiprocessors}}}}}};
  TensorMapRecord map;
  map.argument = 0;
  map.rank = 2;
  map.dimensions[0] = {1, 64, 1};
  map.dimensions[1] = {0, 128, 2};
  map.swizzle = TensorMapRecord::Swizzle::bytes_128;
  map.promotion = TensorMapRecord::Promotion::bytes_256;
  map.fill = TensorMapRecord::Fill::nans;
  r.tensor_maps = {map};
  r.threads = 128;
  r.dynamic_shared = 64;
  return r;
}

inline format::Entry sample_entry() {
  using namespace format;
  Entry e;
  e.program = {1, 2};
  e.arch = "sm_90a";
  e.payload_kind = PayloadKind::ptx;
  e.assembler = "ptxas 13.0";
  e.payload = {std::byte{1}, std::byte{2}, std::byte{3}};
  e.resources = {32, 0, 0, 4096, 0, 1};
  e.launch = sample_record();
  e.milliseconds = {{"trace", 0.25}, {"llvm", 12.5}};
  e.remarks = {{"pipeline", "norms.cpp:12:3", "declined: the loop has one stage"}};
  return e;
}

}  // namespace tegula::testing
