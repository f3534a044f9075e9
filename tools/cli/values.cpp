#include "tools/cli/values.h"

#include <charconv>

#include <fmt/format.h>

#include "tegula/error.h"
#include "tools/cli/command.h"

namespace tegula::cli {
namespace {

constexpr std::string_view dtype_list = "f32, f16, bf16, f64, i1, u8, i32 or i64";

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

template <class Integer>
std::optional<Integer> integer(std::string_view text) {
  Integer value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string quoted(std::string_view text) { return fmt::format("'{}'", text); }

}  // namespace

std::pair<std::string, std::string> split_assignment(std::string_view text,
                                                     std::string_view option) {
  const std::size_t at = text.find('=');
  if (at == std::string_view::npos || at == 0)
    usage_error(std::string(option), "no assignment", quoted(text), "name=value");
  return {std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

ShapeAndDType parse_shape(std::string_view text, std::string_view option) {
  ShapeAndDType result;
  const std::size_t colon = text.find(':');
  const std::string_view shape = text.substr(0, colon);
  if (colon != std::string_view::npos)
    result.dtype = parse_dtype_value(text.substr(colon + 1), option);
  if (shape == "scalar") return result;
  for (const std::string_view part : split(shape, 'x')) {
    const auto extent = integer<std::int64_t>(part);
    if (!extent || *extent < 0)
      usage_error(std::string(option), "no shape", quoted(text),
                  "extents of 0 or more joined by x, then :DTYPE, such as 64x4096:bf16");
    if (result.shape.size() == Dims::capacity)
      usage_error(std::string(option), "too many dimensions", quoted(text),
                  fmt::format("at most {}", Dims::capacity));
    result.shape.push_back(*extent);
  }
  try {
    element_count(result.shape);
  } catch (const Error& error) {
    const ErrorDetails& details = error.details();
    usage_error(std::string(option), details.problem, quoted(text), details.wanted);
  }
  return result;
}

DType parse_dtype_value(std::string_view text, std::string_view option) {
  const auto dtype = parse_dtype(text);
  if (!dtype) usage_error(std::string(option), "no dtype", quoted(text), std::string(dtype_list));
  return *dtype;
}

FileAndDType parse_file(std::string_view text, std::string_view option) {
  if (text.empty()) usage_error(std::string(option), "no file is named", "", "name=FILE.npy");
  const std::size_t colon = text.rfind(':');
  if (text.ends_with(".npy") || colon == std::string_view::npos) return {std::string(text), {}};
  return {std::string(text.substr(0, colon)), parse_dtype_value(text.substr(colon + 1), option)};
}

ConfigFields parse_config(std::string_view text, std::string_view option) {
  ConfigFields fields;
  if (text.empty()) return fields;
  for (const std::string_view part : split(text, ',')) {
    const auto [name, value] = split_assignment(part, option);
    for (const auto& [given, unused] : fields)
      if (given == name) usage_error(std::string(option), "a field is given twice", name);
    fields.emplace_back(name, parse_integer(value, fmt::format("{} {}", option, name)));
  }
  return fields;
}

std::int64_t parse_integer(std::string_view text, std::string_view argument) {
  const auto value = integer<std::int64_t>(text);
  if (!value) usage_error(std::string(argument), "no integer", quoted(text), "an integer");
  return *value;
}

std::uint64_t parse_unsigned(std::string_view text, std::string_view argument) {
  const auto value = integer<std::uint64_t>(text);
  if (!value)
    usage_error(std::string(argument), "no whole number of 64 bits without a sign", quoted(text),
                fmt::format("0 to {}", UINT64_MAX));
  return *value;
}

double parse_number(std::string_view text, std::string_view argument) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    usage_error(std::string(argument), "no number", quoted(text), "a number such as 1e-6");
  return value;
}

bool parse_flag(std::string_view text, std::string_view argument) {
  if (text == "1" || text == "true" || text == "True") return true;
  if (text == "0" || text == "false" || text == "False") return false;
  usage_error(std::string(argument), "no truth value", quoted(text), "1, 0, true or false");
}

std::string join(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace tegula::cli
