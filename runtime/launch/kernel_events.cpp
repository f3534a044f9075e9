#include "runtime/launch/kernel_events.h"

#include <atomic>
#include <iterator>

#include <fmt/format.h>

#include "runtime/launch/kernel_table.h"
#include "tegula/cache.h"

namespace tegula {
namespace {

struct Listener {
  KernelEventHook hook;
  void* user;
  const Listener* earlier;
};
/// Listeners are never freed, since another thread may be calling one; only few are ever set. `all`
/// keeps them reachable for leak checkers.
std::atomic<const Listener*> listener{nullptr}, all{nullptr};

std::atomic<std::uint64_t> compiles{0}, compile_microseconds{0};

}  // namespace

void set_kernel_event_hook(KernelEventHook hook, void* user) {
  if (hook == nullptr) return listener.store(nullptr, std::memory_order_release);
  auto* added = new Listener{hook, user, all.load()};
  while (!all.compare_exchange_weak(added->earlier, added)) {
  }
  listener.store(added, std::memory_order_release);
}

bool runtime::has_event_hook() { return listener.load(std::memory_order_relaxed) != nullptr; }

void runtime::emit(const KernelEvent& event) {
  if (const Listener* current = listener.load(std::memory_order_acquire))
    current->hook(event, current->user);
}

void runtime::count_compile(double milliseconds) {
  compiles.fetch_add(1, std::memory_order_relaxed);
  compile_microseconds.fetch_add(static_cast<std::uint64_t>(milliseconds * 1000),
                                 std::memory_order_relaxed);
}

std::string metrics_text() {
  std::string text;
  const auto add = [&](const char* name, const char* kind, const char* help, auto value) {
    fmt::format_to(std::back_inserter(text),
                   "# HELP tegula_{0} {1}\n# TYPE tegula_{0} {2}\n"
                   "tegula_{0} {3}\n",
                   name, help, kind, value);
  };
  const CacheCounters cache = cache_counters();
  add("compiles_total", "counter", "Kernels compiled.", compiles.load());
  add("compile_seconds_total", "counter", "Time that compiling took.",
      static_cast<double>(compile_microseconds.load()) / 1e6);
  const auto ready = runtime::KernelTable::instance().usage();
  add("kernels_ready", "gauge", "Kernels that this process can launch at once.", ready.kernels);
  add("kernels_ready_bytes", "gauge", "Memory of the host that they take, about.", ready.bytes);
  add("kernels_ready_max_bytes", "gauge", "What they may take (TEGULA_READY_SIZE).",
      ready.max_bytes);
  add("kernels_evicted_total", "counter", "Ready kernels let go to keep within that.",
      ready.evicted);
  add("cache_hits_total", "counter", "Kernels read from disk.", cache.hits);
  add("cache_misses_total", "counter", "Kernels looked for on disk and not found.", cache.misses);
  add("cache_stores_total", "counter", "Kernels written to disk.", cache.stores);
  add("cache_failed_stores_total", "counter", "Kernels that could not be written.",
      cache.failed_stores);
  add("cache_quarantined_total", "counter", "Files set aside, damaged or refused by the device.",
      cache.quarantined);
  add("cache_evicted_total", "counter", "Files removed to keep within the size.", cache.evicted);
  add("cache_lock_timeouts_total", "counter", "Waits for another process that were given up.",
      cache.lock_timeouts);
  return text;
}

}  // namespace tegula
