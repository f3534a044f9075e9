// The hardware's approximations, each alone: one instruction of PTX, written by hand, and the
// simulator's opcode for it. The language uses ex2 and rsqrt of them; the others' rows in
// docs/simulator-image.md have nothing else to be confirmed by.
#include <cmath>

#include <fmt/format.h>

#include "runtime/format/entry.h"
#include "tests/golden/approximation.h"
#include "tests/runtime/sim/image_builder.h"
#include "tests/runtime/sim/run_image.h"

namespace tegula::golden {
namespace {

using testing::ImageBuilder;
using testing::Opcode;
using testing::Reg;
using testing::Scalar;

constexpr std::uint32_t warps = 4, threads = 32 * warps;

struct Approximation {
  const char* name;  ///< as in PTX, before ".approx.f32"
  Opcode opcode;
  long double (*reference)(long double);
};
const Approximation approximations[] = {
    {"rcp", Opcode::rcp_approx, [](long double x) { return 1 / x; }},
    {"rsqrt", Opcode::rsqrt_approx, [](long double x) { return 1 / std::sqrt(x); }},
    {"ex2", Opcode::ex2_approx, std::exp2},
    {"lg2", Opcode::lg2_approx, std::log2},
    {"sin", Opcode::sin_approx, std::sin},
    {"cos", Opcode::cos_approx, std::cos},
    {"tanh", Opcode::tanh_approx, std::tanh},
};

/// y[i] = f(x[i]), an element a thread.
format::Image image_of(const Approximation& what, const std::string& arch) {
  ImageBuilder b(warps);
  b.image().arch = arch;
  const Reg x = b.parameter(Scalar::i64), y = b.parameter(Scalar::i64);
  const Reg block = b.op(Opcode::imul, Scalar::i32, 1,
                         {b.special(testing::Special::ctaid_x), b.i32(static_cast<int>(threads))});
  const Reg i = b.op(Opcode::iadd, Scalar::i32, 1, {block, b.special(testing::Special::tid_x)});
  const Reg v = b.load(b.address(x, i, 4), Scalar::f32, 1, 4);
  b.store(b.address(y, i, 4), b.op(what.opcode, Scalar::f32, 1, {v}), 4);
  b.ret();
  return b.image();
}

format::Entry entry_of(const Approximation& what, const Target& target) {
  format::Entry entry = testing::entry_of(image_of(what, target.arch));
  if (target.backend == Target::Backend::ptx) {
    const std::string ptx = approximation_ptx(what.name);
    const auto* bytes = reinterpret_cast<const std::byte*>(ptx.data());
    entry.payload_kind = format::PayloadKind::ptx;
    entry.payload.assign(bytes, bytes + ptx.size());
  }
  return entry;
}

void run(const Approximation& what, Stream& stream, const Tensor& x, const Tensor& y) {
  const std::shared_ptr<Device>& device = stream.device();
  const auto kernel = device->load(entry_of(what, device->target()), {});
  const std::int64_t n = element_count(x.shape());
  void *from = x.data(), *to = y.data();
  void* const parameters[] = {&from, &to};
  const auto range = [&](const char* name, void* data, bool writable) {
    const auto begin = reinterpret_cast<std::uintptr_t>(data);
    return ArgumentRange{name, begin, begin + static_cast<std::size_t>(4 * n), writable};
  };
  const ArgumentRange arguments[] = {range("x", from, false), range("y", to, true)};
  device->launch(*kernel, {.grid = {static_cast<std::uint32_t>(n / threads), 1, 1},
                           .threads = threads,
                           .stream = stream.native(),
                           .parameters = parameters,
                           .arguments = arguments});
  stream.synchronize();  // before the kernel is unloaded
}

}  // namespace

std::string approximation_ptx(const char* name) {
  return fmt::format(R"(.version 7.0
.target sm_80
.address_size 64
.visible .entry hand_made(.param .u64 x, .param .u64 y)
{{
  .reg .b64 %from, %to, %offset;
  .reg .b32 %block, %size, %thread, %index;
  .reg .f32 %value;
  ld.param.u64 %from, [x];
  ld.param.u64 %to, [y];
  mov.u32 %block, %ctaid.x;
  mov.u32 %size, %ntid.x;
  mov.u32 %thread, %tid.x;
  mad.lo.u32 %index, %block, %size, %thread;
  mul.wide.u32 %offset, %index, 4;
  add.u64 %from, %from, %offset;
  add.u64 %to, %to, %offset;
  ld.global.f32 %value, [%from];
  {}.approx.f32 %value, %value;
  st.global.f32 [%to], %value;
  ret;
}}
)",
                     name);
}

std::vector<std::string> approximation_names() {
  std::vector<std::string> names;
  for (const Approximation& what : approximations) names.emplace_back(what.name);
  return names;
}

std::vector<Case> approximation_cases(std::int64_t samples) {
  std::vector<Case> cases;
  for (const Approximation& what : approximations) {
    Host x = any_bits(f32, (samples + threads - 1) / threads * threads, 5);
    Host y = zeros_of(f32, x.shape);
    cases.push_back({.name = std::string("approximation/") + what.name,
                     .exact = false,
                     .inputs = {std::move(x)},
                     .outputs = {std::move(y)},
                     .run = [&what](Stream& stream, const auto& in,
                                    const auto& out) { run(what, stream, in[0], out[0]); },
                     .reference = what.reference});
  }
  return cases;
}

}  // namespace tegula::golden
