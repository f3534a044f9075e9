#include "tegula/dsl/config.h"

#include <algorithm>

#include "tegula/error.h"

namespace tegula::detail {
namespace {

bool can_hold(const ConfigFieldInfo& field, std::int64_t value) {
  if (field.is_bool) return value == 0 || value == 1;
  const unsigned bits = 8 * static_cast<unsigned>(field.bytes);
  if (bits == 64) return true;
  if (!field.is_signed) return value >= 0 && value < (std::int64_t{1} << bits);
  return value >= -(std::int64_t{1} << (bits - 1)) && value < (std::int64_t{1} << (bits - 1));
}

}  // namespace

std::string field_names(std::span<const ConfigFieldInfo> fields) {
  std::string text;
  for (const ConfigFieldInfo& field : fields) text += (text.empty() ? "" : ", ") + field.name;
  return text.empty() ? "none" : text;
}

std::size_t find_config_field(std::string_view where, std::span<const ConfigFieldInfo> fields,
                              std::string_view name, std::int64_t value, std::string_view prefix) {
  const auto field = std::ranges::find(fields, name, &ConfigFieldInfo::name);
  if (field == fields.end())
    throw Error(ErrorCode::invalid_argument, {.where = std::string(where),
                                              .argument = std::string(prefix) + std::string(name),
                                              .problem = "the kernel has no such config field",
                                              .wanted = field_names(fields)});
  if (!can_hold(*field, value))
    throw Error(ErrorCode::invalid_argument, {.where = std::string(where),
                                              .argument = std::string(prefix) + std::string(name),
                                              .problem = "the config field cannot hold the value",
                                              .got = std::to_string(value)});
  return static_cast<std::size_t>(field - fields.begin());
}

Config read_config(const void* object, std::span<const ConfigFieldInfo> fields) {
  Config config;
  for (const ConfigFieldInfo& field : fields) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, static_cast<const char*>(object) + field.offset, field.bytes);
    const unsigned unused = 64 - 8 * static_cast<unsigned>(field.bytes);
    config.values[config.size++] = field.is_signed
                                       ? static_cast<std::int64_t>(bits << unused) >> unused
                                       : static_cast<std::int64_t>(bits);
  }
  return config;
}

void write_config(void* object, std::span<const ConfigFieldInfo> fields,
                  std::span<const std::int64_t> values) {
  for (std::size_t i = 0; i < fields.size() && i < values.size(); ++i)
    std::memcpy(static_cast<char*>(object) + fields[i].offset, &values[i], fields[i].bytes);
}

}  // namespace tegula::detail
