// Exceptions, by whose fault it is. Error: the caller can mend it, and the message says how.
// InternalError: a fault of Tegula itself; the message asks for a report.
#pragma once

#include <stdexcept>
#include <string>

#pragma GCC visibility push(default)
namespace tegula {

enum class ErrorCode {
  invalid_argument,  ///< an argument of a call: rank, shape, dtype, range, aliasing
  kernel,            ///< the kernel's author wrote something that the language rejects
  unsupported,       ///< sound, but not on this architecture or in this version
  out_of_resources,  ///< shared memory, registers, device memory
  environment,       ///< a device, a driver, an assembler or a file is missing or refuses
  device_fault,      ///< a check of the simulator, or the device, found a fault in a running kernel
  corrupt_data,      ///< bytes that are no valid Program, entry or image
};

/// The short name of a code: "invalid_argument", ...
const char* error_code_name(ErrorCode code);

/// The fields of an Error's message. Empty ones are left out.
struct ErrorDetails {
  std::string where;     ///< "file.cpp:12:5" of the kernel's author, or the name of a call
  std::string argument;  ///< which argument or value was wrong
  std::string problem;   ///< one sentence
  std::string got;
  std::string wanted;
  std::string hint;  ///< what to do about it
};

/// A mistake outside Tegula. what() is one line of all the fields, in a fixed order:
/// `where: error: argument: problem (got G; wanted W); hint`.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, ErrorDetails details);

  ErrorCode code() const { return code_; }
  const ErrorDetails& details() const { return details_; }

 private:
  ErrorCode code_;
  ErrorDetails details_;
};

/// An invariant of Tegula does not hold.
class InternalError : public std::logic_error {
 public:
  explicit InternalError(const std::string& what);
  /// What what() begins with.
  static constexpr const char* preamble = "internal error of Tegula, please report it: ";
};

}  // namespace tegula
#pragma GCC visibility pop
