// The small notations of the command line: 64x4096:bf16, name=value, k=v,k=v.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tegula/dtype.h"
#include "tegula/tensor.h"

namespace tegula::cli {

/// All of these throw Error{invalid_argument} that names `option` (such as "--random"), what it got
/// and what it wants.

/// "name=value" at the first '='.
std::pair<std::string, std::string> split_assignment(std::string_view text,
                                                     std::string_view option);

/// A shape, and a dtype if one is written: "64x4096:bf16", "4096", "scalar:f32".
struct ShapeAndDType {
  Dims shape;
  std::optional<DType> dtype;
};
ShapeAndDType parse_shape(std::string_view text, std::string_view option);

DType parse_dtype_value(std::string_view text, std::string_view option);

/// "FILE.npy" or "FILE.npy:DTYPE". A colon that belongs to the path is kept: what follows the last
/// one counts only if the text does not end in .npy.
struct FileAndDType {
  std::string path;
  std::optional<DType> dtype;
};
FileAndDType parse_file(std::string_view text, std::string_view option);

/// "bn=4096,warps=8" to integers, in order. Empty text gives none.
using ConfigFields = std::vector<std::pair<std::string, std::int64_t>>;
ConfigFields parse_config(std::string_view text, std::string_view option);

std::int64_t parse_integer(std::string_view text, std::string_view argument);
/// 0 to 2^64 - 1.
std::uint64_t parse_unsigned(std::string_view text, std::string_view argument);
double parse_number(std::string_view text, std::string_view argument);
/// 1, 0, true, false.
bool parse_flag(std::string_view text, std::string_view argument);

/// "f32, f16, bf16" from names.
std::string join(const std::vector<std::string>& names);

}  // namespace tegula::cli
