// Tests over the fake driver: each with the driver as new, and a compiler whose binaries it takes.
#pragma once

#include <string>
#include <vector>

#include "runtime/cuda/driver.h"
#include "tests/dsl/helpers.h"
#include "tests/dsl/launch/fake_compiler.h"
#include "tests/runtime/cuda/fake_cuda.h"
#include "tests/runtime/expect_error.h"

namespace tegula::testing {

using tegula::testing::expect_error;
using tegula::testing::FakeCuda;
using tegula::testing::FakeCudaLaunch;

inline std::uint32_t dynamic_shared = 0;
inline const std::string cubin =
    "\x7f"
    "ELF of a kernel";
inline std::string payload = cubin;

/// With a payload that the fake driver takes, or does not.
inline std::vector<std::byte> compile_for_cuda(std::span<const std::byte> request) {
  format::Entry entry = fake_entry(request);
  entry.payload_kind =
      payload.starts_with(".version") ? format::PayloadKind::ptx : format::PayloadKind::cubin;
  const auto data = std::as_bytes(std::span(payload));
  entry.payload.assign(data.begin(), data.end());
  entry.launch.dynamic_shared = dynamic_shared;
  return serialise(entry);
}

struct ScaleConfig {
  int bn = 64;
};
inline void scale(const ScaleConfig& c, In x, Out y, F32 factor) {
  auto [m, n] = dims2(x);
  require(y, {m, n});
  auto [i, j] = grid({m, cdiv(n, c.bn)});
  y.tiles({1, c.bn}).store(x.tiles({1, c.bn}).load({i, j}) * factor, {i, j});
}
inline const auto scale_kernel =
    kernel("scale", scale, {"x", "y", "factor"}).sweep("bn", &ScaleConfig::bn, {64});

/// Devices stay open, as they do in any process.
class Cuda : public WithFakeCompiler {
 protected:
  Cuda() : WithFakeCompiler(compile_for_cuda) {
    fake = FakeCuda();
    fake.earlier = fake_cuda_last_handle();
    fake_cuda_set_current(nullptr);
    dynamic_shared = 0;
    payload = cubin;
  }
  void TearDown() override { EXPECT_TRUE(fake.misuses.empty()) << fake.misuses.front(); }
  void call(Stream& stream, const Tensor& x, const Tensor& y) {
    scale_kernel.launch(stream, x, y, 2.0f);
  }

  FakeCuda& fake = *fake_cuda();
};

}  // namespace tegula::testing
