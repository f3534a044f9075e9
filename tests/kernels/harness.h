// Tests of the language end to end: a small kernel, run on simulators of two architectures with all
// checks on, and assembled for three; on a GPU as well, if asked to (tests/support/gpu_target.h).
//
// A test is written once, against KernelTest, and runs for each of kernel_targets(). For the "ptx:"
// targets `launch` compiles and assembles the kernel for these arguments instead of running it, and
// the expect_* functions, which have nothing to look at, return at once.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tegula/compiler.h"
#include "tegula/dsl.h"
#include "tegula/simulator.h"
#include "tests/support/gpu_target.h"

namespace tegula::testing {

inline std::vector<const char*> kernel_targets() {
  return with_gpu({"sim:sm_80", "sim:sm_90a", "ptx:sm_80", "ptx:sm_90a", "ptx:sm_120"});
}
/// Of tests whose meaning is the simulator's.
inline constexpr const char* sim_targets[] = {"sim:sm_80", "sim:sm_90a"};

/// What an f16, bf16, f32, f64 holds of each value.
std::vector<double> rounded(DType dtype, std::vector<double> values);
/// The low bits that an integer dtype holds, as that dtype reads them.
std::int64_t wrapped(DType dtype, std::int64_t value);
/// normal(0, 1) as the dtype holds it, the same for the same seed.
std::vector<double> random_floats(DType dtype, std::int64_t count, std::uint64_t seed = 1);
/// From low to high, both included.
std::vector<std::int64_t> random_integers(std::int64_t low, std::int64_t high, std::int64_t count,
                                          std::uint64_t seed = 1);

class KernelTest : public ::testing::TestWithParam<const char*> {
  TestTarget target_{GetParam()};

 protected:
  void SetUp() override;

  /// True where kernels are assembled and not run.
  bool assembles() const { return target_.assembles; }
  /// True where they run on a simulator, which counts, checks and takes options.
  bool simulates() const { return target_.simulates; }
  /// True where they run on a GPU.
  bool on_gpu() const { return !target_.assembles && !target_.simulates; }
  const std::string& arch() const { return target_.arch; }

  /// Row-major tensors on the device. Floats are rounded to nearest even; of integers the low bits
  /// count.
  Tensor floats(DType dtype, const Dims& shape, const std::vector<double>& values);
  Tensor integers(DType dtype, const Dims& shape, const std::vector<std::int64_t>& values);
  /// Every element the same; the dtype decides whether it is a float or an integer.
  Tensor filled(DType dtype, const Dims& shape, double value);

  static std::vector<double> read_floats(const Tensor& tensor);
  static std::vector<std::int64_t> read_integers(const Tensor& tensor);

  template <class C, class... P, class... A>
  void launch(const Kernel<C, P...>& kernel, const C& config, const A&... arguments) {
    static_assert(sizeof...(P) == sizeof...(A));
    if (!assembles()) return kernel.with(config).launch(stream, arguments...);
    const std::vector<KernelArgument> list = {
        KernelArgument(static_cast<typename std::remove_cvref_t<P>::Host>(arguments))...};
    assemble(kernel.base(), kernel.with(config).config(), list);
  }

  /// The LLVM module that both targets are made from, as text.
  template <class C, class... P, class... A>
  std::string llvm_of(const Kernel<C, P...>& kernel, const C& config, const A&... arguments) const {
    return text_of(compiler::Stage::llvm, kernel, config, arguments...);
  }
  /// PTX for the target's architecture, the simulated one's too.
  template <class C, class... P, class... A>
  std::string ptx_of(const Kernel<C, P...>& kernel, const C& config, const A&... arguments) const {
    return text_of(compiler::Stage::ptx, kernel, config, arguments...);
  }

  /// Bit for bit, but any NaN is a NaN: -0 is not +0.
  void expect_floats(const Tensor& got, const std::vector<double>& wanted) const;
  /// At most `tolerance` times max(1, |wanted|) apart.
  void expect_near(const Tensor& got, const std::vector<double>& wanted, double tolerance) const;
  void expect_integers(const Tensor& got, const std::vector<std::int64_t>& wanted) const;

  /// See TestTarget::simulator; tensors lie on stream.device().
  std::shared_ptr<SimDevice> device = target_.simulator;
  Stream stream{target_.device};

 private:
  void assemble(const KernelBase& kernel, const Config& config,
                std::span<const KernelArgument> arguments) const;
  template <class C, class... P, class... A>
  std::string text_of(compiler::Stage stage, const Kernel<C, P...>& kernel, const C& config,
                      const A&... arguments) const {
    const std::vector<KernelArgument> list = {
        KernelArgument(static_cast<typename std::remove_cvref_t<P>::Host>(arguments))...};
    return emitted(stage, kernel.base(), kernel.with(config).config(), list);
  }
  std::string emitted(compiler::Stage stage, const KernelBase& kernel, const Config& config,
                      std::span<const KernelArgument> arguments) const;
};

}  // namespace tegula::testing
