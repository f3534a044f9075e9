// The names of devices.
#pragma once

#include <string_view>

namespace tegula::runtime {

/// The N of "cuda:N"; -1 if the name is not of that form.
int cuda_ordinal(std::string_view name);

}  // namespace tegula::runtime
