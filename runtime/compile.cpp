#include "tegula/compile.h"

#include <pthread.h>

#include <atomic>

#include "runtime/compiler_process.h"

namespace tegula {
namespace {

std::atomic<CompileFunction> registered{nullptr};

/// Counts the compiles that are under way. A child that is forked meanwhile has its parent's locks
/// inside LLVM and the assembler, taken for ever: it must not come near them.
class UnderWay {
 public:
  UnderWay() {
    static const int once = ::pthread_atfork(nullptr, nullptr, [] {
      if (count.exchange(0) > 0) left_locked = true;
    });
    static_cast<void>(once);
    ++count;
  }
  ~UnderWay() { --count; }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;

  static bool locked() { return left_locked; }

 private:
  static inline std::atomic<int> count{0};
  static inline std::atomic<bool> left_locked{false};
};

std::vector<std::byte> ask_process_after_fork(std::span<const std::byte> question) {
  if (runtime::compiler_program().empty())
    throw Error(ErrorCode::environment,
                {.where = "compile",
                 .problem = "this process was forked while its parent compiled, so that the "
                            "compiler inside it is locked",
                 .wanted = "the program tegula-compile, which would do its work",
                 .hint = "install the component `compiler` of the same Tegula, or fork before the "
                         "first launch"});
  return runtime::ask_process(question);
}

std::vector<std::byte> ask(std::span<const std::byte> question, const std::string& wanted) {
  const CompileFunction function = registered.load();
  if (function == nullptr)
    throw Error(ErrorCode::environment,
                {.where = "compile",
                 .problem = "this program has no kernel compiler",
                 .wanted = wanted,
                 .hint = "link tegula::tegula rather than tegula::runtime"});
  if (runtime::compiles_in_a_process()) return runtime::ask_process(question);
  if (UnderWay::locked()) return ask_process_after_fork(question);
  const UnderWay under_way;
  return function(question);
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
