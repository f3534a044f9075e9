// bench_simulator: how fast the simulator runs, with checks and without.
//
//   bench_simulator [ROUNDS] [THREADS]
//
// runs rms_norm_fn at N = 4096 (bf16, 128 rows) and a few loops written as images ROUNDS times
// (default 5) on THREADS host threads (default 1), and prints one JSON object: for each, lane
// instructions a second of the best round with checks off and on, and how much the checks cost.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tegula/ops.h"
#include "tegula/simulator.h"
#include "tests/runtime/sim/image_builder.h"
#include "tests/runtime/sim/run_image.h"
#include "tools/common/standard_output.h"

namespace {

using namespace tegula;
using namespace tegula::testing;
using Json = nlohmann::ordered_json;

constexpr std::uint32_t blocks = 64;
constexpr std::int32_t rounds_of_a_loop = 200;

struct Settings {
  int rounds = 5;
  std::uint32_t threads = 1;
};

/// Lane instructions a second of the best of several rounds of `run`.
double rate(const Settings& settings, bool checks, const std::function<void(SimDevice&)>& run) {
  const auto device = make_sim_device("sm_90a", {.checks = checks, .threads = settings.threads});
  double best = 0;
  for (int round = -1; round < settings.rounds; ++round) {  // the first one warms up
    device->reset_statistics();
    const auto start = std::chrono::steady_clock::now();
    run(*device);
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    if (round >= 0)
      best =
          std::max(best, static_cast<double>(device->counters().lane_instructions) / spent.count());
  }
  return best;
}

Json measure(const Settings& settings, const std::function<void(SimDevice&)>& run) {
  const double off = rate(settings, false, run), on = rate(settings, true, run);
  Json json;
  json["checks_off"] = off;
  json["checks_on"] = on;
  json["cost"] = off / on;
  return json;
}

/// A kernel that runs `body` many times; `body` gets the number of the round.
format::Image loop(std::uint32_t warps, std::uint32_t shared_bytes,
                   const std::function<void(ImageBuilder&, Reg round, Reg x, Reg y)>& body) {
  ImageBuilder b(warps, shared_bytes);
  const Reg x = b.parameter(Scalar::i64), y = b.parameter(Scalar::i64);
  const Reg round = b.reg(Scalar::i32), zero = b.i32(0), one = b.i32(1);
  const Reg count = b.i32(rounds_of_a_loop);
  b.write(round, Opcode::move, {zero});
  const std::uint32_t head = b.here();
  body(b, round, x, y);
  b.write(round, Opcode::iadd, {round, one});
  const std::uint32_t again = b.cond_br(b.icmp(ICmp::slt, round, count), head);
  b.aim(again, 1, b.here());
  b.ret();
  return b.image();
}

/// The thread's number in the grid.
Reg thread_of(ImageBuilder& b) {
  const Reg block = b.special(Special::ctaid_x), threads = b.special(Special::ntid_x);
  return b.op(Opcode::iadd, Scalar::i32, 1,
              {b.op(Opcode::imul, Scalar::i32, 1, {block, threads}), b.special(Special::tid_x)});
}

format::Image arithmetic() {
  return loop(4, 0, [](ImageBuilder& b, Reg, Reg, Reg) {
    const Reg v = b.reg(Scalar::f32), c = b.f32(1.0001f);
    for (int k = 0; k < 8; ++k) b.write(v, Opcode::fma, {v, c, c});
  });
}

format::Image global_memory(int elements) {
  return loop(4, 0, [elements](ImageBuilder& b, Reg, Reg x, Reg y) {
    const Reg thread = thread_of(b);
    const int bytes = 4 * elements;
    const Reg v = b.load(b.address(x, thread, bytes), Scalar::f32, elements, bytes);
    b.store(b.address(y, thread, bytes), b.op(Opcode::fadd, Scalar::f32, elements, {v, v}), bytes);
  });
}

/// Through shared memory to another warp and back.
format::Image shared_memory(int elements) {
  const int bytes = 4 * elements;
  return loop(4, static_cast<std::uint32_t>(128 * bytes), [=](ImageBuilder& b, Reg, Reg, Reg) {
    const Reg v = b.reg(Scalar::f32, elements), tid = b.special(Special::tid_x);
    const Reg other = b.op(Opcode::ixor, Scalar::i32, 1, {tid, b.i32(32)});
    const Reg base = b.i32(0);
    b.store(b.address(base, tid, bytes), v, bytes);
    b.barrier();
    b.write(v, Opcode::load, {b.address(base, other, bytes)}, {bytes, 1});
    b.barrier();
  });
}

/// Every lane reads one word that lane 0 wrote, as reductions do.
format::Image broadcasts() {
  return loop(4, 16, [](ImageBuilder& b, Reg round, Reg, Reg) {
    const Reg lane = b.special(Special::lane), warp = b.special(Special::warp), zero = b.i32(0);
    b.store(b.address(zero, warp, 4), round, 4, b.icmp(ICmp::eq, lane, zero));
    b.barrier();
    for (int k = 0; k < 4; ++k) b.load(b.i32(4 * k), Scalar::i32, 1, 4);
    b.barrier();
  });
}

format::Image cp_async() {
  return loop(4, 2048, [](ImageBuilder& b, Reg, Reg x, Reg) {
    const Reg tid = b.special(Special::tid_x), base = b.i32(0), mask = b.i32(32);
    b.effect(Opcode::cp_async, {b.address(base, tid, 16), b.address(x, tid, 16)}, 16);
    b.effect(Opcode::cp_async_commit);
    b.effect(Opcode::cp_async_wait, {}, 0);
    b.barrier();
    const Reg other = b.op(Opcode::ixor, Scalar::i32, 1, {tid, mask});
    b.load(b.address(base, other, 16), Scalar::f32, 4, 16);
    b.barrier();
  });
}

format::Image atomics() {
  return loop(4, 0, [](ImageBuilder& b, Reg, Reg, Reg y) {
    b.atomic(no_register, Opcode::atomic_fadd,
             {b.address(y, b.special(Special::lane), 4), b.f32(1.0f)});
  });
}

Json measure_loops(const Settings& settings) {
  std::vector<float> memory(std::size_t{blocks} * 128 * 4 + 64), out_memory(memory.size());
  const auto aligned = [](std::vector<float>& m) {
    return reinterpret_cast<float*>((reinterpret_cast<std::uintptr_t>(m.data()) + 63) / 64 * 64);
  };
  const std::size_t bytes = std::size_t{blocks} * 128 * 16;
  const std::vector<Argument> arguments = {{"x", aligned(memory), bytes},
                                           {"y", aligned(out_memory), bytes, true}};
  const std::vector<std::pair<const char*, format::Image>> images = {
      {"fma", arithmetic()},
      {"global_4_bytes", global_memory(1)},
      {"global_16_bytes", global_memory(4)},
      {"shared_4_bytes", shared_memory(1)},
      {"shared_16_bytes", shared_memory(4)},
      {"shared_broadcast", broadcasts()},
      {"cp_async", cp_async()},
      {"atomic_fadd", atomics()},
  };
  Json json;
  for (const auto& [name, image] : images)
    json[name] = measure(settings, [&, &code = image](SimDevice& device) {
      run_image(device, code, arguments, {{blocks, 1, 1}});
    });
  return json;
}

Json measure_rms_norm(const Settings& settings) {
  constexpr std::int64_t rows = 128, columns = 4096;
  // A device keeps its options; the tensors live on the one that runs.
  const auto on = [&](bool checks) {
    const auto device = make_sim_device("sm_90a", {.checks = checks, .threads = settings.threads});
    Stream stream(device);
    const std::vector<std::uint16_t> ones(rows * columns, 0x3f80);
    Tensor x = stream.empty(DType::bf16, {rows, columns});
    Tensor weight = stream.empty(DType::bf16, {columns});
    x.copy_from_host(ones.data(), ones.size() * 2);
    weight.copy_from_host(ones.data(), columns * 2);
    double best = 0;
    for (int round = -1; round < 4 * settings.rounds; ++round) {
      device->reset_statistics();
      const auto start = std::chrono::steady_clock::now();
      ops::rms_norm_fn(stream, x, weight);
      const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
      if (round >= 0)
        best = std::max(best,
                        static_cast<double>(device->counters().lane_instructions) / spent.count());
    }
    return best;
  };
  const double off = on(false), checked = on(true);
  Json json;
  json["checks_off"] = off;
  json["checks_on"] = checked;
  json["cost"] = off / checked;
  return json;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  if (argc > 1) settings.rounds = std::max(1, std::atoi(argv[1]));
  if (argc > 2) settings.threads = static_cast<std::uint32_t>(std::max(1, std::atoi(argv[2])));
  try {
    Json json;
    json["unit"] = "lane instructions a second";
    json["threads"] = settings.threads;
    json["rms_norm_4096"] = measure_rms_norm(settings);
    json["loops"] = measure_loops(settings);
    tools::put(json.dump(2) + "\n");
    tools::finish_output();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  return 0;
}
