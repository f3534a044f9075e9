#include "tegula/compile.h"

#include <pthread.h>

#include <atomic>

#include "runtime/compile/compiler_process.h"
#include "tegula/error.h"

namespace tegula {
namespace {

std::atomic<CompileFunction> registered{nullptr};

// A child that is forked while its parent compiles inherits the parent's locks inside LLVM and the
// assembler, which nobody will release: it must not call them.
std::atomic<int> under_way{0};
std::atomic<bool> left_locked{false};
[[maybe_unused]] const int watches_forks = ::pthread_atfork(nullptr, nullptr, [] {
  if (under_way.exchange(0) > 0) left_locked = true;
});

class UnderWay {
 public:
  UnderWay() { ++under_way; }
  ~UnderWay() { --under_way; }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;
};

std::vector<std::byte> call(std::span<const std::byte> request, const std::string& wanted) {
  const CompileFunction function = registered.load();
  if (function == nullptr)
    throw Error(ErrorCode::environment,
                {.where = "compile",
                 .problem = "this program has no kernel compiler",
                 .wanted = wanted,
                 .hint = "link tegula::tegula rather than tegula::runtime"});
  if (runtime::compiles_in_a_process()) return runtime::call_process(request);
  if (left_locked)
    return runtime::call_process_instead(
        request,
        "this process was forked while its parent compiled, so that the compiler inside it is "
        "locked",
        "fork before the first launch, or install the component `compiler` of the same Tegula");
  const UnderWay counted;
  return function(request);
}

}  // namespace

CompileFunction set_compile_function(CompileFunction function) {
  return registered.exchange(function);
}

CompileFunction compile_function() { return registered.load(); }

std::vector<std::byte> compile(const CompileRequest& request) {
  return call(serialise(request), "a kernel that is ready for " + request.target.arch);
}

std::vector<std::byte> call_compiler(std::span<const std::byte> request) {
  return call(request, "");
}

}  // namespace tegula
