// The tensors of a kernel's specialisation: those that `tegula emit` is given, and, of a kernel
// that an op launches, those that a call of it would have besides.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "tegula/dsl/kernel_base.h"

namespace tegula::cli {

struct Binding {
  DType dtype = DType::f32;
  Dims shape;
};
using Bindings = std::map<std::string, Binding, std::less<>>;

struct Specialised {
  Bindings bindings;
  Config config;
};

/// `given`, and what an op that launches the kernel binds and chooses with tensors such as these.
/// Of a kernel that no op launches: `given`, and the kernel's own defaults.
Specialised complete(const KernelBase& kernel, const Bindings& given);

/// Throws Error{invalid_argument} listing the kernels.
const KernelBase& find_kernel(std::string_view name);

/// "64x4096:bf16".
std::string to_string(const Binding& binding);

}  // namespace tegula::cli
