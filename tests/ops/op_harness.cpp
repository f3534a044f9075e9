#include "tests/ops/op_harness.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "ops/reference/accuracy.h"
#include "ops/reference/number_format.h"
#include "ops/reference/transfer.h"

namespace tegula::testing {

using reference::download;

std::vector<double> normal_values(std::int64_t count, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  std::vector<double> values(static_cast<std::size_t>(count));
  for (double& value : values) value = normal(generator);
  return values;
}

PaddedTensor::PaddedTensor(Stream& stream, DType dtype, const Dims& shape, std::int64_t padding,
                           const std::vector<double>& values, std::int64_t lead)
    : lead_(lead), pitch_(shape.back() + padding) {
  const std::int64_t n = shape.back();
  const std::int64_t rows = element_count(shape) / std::max<std::int64_t>(n, 1);
  std::vector<double> padded(static_cast<std::size_t>(lead + rows * pitch_), std::nan(""));
  for (std::int64_t i = 0; i < rows * n; ++i)
    padded[static_cast<std::size_t>(lead + i / n * pitch_ + i % n)] =
        values[static_cast<std::size_t>(i)];
  storage_ = upload(stream, dtype, {lead + rows * pitch_}, padded);
  ref_ = storage_.ref();
  ref_.data = static_cast<std::byte*>(ref_.data) + lead * dtype_bytes(dtype);
  ref_.shape = shape;
  ref_.strides = shape;
  std::int64_t stride = 1;
  for (std::size_t d = shape.size(); d-- > 0;) {
    ref_.strides[d] = stride;
    stride = d + 1 == shape.size() ? pitch_ : stride * shape[d];
  }
}

bool PaddedTensor::is_element(std::size_t i) const {
  const std::int64_t place = static_cast<std::int64_t>(i) - lead_;
  return place >= 0 && place % pitch_ < ref_.shape.back();
}

std::vector<double> PaddedTensor::values() const {
  const std::vector<double> padded = download(storage_);
  std::vector<double> values;
  for (std::size_t i = 0; i < padded.size(); ++i)
    if (is_element(i)) values.push_back(padded[i]);
  return values;
}

bool PaddedTensor::padding_untouched() const {
  const std::vector<double> padded = download(storage_);
  for (std::size_t i = 0; i < padded.size(); ++i)
    if (!is_element(i) && !std::isnan(padded[i])) return false;
  return true;
}

Tensor upload(Stream& stream, DType dtype, const Dims& shape, const std::vector<double>& values) {
  Tensor tensor = stream.empty(dtype, shape);
  const std::vector<std::byte> bytes = reference::encode(dtype, values);
  tensor.copy_from_host(bytes.data(), bytes.size());
  return tensor;
}

void expect_within(const char* name, const std::vector<double>& got,
                   const std::vector<double>& ref64, const std::vector<double>& plain, DType dtype,
                   double factor) {
  const reference::Accuracy a = reference::compare(got, ref64, plain, dtype, factor);
  EXPECT_TRUE(a.passed) << name << ": max error " << a.max_error << ", bound " << a.bound
                        << ", plain error " << a.plain_error;
}

PaddedTensor OpTest::blank(DType dtype, const Dims& shape, std::int64_t padding) {
  const std::vector<double> nans(static_cast<std::size_t>(element_count(shape)), std::nan(""));
  return PaddedTensor(stream, dtype, shape, padding, nans);
}

SimCounters::Argument OpTest::argument(const char* name) const {
  const auto& arguments = device->counters().arguments;
  const auto at = arguments.find(name);
  return at == arguments.end() ? SimCounters::Argument{} : at->second;
}

}  // namespace tegula::testing
