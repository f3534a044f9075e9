// Configurations: a kernel's config struct without its type. The fields that a kernel registers are
// integers, bools or enums; their values, in order of registration, make a Config.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tegula/dsl/handle.h"

#pragma GCC visibility push(default)
namespace tegula {

/// The values of a kernel's config fields, held inline so that a launch does not allocate.
struct Config {
  static constexpr std::size_t capacity = 24;
  std::array<std::int64_t, capacity> values{};
  std::size_t size = 0;

  std::span<const std::int64_t> span() const { return {values.data(), size}; }
  friend bool operator==(const Config& a, const Config& b) {
    return a.size == b.size && a.values == b.values;
  }
};

/// A registered field: where it is in the struct, and what the tuner may try.
struct ConfigFieldInfo {
  std::string name;
  std::int64_t initial = 0;         ///< the struct's default
  std::vector<std::int64_t> sweep;  ///< empty: not swept
  std::size_t offset = 0, bytes = 0;
  bool is_signed = true;
  bool is_bool = false;
};

namespace detail {

/// Stands for any field when counting those of an aggregate.
struct AnyField {
  template <class T>
  operator T() const;
};

/// How many fields an aggregate has: the most initialisers that it takes.
template <class C, class... Fields>
constexpr std::size_t field_count() {
  if constexpr (sizeof...(Fields) > Config::capacity)
    return sizeof...(Fields);
  else if constexpr (requires { C{Fields{}..., AnyField{}}; })
    return field_count<C, Fields..., AnyField>();
  else
    return sizeof...(Fields);
}

template <class C, class F>
ConfigFieldInfo describe_field(const char* name, F C::*member) {
  static_assert(std::is_integral_v<F> || std::is_enum_v<F>,
                "a config field is an integer, a bool or an enum");
  const C initial{};
  ConfigFieldInfo field;
  field.name = name;
  field.initial = static_cast<std::int64_t>(initial.*member);
  field.offset = static_cast<std::size_t>(reinterpret_cast<const char*>(&(initial.*member)) -
                                          reinterpret_cast<const char*>(&initial));
  field.bytes = sizeof(F);
  field.is_bool = std::is_same_v<F, bool>;
  if constexpr (std::is_enum_v<F>)
    field.is_signed = std::is_signed_v<std::underlying_type_t<F>>;
  else
    field.is_signed = std::is_signed_v<F>;
  return field;
}

/// From the bytes of a config struct to the values of its fields, and back.
Config read_config(const void* object, std::span<const ConfigFieldInfo> fields);
void write_config(void* object, std::span<const ConfigFieldInfo> fields,
                  std::span<const std::int64_t> values);
/// "rows, bn, warps"; "none" if there are none.
std::string field_names(std::span<const ConfigFieldInfo> fields);
/// The field's number. Throws Error{invalid_argument}, whose `where` is that and whose argument is
/// `prefix` and the name, if there is no such field, or if it cannot hold the value.
std::size_t find_config_field(std::string_view where, std::span<const ConfigFieldInfo> fields,
                              std::string_view name, std::int64_t value,
                              std::string_view prefix = "");

}  // namespace detail
}  // namespace tegula
#pragma GCC visibility pop
