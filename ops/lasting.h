// The library's kernels and ops.
#pragma once

#include <utility>

namespace tegula::ops {

/// The kernel, or the op, never destroyed: an op may be called by the destructor of a static object
/// of the program's, which in a program of archives is older than those in here.
template <class T>
const T& lasting(T object) {
  return *new T(std::move(object));
}

}  // namespace tegula::ops
