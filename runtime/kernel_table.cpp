// Single flight: the first thread that wants a kernel makes it, the others wait on its promise.
// The lock guards the map alone and is never held while a kernel is being made.
#include <exception>
#include <future>
#include <mutex>
#include <string>
#include <unordered_map>

#include "runtime/launch.h"

namespace tegula::runtime {
namespace {

using Kernel = std::shared_ptr<const ReadyKernel>;

struct Slot {
  std::promise<Kernel> promise;
  std::shared_future<Kernel> future = promise.get_future().share();
  bool ready = false;  ///< guarded by the table's lock
};

struct KeyHash {
  using is_transparent = void;  // look up by view: a hit makes no string
  std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
};

std::string_view as_text(std::span<const std::byte> key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

}  // namespace

struct KernelTable::Impl {
  mutable std::mutex mutex;
  std::unordered_map<std::string, std::shared_ptr<Slot>, KeyHash, std::equal_to<>> slots;

  /// clear() may have emptied the table, and another thread begun anew, since `slot` went in: only
  /// the slot's own entry goes.
  void drop(std::string_view key, const std::shared_ptr<Slot>& slot) {
    const std::lock_guard lock(mutex);
    if (const auto at = slots.find(key); at != slots.end() && at->second == slot) slots.erase(at);
  }
};

KernelTable::KernelTable() : impl_(std::make_shared<Impl>()) {}

Kernel KernelTable::find_or_make(std::span<const std::byte> key, const Make& make) {
  Impl& table = *impl_;
  std::shared_ptr<Slot> slot;
  std::shared_future<Kernel> future;
  {
    const std::lock_guard lock(table.mutex);
    if (const auto at = table.slots.find(as_text(key)); at != table.slots.end()) {
      future = at->second->future;
    } else {
      slot = std::make_shared<Slot>();
      table.slots.emplace(std::string(as_text(key)), slot);
    }
  }
  if (slot == nullptr) return future.get();

  try {
    Kernel kernel = make();
    {
      const std::lock_guard lock(table.mutex);
      slot->ready = true;
    }
    slot->promise.set_value(kernel);
    return kernel;
  } catch (...) {
    // Out of the table first: whoever comes from now on tries again, whoever waits is told.
    table.drop(as_text(key), slot);
    slot->promise.set_exception(std::current_exception());
    throw;
  }
}

std::size_t KernelTable::size() const {
  const std::lock_guard lock(impl_->mutex);
  std::size_t count = 0;
  for (const auto& [key, slot] : impl_->slots) count += slot->ready ? 1 : 0;
  return count;
}

void KernelTable::clear() {
  const std::lock_guard lock(impl_->mutex);
  impl_->slots.clear();
}

KernelTable& KernelTable::instance() {
  // Never destroyed: a kernel may be launched from another static object's destructor.
  static auto* table = new KernelTable;
  return *table;
}

}  // namespace tegula::runtime
