// What the lessons share: a device, and tensors to and from it.
#pragma once

#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "tegula/device.h"
#include "tegula/error.h"

namespace examples {

/// A device is opened by name. The library never picks another one behind your back, so a program
/// that can do without a GPU says so itself: here, by falling back to the simulator.
inline std::shared_ptr<tegula::Device> open_any_device() {
  try {
    return tegula::open_device("cuda:0");
  } catch (const tegula::Error& error) {
    std::printf("no GPU (%s)\n", error.details().problem.c_str());
    return tegula::open_device("sim:sm_90a");
  }
}

/// A tensor lives on a device: stream.empty() allocates there, copy_from_host() fills it and waits.
template <class T>
tegula::Tensor upload(tegula::Stream& stream, tegula::DType dtype, const tegula::Dims& shape,
                      const std::vector<T>& values) {
  tegula::Tensor tensor = stream.empty(dtype, shape);
  tensor.copy_from_host(values.data(), values.size() * sizeof(T));
  return tensor;
}

template <class T>
std::vector<T> download(const tegula::Tensor& tensor) {
  std::vector<T> values(static_cast<std::size_t>(element_count(tensor.shape())));
  tensor.copy_to_host(values.data(), values.size() * sizeof(T));
  return values;
}

/// Normally distributed numbers, the same in every run.
inline std::vector<float> normal_values(std::size_t count, float mean, std::uint32_t seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(mean, 1);
  std::vector<float> values(count);
  for (float& value : values) value = normal(generator);
  return values;
}

/// Runs a lesson. Every mistake that you can mend is a tegula::Error; its text names the argument,
/// what it got and what it wants, and what to do.
inline int run_lesson(const std::function<int()>& lesson) {
  try {
    const int status = lesson();
    // A full disk would otherwise be seen by nobody.
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
    std::fputs("standard output cannot be written\n", stderr);
    return 3;
  } catch (const tegula::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return error.code() == tegula::ErrorCode::environment ? 3 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

}  // namespace examples
