#include "tegula/compile.h"

#include <atomic>

namespace tegula {
namespace {

std::atomic<CompileFunction> registered{nullptr};

}  // namespace

CompileFunction set_compile_function(CompileFunction function) {
  return registered.exchange(function);
}

std::vector<std::byte> compile(const CompileRequest& request) {
  const CompileFunction function = registered.load();
  if (function == nullptr)
    throw Error(ErrorCode::environment,
                {.where = "compile",
                 .problem = "this program has no kernel compiler",
                 .wanted = "a kernel that is ready for " + request.target.arch,
                 .hint = "link tegula::tegula rather than tegula::runtime"});
  return function(serialise(request));
}

}  // namespace tegula
