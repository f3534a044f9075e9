// The simulator as a device: names, memory, what it refuses to load and to launch.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tests/runtime/sim/image_builder.h"
#include "tests/runtime/sim/run_image.h"

namespace tegula::testing {
namespace {

using ::testing::HasSubstr;

template <class F>
std::string error_of(ErrorCode code, F&& f) {
  try {
    f();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), code) << e.what();
    return e.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

format::Image empty_kernel() {
  ImageBuilder b;
  b.parameter(Scalar::i64);
  b.ret();
  return b.image();
}

TEST(SimDevice, KnowsItsArchitectures) {
  for (const char* arch :
       {"sm_80", "sm_86", "sm_89", "sm_90", "sm_90a", "sm_100a", "sm_103a", "sm_120", "sm_121"}) {
    const auto device = make_sim_device(arch);
    EXPECT_EQ(device->name(), std::string("sim:") + arch);
    EXPECT_EQ(device->target(), (Target{Target::Backend::sim, arch}));
    EXPECT_GT(device->multiprocessors(), 0);
  }
  EXPECT_EQ(make_sim_device("sm_80")->multiprocessors(), 108);
  EXPECT_THAT(error_of(ErrorCode::invalid_argument, [] { make_sim_device("sm_70"); }),
              HasSubstr("sm_70"));
}

TEST(SimDevice, Memory) {
  const auto device = make_sim_device("sm_90a");
  void* data = device->allocate(1000);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(data) % 256, 0u);
  const std::string text = "a roof tile";
  std::string back(text.size(), ' ');
  device->copy_to_device(data, text.data(), text.size());
  device->copy_to_host(back.data(), data, back.size());
  EXPECT_EQ(back, text);
  device->copy_to_host(nullptr, data, 0);
  device->deallocate(data);
  device->deallocate(nullptr);
  EXPECT_THAT(
      error_of(ErrorCode::out_of_resources, [&] { device->allocate(std::size_t{1} << 60); }),
      HasSubstr("1152921504606846976 bytes"));
}

TEST(SimDevice, LoadsOnlyItsOwn) {
  const auto device = make_sim_device("sm_90a");
  format::Entry entry = entry_of(empty_kernel());
  EXPECT_NE(device->load(entry, {}), nullptr);
  entry.payload_kind = format::PayloadKind::ptx;
  EXPECT_THAT(error_of(ErrorCode::invalid_argument, [&] { device->load(entry, {}); }),
              HasSubstr("got PTX; wanted a simulator image"));
  entry = entry_of(empty_kernel());
  entry.arch = "sm_80";
  EXPECT_THAT(error_of(ErrorCode::invalid_argument, [&] { device->load(entry, {}); }),
              HasSubstr("got sm_80; wanted sm_90a"));
  entry = entry_of(empty_kernel());
  entry.launch.parameters[0].dtype = DType::i32;
  error_of(ErrorCode::corrupt_data, [&] { device->load(entry, {}); });
  entry = entry_of(empty_kernel());
  entry.payload.pop_back();
  error_of(ErrorCode::corrupt_data, [&] { device->load(entry, {}); });
}

TEST(SimDevice, ChecksACall) {
  const auto device = make_sim_device("sm_90a");
  const auto kernel = device->load(entry_of(empty_kernel()), {});
  std::uint64_t value = 0;
  void* parameters[] = {&value};
  EXPECT_THAT(error_of(ErrorCode::invalid_argument,
                       [&] { device->launch(*kernel, {.threads = 64, .parameters = parameters}); }),
              HasSubstr("got 64; wanted 32"));
  EXPECT_THAT(
      error_of(ErrorCode::invalid_argument, [&] { device->launch(*kernel, {.threads = 32}); }),
      HasSubstr("number of parameters"));
  error_of(ErrorCode::out_of_resources, [&] {
    device->launch(*kernel, {.threads = 32, .dynamic_shared = 300000, .parameters = parameters});
  });
  device->launch(*kernel, {.grid = {0, 1, 1}, .threads = 32, .parameters = parameters});
  EXPECT_EQ(device->counters().blocks, 0u);
  class Foreign : public LoadedKernel {};
  error_of(ErrorCode::invalid_argument, [&] { device->launch(Foreign(), {.threads = 32}); });
}

TEST(SimDevice, ScalarParametersOfEverySize) {
  ImageBuilder b;
  const Reg y = b.parameter(Scalar::i64);
  const Reg truth = b.parameter(Scalar::i1), half = b.parameter(Scalar::bf16);
  const Reg single = b.parameter(Scalar::f32), wide = b.parameter(Scalar::f64);
  Reg sum = b.op(Opcode::uitofp, Scalar::f64, 1, {truth});
  for (const Reg r : {half, single})
    sum = b.op(Opcode::fadd, Scalar::f64, 1, {sum, b.op(Opcode::fpext, Scalar::f64, 1, {r})});
  sum = b.op(Opcode::fadd, Scalar::f64, 1, {sum, wide});
  b.store(b.address(y, b.special(Special::lane), 8), sum, 8);
  b.ret();
  std::vector<double> got(32);
  const auto device = make_sim_device("sm_90a");
  run_image(*device, b.image(),
            {out("y", got), scalar(1), scalar(0x4000), scalar(std::bit_cast<std::uint32_t>(0.5f)),
             scalar(std::bit_cast<std::uint64_t>(100.25))});
  EXPECT_EQ(got, std::vector<double>(32, 103.75));
}

}  // namespace
}  // namespace tegula::testing
