// The header of a .npy file: a Python dictionary literal of three known keys.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tegula::npy {

struct Header {
  std::string descr;  ///< "<f4"
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};

/// Throws Error{invalid_argument} naming `name` and where the text stops making sense.
Header parse_header(std::string_view text, std::string_view name);

}  // namespace tegula::npy
