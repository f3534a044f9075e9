#include "ops/norm/argument_names.h"

#include <cctype>

namespace tegula::ops {

std::string with_outer_names(std::span<const ArgumentName> names, std::string text) {
  for (const ArgumentName& name : names) {
    const std::string inner = "of " + std::string(name.inner);
    std::size_t at = text.find(inner);
    while (at != std::string::npos) {
      const std::size_t end = at + inner.size();
      const bool whole =
          end == text.size() ||
          (std::isalnum(static_cast<unsigned char>(text[end])) == 0 && text[end] != '_');
      const std::string outer = "of " + std::string(name.outer);
      if (whole) text.replace(at, inner.size(), outer);
      at = text.find(inner, at + (whole ? outer.size() : inner.size()));
    }
  }
  return text;
}

}  // namespace tegula::ops
