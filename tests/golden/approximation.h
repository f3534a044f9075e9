// Kernels of one instruction (approximation_cases.cpp).
#pragma once

#include <string>
#include <vector>

#include "tests/golden/case.h"

namespace tegula::golden {

std::vector<std::string> approximation_names();
/// The kernel hand_made(x, y) of NAME.approx.f32, an element a thread.
std::string approximation_ptx(const char* name);
std::vector<Case> approximation_cases(std::int64_t samples);

}  // namespace tegula::golden
