#include "tegula/compile.h"

#include <atomic>

#include "runtime/compiler_process.h"

namespace tegula {
namespace {

std::atomic<CompileFunction> registered{nullptr};

std::vector<std::byte> ask(std::span<const std::byte> question, const std::string& wanted) {
  const CompileFunction function = registered.load();
  if (function == nullptr)
    throw Error(ErrorCode::environment,
                {.where = "compile",
                 .problem = "this program has no kernel compiler",
                 .wanted = wanted,
                 .hint = "link tegula::tegula rather than tegula::runtime"});
  return runtime::compiles_in_a_process() ? runtime::ask_process(question) : function(question);
}

}  // namespace

CompileFunction set_compile_function(CompileFunction function) {
  return registered.exchange(function);
}

CompileFunction compile_function() { return registered.load(); }

std::vector<std::byte> compile(const CompileRequest& request) {
  return ask(serialise(request), "a kernel that is ready for " + request.target.arch);
}

std::vector<std::byte> ask_compiler(std::span<const std::byte> question) {
  return ask(question, "");
}

}  // namespace tegula
