// Any bytes as a Program: it is read, printed, and written again to the same bytes, or rejected
// with Error{corrupt_data}.
#include <algorithm>
#include <cstdlib>
#include <span>

#include "dsl/program/program.h"
#include "tegula/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tegula;
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    const program::Program program = program::deserialise(bytes);
    to_text(program);
    if (!std::ranges::equal(serialise(program), bytes)) std::abort();
  } catch (const Error& e) {
    if (e.code() != ErrorCode::corrupt_data) std::abort();
  }
  return 0;
}
