#include "tegula/error.h"

namespace tegula {
namespace {

std::string message(const ErrorDetails& d) {
  std::string text;
  if (!d.where.empty()) text += d.where + ": ";
  text += "error: ";
  if (!d.argument.empty()) text += d.argument + ": ";
  text += d.problem;
  if (!d.got.empty() || !d.wanted.empty()) {
    text += " (";
    if (!d.got.empty()) text += "got " + d.got;
    if (!d.got.empty() && !d.wanted.empty()) text += "; ";
    if (!d.wanted.empty()) text += "wanted " + d.wanted;
    text += ")";
  }
  if (!d.hint.empty()) text += "; " + d.hint;
  return text;
}

}  // namespace

const char* error_code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "invalid_argument";
    case ErrorCode::kernel:
      return "kernel";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::out_of_resources:
      return "out_of_resources";
    case ErrorCode::environment:
      return "environment";
    case ErrorCode::device_fault:
      return "device_fault";
    case ErrorCode::corrupt_data:
      return "corrupt_data";
  }
  return "unknown";
}

Error::Error(ErrorCode code, ErrorDetails details)
    : std::runtime_error(message(details)), code_(code), details_(std::move(details)) {}

InternalError::InternalError(const std::string& what) : std::logic_error(preamble + what) {}

}  // namespace tegula
