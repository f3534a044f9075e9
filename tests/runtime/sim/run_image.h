// Runs images on a simulator: wraps them in an entry, packs parameters, declares arguments.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "runtime/format/entry.h"
#include "runtime/format/opcode.h"
#include "tegula/simulator.h"

namespace tegula::testing {

/// A kernel parameter: a tensor argument (passed as its address) or a scalar.
struct Argument {
  std::string name;
  void* data = nullptr;
  std::size_t bytes = 0;
  bool writable = false;
  bool is_scalar = false;
  std::uint64_t bits = 0;
  bool undefined = false;
};

template <class T>
Argument in(std::string name, const std::vector<T>& values) {
  return {std::move(name), const_cast<T*>(values.data()), values.size() * sizeof(T)};
}
template <class T>
Argument out(std::string name, std::vector<T>& values) {
  return {std::move(name), values.data(), values.size() * sizeof(T), true};
}
inline Argument scalar(std::uint64_t bits) { return {"", nullptr, 0, false, true, bits}; }

inline DType dtype_of(format::Scalar scalar) {
  using format::Scalar;
  constexpr DType dtypes[] = {DType::i1,  DType::i8,   DType::i16, DType::i32, DType::i64,
                              DType::f16, DType::bf16, DType::f32, DType::f64};
  return dtypes[static_cast<int>(scalar)];
}

inline format::Entry entry_of(const format::Image& image) {
  format::Entry entry;
  entry.arch = image.arch;
  entry.payload_kind = format::PayloadKind::image;
  entry.payload = serialise(image);
  entry.launch.function = image.kernel;
  entry.launch.threads = image.warps * 32;
  for (const std::uint32_t reg : image.parameters) {
    format::KernelParameter p;
    p.source = format::KernelParameter::Source::scalar;
    p.dtype = dtype_of(image.registers[reg].scalar);
    entry.launch.parameters.push_back(p);
  }
  return entry;
}

struct LaunchShape {
  std::array<std::uint32_t, 3> grid = {1, 1, 1};
  std::uint32_t dynamic_shared = 0;
};

inline void launch(SimDevice& device, const LoadedKernel& kernel, std::uint32_t warps,
                   std::vector<Argument> arguments, const LaunchShape& shape = {}) {
  std::vector<std::uint64_t> values;
  std::vector<ArgumentRange> ranges;
  for (const Argument& a : arguments) {
    const auto begin = reinterpret_cast<std::uintptr_t>(a.data);
    values.push_back(a.is_scalar ? a.bits : begin);
    if (!a.is_scalar) ranges.push_back({a.name, begin, begin + a.bytes, a.writable, a.undefined});
  }
  std::vector<void*> pointers;
  for (std::uint64_t& value : values) pointers.push_back(&value);
  device.launch(kernel, {.grid = shape.grid,
                         .threads = warps * 32,
                         .dynamic_shared = shape.dynamic_shared,
                         .parameters = pointers,
                         .arguments = ranges});
}

inline void run_image(SimDevice& device, const format::Image& image,
                      std::vector<Argument> arguments, const LaunchShape& shape = {},
                      std::vector<SourceLocation> locations = {}) {
  const auto kernel = device.load(entry_of(image), std::move(locations));
  launch(device, *kernel, image.warps, std::move(arguments), shape);
}

}  // namespace tegula::testing
