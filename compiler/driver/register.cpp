// Linking the static compiler makes it the one that is called on a miss.
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "tegula/compile.h"
#include "tegula/compiler.h"
#include "tegula/error.h"

namespace tegula::compiler {
namespace {

// LLVM and MLIR are a part of the program here, and their statics and thread_locals are destroyed
// like the program's. A kernel may still be launched after that: by the destructor of an older
// static object, by a function that was registered with atexit before, by a thread that goes on
// while the program ends.

std::atomic<bool> program_ends{false};
std::atomic<int> under_way{0};
thread_local int own = 0;  ///< of those under way, on this thread: LLVM's own last resort is exit()

void begin_to_end() {
  program_ends = true;
  while (under_way > own) ::usleep(1000);
}

thread_local bool thread_ends = false;
struct Thread {
  ~Thread() { thread_ends = true; }
};

class UnderWay {
 public:
  UnderWay() { ++under_way, ++own; }
  ~UnderWay() {
    // Again after each compile: the statics that it has made are newer than what was registered
    // before, and would be destroyed first.
    if (!program_ends) std::atexit(begin_to_end);
    --under_way, --own;
  }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;
};

std::vector<std::byte> serve_before_the_end(std::span<const std::byte> request) {
  // Made before MLIR's thread_locals, and so destroyed after them.
  thread_local const Thread thread;
  [[maybe_unused]] static const int first = std::atexit(begin_to_end);
  const UnderWay counted;
  if (!program_ends && !thread_ends) return serve(request);
  throw Error(
      ErrorCode::environment,
      {.where = "compile",
       .problem = program_ends ? "the program is ending, and with it the compiler linked into it"
                               : "the thread is ending, and with it what the compiler keeps for it",
       .hint = "call the kernel once before, or link tegula::tegula, whose compiler lasts "
               "to the very end"});
}

}  // namespace
}  // namespace tegula::compiler

/// The one symbol that the package's archive of the compiler exports: referring to it links the
/// archive's only object, whose initialisers run when the program starts.
extern "C" {
extern const bool tegula_compiler_registered;
const bool tegula_compiler_registered =
    (tegula::set_compile_function(&tegula::compiler::serve_before_the_end), true);
}
