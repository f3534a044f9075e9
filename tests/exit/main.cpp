// Compiles kernels where a program, or a thread of it, is as good as over, and says what came of
// it.
//
//   compile_at_exit [before] [busy]
//
// before: each thread has compiled one in time, too. busy: another thread compiles as the program
// ends. A line for each place: "PLACE: right", or the error.
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "tegula/dsl.h"
#include "tegula/error.h"
#include "tegula/ops/softmax.h"

namespace {

using namespace tegula;

/// Older than all other statics, LLVM's included where it is linked in.
struct Oldest {
  ~Oldest();
} oldest;

struct Cfg {
  int add = 0;
};
void add_to_triple(const Cfg& c, In x, Out y) {
  require(y, {x.dim(0)});
  auto [i] = grid({cdiv(x.dim(0), 32)});
  y.tiles({32}).store(x.tiles({32}).load({i}) * 3 + c.add, {i});
}

// Kernels, streams and tensors that are used so late must last as long.
const auto& triple =
    *new const auto(kernel("triple", add_to_triple, {"x", "y"}).field("add", &Cfg::add));

/// Every call is another kernel.
bool launches() {
  static std::atomic<int> last{0};
  const int add = ++last;
  auto& stream = *new Stream(open_device("sim:sm_90a"));
  auto &x = *new Tensor(stream.empty(i32, {100})), &y = *new Tensor(stream.empty(i32, {100}));
  std::vector<int> values(100, 7);
  x.copy_from_host(values.data(), values.size() * sizeof(int));
  triple.with({add}).launch(stream, x, y);
  y.copy_to_host(values.data(), values.size() * sizeof(int));
  for (const int value : values)
    if (value != 21 + add) return false;
  return true;
}

void launch_at(const char* place) {
  try {
    std::printf("%s: %s\n", place, launches() ? "right" : "wrong");
  } catch (const std::exception& error) {
    std::printf("%s: %s\n", place, error.what());
  }
  std::fflush(stdout);
}

/// An op's kernel is a static object of the library's.
void softmax_at(const char* place) {
  try {
    auto& stream = *new Stream(open_device("sim:sm_90a"));
    auto& x = *new Tensor(stream.empty(f32, {1, 4}));
    std::vector<float> values(4, 1.0F);
    x.copy_from_host(values.data(), values.size() * sizeof(float));
    auto& y = *new Tensor(ops::softmax(stream, x));
    y.copy_to_host(values.data(), values.size() * sizeof(float));
    std::printf("%s: %s\n", place, values == std::vector<float>(4, 0.25F) ? "right" : "wrong");
  } catch (const std::exception& error) {
    std::printf("%s: %s\n", place, error.what());
  }
  std::fflush(stdout);
}

Oldest::~Oldest() {
  launch_at("the oldest static");
  softmax_at("an op in the oldest static");
}

const int registered_early = std::atexit([] { launch_at("atexit before main"); });
const struct Youngest {
  ~Youngest() { launch_at("the youngest static"); }
} youngest;

[[gnu::destructor]] void at_the_end() { launch_at("a destructor of the program"); }

struct OfThread {
  const char* place = nullptr;
  ~OfThread() {
    if (place != nullptr) launch_at(place);
  }
};
thread_local OfThread of_thread;

}  // namespace

int main(int argc, char** argv) {
  bool before = false, busy = false;
  for (int k = 1; k < argc; ++k) {
    before |= std::strcmp(argv[k], "before") == 0;
    busy |= std::strcmp(argv[k], "busy") == 0;
  }
  of_thread.place = "a thread_local of main's";
  if (before) launch_at("main");
  std::atexit([] { launch_at("atexit"); });
  std::thread([&] {
    of_thread.place = "a thread_local";
    pthread_key_t key;
    pthread_key_create(&key, [](void*) { launch_at("a key of a thread"); });
    pthread_setspecific(key, &key);
    if (before) launch_at("a thread");
  }).join();
  if (busy) {
    static std::atomic<int> done{0};
    std::thread([] {
      for (;; ++done) {
        try {
          launches();
        } catch (const std::exception&) {  // as the program ends
        }
      }
    }).detach();
    while (done < 3) ::usleep(1000);
  }
  return 0;
}
