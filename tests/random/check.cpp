#include "tests/random/check.h"

#include <exception>

#include <fmt/format.h>

#include "tegula/simulator.h"
#include "tests/random/emit.h"
#include "tests/random/evaluate.h"

namespace tegula::random_programs {
namespace {

std::string element_text(DType dtype, Element e) {
  return is_float(dtype) ? fmt::format("{}", real(e)) : fmt::format("{}", e);
}

std::optional<Failure> compare(const Program& program, const std::vector<std::vector<Element>>& got,
                               const std::vector<std::vector<Element>>& wanted) {
  for (std::size_t t = 0; t < wanted.size(); ++t) {
    const DType dtype = program.tensors[t].dtype;
    std::size_t wrong = 0;
    std::string first;
    for (std::size_t i = 0; i < wanted[t].size(); ++i) {
      if (same(dtype, got[t][i], wanted[t][i])) continue;
      if (wrong++ == 0)
        first = fmt::format("x{}: element {} of its memory is {}, not {}", t, i,
                            element_text(dtype, got[t][i]), element_text(dtype, wanted[t][i]));
    }
    if (wrong > 0)
      return Failure{"wrong result",
                     fmt::format("{}; {} of {} are wrong", first, wrong, wanted[t].size())};
  }
  return {};
}

/// Its words, without numbers and names with numbers in them.
std::string kind_of(const std::string& message) {
  std::string kind;
  for (const char c : message.substr(0, message.find('\n')))
    if (c < '0' || c > '9') kind += c;
  return kind.substr(0, 160);
}

template <class F>
std::optional<Failure> caught(F f) {
  try {
    return f();
  } catch (const std::exception& error) {
    return Failure{kind_of(error.what()), error.what()};
  }
}

}  // namespace

std::optional<Failure> check(const Program& program, Stream& stream) {
  const std::vector<std::vector<Element>> wanted = evaluate(program);
  return caught([&] { return compare(program, launch(program, stream), wanted); });
}

std::optional<Failure> check_ptx(const Program& program, Stream& stream,
                                 const std::string& architecture) {
  return caught([&]() -> std::optional<Failure> {
    compile_to_ptx(program, stream, architecture);
    return {};
  });
}

std::optional<Failure> check(const Program& program) {
  const std::string architecture = program.seed % 2 == 0 ? "sm_80" : "sm_90a";
  const auto device =
      make_sim_device(architecture, {.seed = program.seed, .show_prints = false, .threads = 1});
  Stream stream(device);
  if (auto failure = check(program, stream)) return failure;
  if (program.seed % 8 < 2) return check_ptx(program, stream, architecture);
  return {};
}

}  // namespace tegula::random_programs
