#include "runtime/cuda/retired_modules.h"

#include <algorithm>

#include "runtime/cuda/context.h"

namespace tegula::cuda {

void RetiredModules::add(std::unique_ptr<LoadedModule> module) noexcept {
  if (forked() || module->is_kept()) return keep(std::move(module));
  try {
    std::vector<CudaStream> streams = module->streams();
    const std::lock_guard lock(mutex_);
    Waiting& one = waiting_.emplace_back();
    one.module = std::move(module);
    one.streams = std::move(streams);
    want_again();
  } catch (const std::bad_alloc&) {
    keep(std::move(module));
  }
  unload_done();
}

void RetiredModules::keep(std::unique_ptr<LoadedModule> module) noexcept {
  LoadedModule* const own = module.release();
  own->next_kept = kept_.load(std::memory_order_relaxed);
  while (!kept_.compare_exchange_weak(own->next_kept, own)) {
  }
}

void RetiredModules::mark(CudaStream stream) noexcept {
  const Driver& d = driver();
  int capturing = 0;
  // An event that is recorded into a capture does not complete.
  if (stream != nullptr && (d.cuStreamIsCapturing(stream, &capturing) != success || capturing != 0))
    return;
  const OutsideOfCaptures outside;
  CudaEvent made = nullptr;
  if (d.cuEventCreate(&made, event_without_timing) != success) return;
  try {
    const Event event(made, EndOfEvent{});
    const std::lock_guard lock(mutex_);
    if (d.cuEventRecord(made, stream) != success) return;
    for (Waiting& one : waiting_) {
      const auto at = std::find(one.streams.begin(), one.streams.end(), stream);
      if (at == one.streams.end()) continue;
      one.events.push_back(event);
      one.streams.erase(at);
    }
    want_again();
  } catch (const std::bad_alloc&) {  // with the next launch
  }
}

void RetiredModules::want_again() {
  std::uint64_t bits = 0;
  for (const Waiting& one : waiting_)
    for (const CudaStream stream : one.streams) bits |= bit_of(stream);
  wanted_.store(bits, std::memory_order_relaxed);
}

void RetiredModules::unload_done() noexcept {
  const Driver& d = driver();
  const OutsideOfCaptures outside;
  const std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&](Waiting& one) {
    std::erase_if(one.events, [&](const Event& e) { return d.cuEventQuery(e.get()) == success; });
    return one.streams.empty() && one.events.empty();
  });
}

}  // namespace tegula::cuda
