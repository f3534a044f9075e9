// Lesson 1: an op of the library on a file of yours.
//
//   01_rms_norm x.npy [weight.npy]
//
// reads x, a float32 or float16 array (..., N) as numpy.save writes it, and optionally a weight
// (N,); computes y = x / rms(x) * weight over the last dimension; prints the first values; and
// saves y.npy, float32, in the current directory.
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "examples/common/common.h"
#include "tegula/ops.h"
#include "tools/npy/npy.h"

namespace {

using tegula::DType;
using tegula::Tensor;

// A tensor lives on a device. stream.empty() allocates there, copy_from_host() fills it and waits.
Tensor upload(tegula::Stream& stream, const tegula::npy::Array& array) {
  Tensor tensor = stream.empty(array.dtype, array.shape);
  tensor.copy_from_host(array.data.data(), array.data.size());
  return tensor;
}

tegula::npy::Array from_floats(const tegula::Dims& shape, const std::vector<float>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {DType::f32, shape, {bytes.begin(), bytes.end()}};
}

int normalise(const std::string& x_path, const std::string& weight_path) {
  const tegula::npy::Array x = tegula::npy::read_file(x_path);
  const std::int64_t n = x.shape.empty() ? 0 : x.shape.back();
  const tegula::npy::Array weight =
      weight_path.empty() ? from_floats({n}, std::vector<float>(static_cast<std::size_t>(n), 1.0F))
                          : tegula::npy::read_file(weight_path);

  // Work happens in order on a stream. The tensors' device decides where the kernel runs.
  tegula::Stream stream(examples::open_any_device());
  std::printf("running on %s\n", stream.device()->name().c_str());
  const Tensor x_device = upload(stream, x), weight_device = upload(stream, weight);

  // The first call for a shape class traces the kernel, compiles it and keeps it; later calls
  // launch at once. Options go by name. Each tensor may have a dtype of its own; y gets that of x
  // unless you ask for another. What is allocated for you comes back in the result.
  const tegula::ops::NormOut result = tegula::ops::rms_norm_fn(
      stream, x_device, weight_device, {.eps = 1e-6F, .out_dtype = DType::f32});

  std::vector<float> y(static_cast<std::size_t>(element_count(result.y.shape())));
  result.y.copy_to_host(y.data(), y.size() * sizeof(float));
  std::printf("y (%s):", to_string(result.y.shape()).c_str());
  for (std::size_t i = 0; i < y.size() && i < 8; ++i) std::printf(" %.6g", y[i]);
  std::printf("%s\n", y.size() > 8 ? " ..." : "");
  tegula::npy::write_file("y.npy", from_floats(result.y.shape(), y));
  std::printf("saved y.npy\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: %s x.npy [weight.npy]\n", argv[0]);
    return 2;
  }
  return examples::run_lesson([&] { return normalise(argv[1], argc == 3 ? argv[2] : ""); });
}
