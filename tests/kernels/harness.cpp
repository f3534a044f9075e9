#include "tests/kernels/harness.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <string_view>

#include "compiler/backend/ptx/assembler.h"
#include "ops/reference/number_format.h"

namespace tegula::testing {
namespace {

std::vector<std::byte> download(const Tensor& tensor) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(element_count(tensor.shape())) *
                               static_cast<std::size_t>(dtype_bytes(tensor.dtype())));
  if (!bytes.empty()) tensor.copy_to_host(bytes.data(), bytes.size());
  return bytes;
}

bool same(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

/// Compares element by element and tells of the first few that differ.
template <class T, class Equal>
void expect_each(const std::vector<T>& got, const std::vector<T>& wanted, Equal equal) {
  ASSERT_EQ(got.size(), wanted.size());
  int wrong = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (equal(got[i], wanted[i])) continue;
    if (++wrong <= 4) ADD_FAILURE() << "element " << i << " is " << got[i] << ", not " << wanted[i];
  }
  EXPECT_EQ(wrong, 0) << "of " << got.size() << " elements";
}

}  // namespace

std::vector<double> rounded(DType dtype, std::vector<double> values) {
  for (double& value : values) value = reference::round_to(dtype, value);
  return values;
}

std::int64_t wrapped(DType dtype, std::int64_t value) {
  if (dtype == DType::i1) return value & 1;
  const int spare = 64 - dtype_bits(dtype);
  const auto high = static_cast<std::uint64_t>(value) << spare;
  return is_signed_integer(dtype) ? static_cast<std::int64_t>(high) >> spare
                                  : static_cast<std::int64_t>(high >> spare);
}

std::vector<double> random_floats(DType dtype, std::int64_t count, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  std::vector<double> values(static_cast<std::size_t>(count));
  for (double& value : values) value = reference::round_to(dtype, normal(generator));
  return values;
}

std::vector<std::int64_t> random_integers(std::int64_t low, std::int64_t high, std::int64_t count,
                                          std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::uniform_int_distribution<std::int64_t> uniform(low, high);
  std::vector<std::int64_t> values(static_cast<std::size_t>(count));
  for (std::int64_t& value : values) value = uniform(generator);
  return values;
}

void KernelTest::SetUp() {
  if (!target_.missing.empty()) GTEST_SKIP() << target_.missing;
  if (assembles() && compiler::assemblers().empty())
    GTEST_SKIP() << "SKIP: no assembler (nvJitLink or ptxas) on this machine";
}

Tensor KernelTest::floats(DType dtype, const Dims& shape, const std::vector<double>& values) {
  Tensor tensor = stream.empty(dtype, shape);
  const std::vector<std::byte> bytes = reference::encode(dtype, values);
  if (!bytes.empty()) tensor.copy_from_host(bytes.data(), bytes.size());
  return tensor;
}

Tensor KernelTest::integers(DType dtype, const Dims& shape,
                            const std::vector<std::int64_t>& values) {
  Tensor tensor = stream.empty(dtype, shape);
  const auto size = static_cast<std::size_t>(dtype_bytes(dtype));
  std::vector<std::byte> bytes(values.size() * size);
  for (std::size_t i = 0; i < values.size(); ++i)
    std::memcpy(&bytes[i * size], &values[i], size);  // little endian: the low bytes
  if (!bytes.empty()) tensor.copy_from_host(bytes.data(), bytes.size());
  return tensor;
}

Tensor KernelTest::filled(DType dtype, const Dims& shape, double value) {
  const auto count = static_cast<std::size_t>(element_count(shape));
  if (is_float(dtype)) return floats(dtype, shape, std::vector<double>(count, value));
  return integers(dtype, shape, std::vector<std::int64_t>(count, static_cast<std::int64_t>(value)));
}

std::vector<double> KernelTest::read_floats(const Tensor& tensor) {
  return reference::decode(tensor.dtype(), download(tensor));
}

std::vector<std::int64_t> KernelTest::read_integers(const Tensor& tensor) {
  const std::vector<std::byte> bytes = download(tensor);
  const auto size = static_cast<std::size_t>(dtype_bytes(tensor.dtype()));
  std::vector<std::int64_t> values(bytes.size() / size, 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::memcpy(&values[i], &bytes[i * size], size);
    // An i1 is read as its whole byte, which must be 0 or 1.
    if (tensor.dtype() != DType::i1) values[i] = wrapped(tensor.dtype(), values[i]);
  }
  return values;
}

void KernelTest::expect_floats(const Tensor& got, const std::vector<double>& wanted) const {
  if (!assembles()) expect_each(read_floats(got), wanted, same);
}

void KernelTest::expect_near(const Tensor& got, const std::vector<double>& wanted,
                             double tolerance) const {
  if (assembles()) return;
  expect_each(read_floats(got), wanted, [&](double a, double b) {
    return same(a, b) || std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b));
  });
}

void KernelTest::expect_integers(const Tensor& got, const std::vector<std::int64_t>& wanted) const {
  if (!assembles()) expect_each(read_integers(got), wanted, std::equal_to<>());
}

void KernelTest::assemble(const KernelBase& kernel, const Config& config,
                          std::span<const KernelArgument> arguments) const {
  const Target target{Target::Backend::ptx, arch()};
  const auto emitted =
      compiler::emit(kernel.trace_program(config, arguments), target, compiler::Stage::cubin);
  EXPECT_FALSE(emitted.bytes.empty());
}

std::string KernelTest::emitted(compiler::Stage stage, const KernelBase& kernel,
                                const Config& config,
                                std::span<const KernelArgument> arguments) const {
  const Target target{Target::Backend::ptx, arch()};
  const auto bytes = compiler::emit(kernel.trace_program(config, arguments), target, stage).bytes;
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace tegula::testing
