// random_programs FIRST LAST [DIRECTORY]: checks the programs of these seeds, a process for some of
// them at a time, so that one that crashes or hangs is found, too. Each that fails is a line on
// standard output, and a file SEED.txt in the directory: what went wrong, the program made smaller,
// the program. Ends with 1 if any fails.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "tests/random/check.h"
#include "tests/random/generator.h"
#include "tests/random/shrink.h"

namespace tegula::random_programs {
namespace {

constexpr unsigned seconds_a_program = 60;
constexpr std::uint64_t programs_a_process = 250;

/// What a child process tells its parent.
struct Shared {
  std::uint64_t next;  ///< the seed that is being checked
  char kind[256], text[4096];
};

void tell(Shared& shared, const Failure& failure) {
  std::snprintf(shared.kind, sizeof shared.kind, "%s", failure.kind.c_str());
  std::snprintf(shared.text, sizeof shared.text, "%s", failure.text.c_str());
}

/// Runs f in a child; false if it ends by a signal, which is then told as a failure.
template <class F>
bool in_child(Shared& shared, F f) {
  shared.kind[0] = shared.text[0] = 0;
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    f();
    std::fflush(stdout);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFSIGNALED(status)) return true;
  const std::string text = std::string("ends by a signal: ") + strsignal(WTERMSIG(status));
  tell(shared, {text, text});
  return false;
}

bool fails_alike(Shared& shared, const Program& program, const std::string& kind) {
  in_child(shared, [&] {
    alarm(seconds_a_program);
    try {
      if (const auto failure = check(program)) tell(shared, *failure);
    } catch (const std::logic_error&) {
      // No program that the host can run.
    }
  });
  return shared.kind == kind;
}

void report(Shared& shared, std::uint64_t seed, const std::string& directory) {
  const std::string kind = shared.kind, text = shared.text;
  const Program program = generate(seed);
  const Program smaller =
      shrunk(program, [&](const Program& p) { return fails_alike(shared, p, kind); });
  std::printf("%llu: %s\n", static_cast<unsigned long long>(seed),
              text.substr(0, text.find('\n')).c_str());
  if (directory.empty()) return void(std::printf("%s", to_text(smaller).c_str()));
  std::ofstream(directory + "/" + std::to_string(seed) + ".txt")
      << text << "\n\n"
      << to_text(smaller) << "\nmade smaller from\n"
      << to_text(program);
}

int run(std::uint64_t first, std::uint64_t last, const std::string& directory) {
  void* memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 2;
  auto& shared = *new (memory) Shared();
  std::uint64_t failures = 0;
  shared.next = first;
  while (shared.next < last) {
    const std::uint64_t end = std::min(last, shared.next + programs_a_process);
    in_child(shared, [&] {
      for (; shared.next < end; ++shared.next) {
        alarm(seconds_a_program);
        if (const auto failure = check(generate(shared.next))) return tell(shared, *failure);
      }
    });
    if (shared.kind[0] == 0) continue;
    ++failures;
    report(shared, shared.next++, directory);
  }
  std::printf("%llu programs, %llu failed\n", static_cast<unsigned long long>(last - first),
              static_cast<unsigned long long>(failures));
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace tegula::random_programs

int main(int count, char** arguments) {
  if (count < 3) {
    std::fprintf(stderr, "usage: random_programs FIRST LAST [DIRECTORY]\n");
    return 2;
  }
  return tegula::random_programs::run(std::strtoull(arguments[1], nullptr, 10),
                                      std::strtoull(arguments[2], nullptr, 10),
                                      count > 3 ? arguments[3] : "");
}
