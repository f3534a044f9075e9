// Open addressing over pointers to nodes that never move and never go while the table lives: a
// reader needs one acquiring load for each probe. Writers hold a lock; a table that fills up is
// copied into a larger one, and the small one stays for readers that still look into it.
#include "runtime/kernel_table.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <future>
#include <list>
#include <mutex>
#include <thread>

#include "tegula/error.h"

namespace tegula::runtime {
namespace {

struct Node {
  std::uint64_t hash = 0;
  std::vector<std::uint64_t> key;
  std::shared_ptr<const ReadyKernel> kernel;

  bool is(const CallKey& other) const {
    const auto words = other.words();
    return hash == other.hash() && std::equal(key.begin(), key.end(), words.begin(), words.end());
  }
};

struct Slots {
  explicit Slots(std::size_t count) : nodes(count) {}
  std::vector<std::atomic<const Node*>> nodes;  ///< a power of two, at most half of them taken

  void insert(const Node* node) {
    std::size_t at = node->hash & (nodes.size() - 1);
    while (nodes[at].load(std::memory_order_relaxed) != nullptr) at = (at + 1) & (nodes.size() - 1);
    nodes[at].store(node, std::memory_order_release);
  }
};

constexpr std::size_t first_size = 64;

/// A kernel in the making.
struct Flight {
  Flight(std::uint64_t hash, std::span<const std::uint64_t> words)
      : key{hash, {words.begin(), words.end()}, nullptr} {}
  Node key;
  const std::thread::id maker = std::this_thread::get_id();
  const Flight* waits_for = nullptr;  ///< what its maker waits for, on the way
  std::promise<const ReadyKernel*> promise;
  std::shared_future<const ReadyKernel*> future = promise.get_future().share();
};

[[noreturn]] void refuse_to_wait() {
  throw Error(ErrorCode::environment,
              {.where = "launch",
               .problem = "the kernel is in the making, and would have to be ready to go on",
               .got = "a launch from within its own compilation, as by a log sink",
               .hint = "launch it from another place, or from a kernel event hook, which is called "
                       "when the kernel is ready"});
}

}  // namespace

struct KernelTable::Impl {
  std::atomic<Slots*> slots{nullptr};
  mutable std::mutex mutex;  ///< guards the rest, and writing to slots
  std::vector<std::unique_ptr<Slots>> all_slots;
  std::vector<std::unique_ptr<const Node>> nodes;
  std::size_t taken = 0;
  std::atomic<std::uint64_t> generation{1};
  std::list<std::shared_ptr<Flight>> flights;

  Impl() { start(first_size); }

  void start(std::size_t count) {
    all_slots.push_back(std::make_unique<Slots>(count));
    slots.store(all_slots.back().get(), std::memory_order_release);
  }

  const ReadyKernel* find(const CallKey& key) const {
    const Slots& table = *slots.load(std::memory_order_acquire);
    const std::size_t mask = table.nodes.size() - 1;
    for (std::size_t at = key.hash() & mask;; at = (at + 1) & mask) {
      const Node* node = table.nodes[at].load(std::memory_order_acquire);
      if (node == nullptr) return nullptr;
      if (node->is(key)) return node->kernel.get();
    }
  }

  /// Whether `flight` lands only after this thread has gone on.
  static bool waits_for_this_thread(const Flight* flight) {
    while (flight != nullptr && flight->maker != std::this_thread::get_id())
      flight = flight->waits_for;
    return flight != nullptr;
  }

  /// Those that wait for it are woken after the lock is released: until they are, nobody may look
  /// through them at a flight that is no more.
  void land(const std::shared_ptr<Flight>& flight) {
    for (const auto& other : flights)
      if (other->waits_for == flight.get()) other->waits_for = nullptr;
    std::erase(flights, flight);
  }

  /// Of all that this thread is making.
  void note_wait(const Flight* flight) {
    for (const auto& own : flights)
      if (own->maker == std::this_thread::get_id()) own->waits_for = flight;
  }

  void insert(std::unique_ptr<const Node> node) {
    Slots* table = slots.load(std::memory_order_relaxed);
    if (2 * (taken + 1) > table->nodes.size()) {
      auto larger = std::make_unique<Slots>(2 * table->nodes.size());
      for (const auto& old : table->nodes)
        if (const Node* moved = old.load(std::memory_order_relaxed)) larger->insert(moved);
      table = larger.get();
      all_slots.push_back(std::move(larger));
      slots.store(table, std::memory_order_release);
    }
    nodes.push_back(std::move(node));
    table->insert(nodes.back().get());
    ++taken;
  }
};

KernelTable::KernelTable() : impl_(std::make_unique<Impl>()) {}
KernelTable::~KernelTable() = default;

const ReadyKernel* KernelTable::find(const CallKey& key) const { return impl_->find(key); }

const ReadyKernel* KernelTable::find_or_make(const CallKey& key, const Make& make) {
  Impl& table = *impl_;
  std::shared_ptr<Flight> own;
  std::shared_future<const ReadyKernel*> others;
  {
    const std::lock_guard lock(table.mutex);
    if (const ReadyKernel* kernel = table.find(key)) return kernel;
    const auto flight = std::find_if(table.flights.begin(), table.flights.end(),
                                     [&](const auto& f) { return f->key.is(key); });
    if (flight == table.flights.end()) {
      table.flights.push_back(own = std::make_shared<Flight>(key.hash(), key.words()));
    } else {
      if (Impl::waits_for_this_thread(flight->get())) refuse_to_wait();
      table.note_wait(flight->get());
      others = (*flight)->future;
    }
  }
  if (own == nullptr) {
    others.wait();
    {
      const std::lock_guard lock(table.mutex);
      table.note_wait(nullptr);
    }
    return others.get();
  }

  const auto land = [&] { table.land(own); };
  try {
    own->key.kernel = make();
    const ReadyKernel* kernel = own->key.kernel.get();
    {
      const std::lock_guard lock(table.mutex);
      table.insert(std::make_unique<const Node>(own->key));
      land();
    }
    own->promise.set_value(kernel);
    return kernel;
  } catch (...) {
    // Off the list first: whoever comes from now on tries again, whoever waits is told.
    {
      const std::lock_guard lock(table.mutex);
      land();
    }
    own->promise.set_exception(std::current_exception());
    throw;
  }
}

std::size_t KernelTable::size() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->taken;
}

std::uint64_t KernelTable::generation() const {
  return impl_->generation.load(std::memory_order_acquire);
}

void KernelTable::outdate() { impl_->generation.fetch_add(1, std::memory_order_release); }

void KernelTable::clear() {
  const std::lock_guard lock(impl_->mutex);
  outdate();
  impl_->start(first_size);
  impl_->taken = 0;
}

KernelTable& KernelTable::instance() {
  // Never destroyed: a kernel may be launched from another static object's destructor.
  static KernelTable* const table = [] {
    static auto* made = new KernelTable;
    // The lock is held over a fork, so that the child finds the table whole; the threads that were
    // making kernels are not there in the child, nor is anybody who waits for them.
    ::pthread_atfork([] { made->impl_->mutex.lock(); }, [] { made->impl_->mutex.unlock(); },
                     [] {
                       // Not destroyed: their promises' own locks may be in any state.
                       static_cast<void>(new std::list(std::move(made->impl_->flights)));
                       made->impl_->flights.clear();
                       made->impl_->mutex.unlock();
                     });
    return made;
  }();
  return *table;
}

}  // namespace tegula::runtime
