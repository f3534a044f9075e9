#include "dsl/trace/core/errors.h"

namespace tegula::detail {

std::string to_text(const std::source_location& at) {
  if (at.line() == 0) return "";
  return std::string(at.file_name()) + ":" + std::to_string(at.line()) + ":" +
         std::to_string(at.column());
}

void fail(const std::source_location& at, ErrorDetails details) {
  details.where = to_text(at);
  throw Error(ErrorCode::kernel, std::move(details));
}

}  // namespace tegula::detail
