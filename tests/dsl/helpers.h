// Tracing a kernel in a test, and looking at what came of it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dsl/program/program.h"
#include "tegula/dsl.h"

namespace tegula::testing {

/// Every kernel of these tests is traced twice.
inline const bool checked = (set_checked_tracing(true), true);

struct NoConfig {};

inline KernelArgument tensor(DType dtype, const Dims& shape) {
  return KernelArgument::example(dtype, shape);
}
inline KernelArgument absent() { return TensorRef{}; }

template <class C, class... P>
program::Program trace(const Kernel<C, P...>& kernel, const std::vector<KernelArgument>& arguments,
                       const C& config = {}) {
  return program::deserialise(kernel.base().trace_program(kernel.with(config).config(), arguments));
}

/// The instructions alone, without the declarations before them.
inline std::string body(const program::Program& program) {
  const std::string text = to_text(program);
  std::size_t at = text.find("\ngrid [");
  while ((at = text.find('\n', at)) != std::string::npos && text.compare(at + 1, 7, "require") == 0)
    ++at;
  at = text.find("\n  ", at);
  return text.substr(at);
}

/// The error that `run` throws; fails the test if it throws none.
template <class F>
Error error_of(F&& run) {
  try {
    run();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error was thrown";
  return Error(ErrorCode::unsupported, {});
}

/// ":LINE:" as it stands in the place that an error names.
inline std::string at_line(int line) { return ":" + std::to_string(line) + ":"; }

}  // namespace tegula::testing
