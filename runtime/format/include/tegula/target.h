// What kernels are compiled for.
#pragma once

#include <cstdint>
#include <string>

#pragma GCC visibility push(default)
namespace tegula {

struct Target {
  enum class Backend : std::uint8_t { ptx, sim };
  Backend backend = Backend::ptx;
  std::string arch;  ///< "sm_90a"
  friend bool operator==(const Target&, const Target&) = default;
};

}  // namespace tegula
#pragma GCC visibility pop
