// The library's kernels.
#pragma once

#include <utility>

namespace tegula::ops {

/// The kernel, never destroyed: an op may be called by the destructor of a static object of the
/// program's, which in a program of archives is older than those in here.
template <class K>
const K& lasting(K kernel) {
  return *new K(std::move(kernel));
}

}  // namespace tegula::ops
