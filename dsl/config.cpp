#include "tegula/dsl/config.h"

namespace tegula::detail {

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
