// What the tests of the ops share: tensors on a device, the rule of accuracy, counters.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tegula/reference/rounding.h"
#include "tegula/device.h"
#include "tegula/simulator.h"
#include "tests/support/gpu_target.h"

namespace tegula::testing {

/// A tensor on the device filled from doubles, its rows `padding` elements apart; what lies between
/// them is NaN, and so are the `lead` elements before the first.
class PaddedTensor {
 public:
  PaddedTensor() = default;
  PaddedTensor(Stream& stream, DType dtype, const Dims& shape, std::int64_t padding,
               const std::vector<double>& values, std::int64_t lead = 0);
  TensorRef ref() const { return ref_; }
  /// As the dtype holds them, without the padding.
  std::vector<double> values() const;
  /// Whether what lies before the rows and between them is still NaN.
  bool padding_untouched() const;

 private:
  bool is_element(std::size_t i) const;
  Tensor storage_;
  std::int64_t lead_ = 0, pitch_ = 0;
  TensorRef ref_;
};

/// normal(0, 1), the same for the same seed.
std::vector<double> normal_values(std::int64_t count, std::uint64_t seed);

/// A contiguous tensor of these values, of any dtype.
Tensor upload(Stream& stream, DType dtype, const Dims& shape, const std::vector<double>& values);

/// Expects the rule of ops/reference/accuracy.h; `factor` is 2, for gradients 3.
void expect_within(const char* name, const std::vector<double>& got,
                   const std::vector<double>& ref64, const std::vector<double>& plain, DType dtype,
                   double factor = 2);

inline std::vector<const char*> op_targets() { return with_gpu({"sim:sm_80", "sim:sm_90a"}); }

/// A test on the simulator of one architecture, all checks on, or on a GPU. No test may leave a
/// report.
class OpTest : public ::testing::TestWithParam<const char*> {
  TestTarget target_{GetParam()};

 protected:
  void SetUp() override {
    if (!target_.missing.empty()) GTEST_SKIP() << target_.missing;
  }
  /// True where kernels run on a simulator, which counts and checks.
  bool simulates() const { return target_.simulates; }
  /// normal(0, 1) rounded to the dtype, in rows `padding` elements apart.
  PaddedTensor random(DType dtype, const Dims& shape, std::uint64_t seed,
                      std::int64_t padding = 0) {
    return PaddedTensor(stream, dtype, shape, padding, normal_values(element_count(shape), seed));
  }
  /// NaN everywhere: what an op must overwrite.
  PaddedTensor blank(DType dtype, const Dims& shape, std::int64_t padding = 0);
  /// What the launches since the last reset_statistics() asked of an argument.
  SimCounters::Argument argument(const char* name) const;
  void TearDown() override { EXPECT_TRUE(device->reports().empty()); }

  /// See TestTarget::simulator; tensors lie on stream.device().
  std::shared_ptr<SimDevice> device = target_.simulator;
  Stream stream{target_.device};
};

}  // namespace tegula::testing
