// Open addressing over pointers to nodes: a reader needs one acquire load for each probe. Writers
// hold a lock. When the table fills up, or kernels are removed, it is copied into a new one; the
// old one, with the nodes that were removed, is freed when no reader can be looking into it any
// more.
#include "runtime/launch/kernel_table.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <future>
#include <list>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "runtime/cache/disk_cache.h"
#include "runtime/launch/kernel_slots.h"
#include "tegula/error.h"
#include "tegula/log.h"

namespace tegula::runtime {
namespace {

using table::Flight;
using table::Kernel;
using table::Node;
using table::Readers;
using table::Retired;
using table::Slots;

/// The number of kernels that were added to any table. A coarse clock: noting a use writes nothing
/// as long as none is added.
std::atomic<std::uint64_t> clock_of_use{1};

constexpr std::size_t first_size = 64;

std::uint64_t last_use(const ReadyKernel& kernel) {
  return std::atomic_ref(kernel.last_use).load(std::memory_order_relaxed);
}

/// The value of TEGULA_READY_SIZE; nothing if that is not a size.
std::optional<std::size_t> max_bytes_of_environment() {
  const char* text = std::getenv("TEGULA_READY_SIZE");
  if (text == nullptr || *text == '\0') return KernelTable::default_max_bytes;
  if (const auto size = cache::parse_size(text)) return static_cast<std::size_t>(*size);
  return std::nullopt;
}

/// Not called when the table is made, since a log sink may launch kernels.
void check_environment() {
  static std::atomic<bool> told{false};
  if (told.load(std::memory_order_relaxed) || told.exchange(true) || max_bytes_of_environment())
    return;
  log(LogLevel::warn,
      fmt::format("TEGULA_READY_SIZE={} is no size (wanted bytes, or a number with K, M or G); {} "
                  "bytes are used",
                  std::getenv("TEGULA_READY_SIZE"), KernelTable::default_max_bytes));
}

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
  std::atomic<const Slots*> slots{nullptr};
  mutable Readers readers;
  mutable std::mutex mutex;  ///< guards the rest, and writing to slots
  std::unique_ptr<Slots> current;
  std::vector<std::unique_ptr<const Node>> nodes;  ///< in the order in which they were added
  std::list<Retired> retired;
  const std::size_t max_bytes;
  std::size_t bytes = 0;
  std::size_t evict_at;  ///< bytes; more than max_bytes while all kernels are held
  std::uint64_t evicted = 0;
  std::atomic<std::uint64_t> generation{1};
  std::list<std::shared_ptr<Flight>> flights;

  explicit Impl(std::size_t max) : max_bytes(max), evict_at(max) { rebuild({}); }

  /// Copies the table without the nodes of `going`, and with room for another one. If it throws,
  /// nothing has changed.
  void rebuild(const std::vector<const Node*>& going) {
    std::size_t count = first_size;
    while (count < 2 * (nodes.size() - going.size() + 1)) count *= 2;
    auto fresh = std::make_unique<Slots>(count);
    std::list<Retired> old(1);
    old.front().nodes.reserve(going.size());
    const auto goes = [&](const Node* node) { return std::ranges::binary_search(going, node); };
    for (const auto& node : nodes)
      if (!goes(node.get())) fresh->insert(node.get());
    slots.store(fresh.get());
    old.front().slots = std::exchange(current, std::move(fresh));
    for (auto& node : nodes) {
      if (!goes(node.get())) continue;
      bytes -= node->bytes;
      old.front().nodes.push_back(std::move(node));
    }
    std::erase(nodes, nullptr);
    retired.splice(retired.end(), old);
  }

  Kernel find(const CallKey& key) const {
    const Readers::Inside inside(readers);
    const Slots& table = *slots.load();
    const std::size_t mask = table.nodes.size() - 1;
    for (std::size_t at = key.hash() & mask;; at = (at + 1) & mask) {
      const Node* node = table.nodes[at].load(std::memory_order_acquire);
      if (node == nullptr) return nullptr;
      if (!node->is(key)) continue;
      note_use(*node->kernel);
      return node->kernel;
    }
  }

  /// Evicts the kernels that were used longest ago, until `more` bytes fit and some room is left.
  void evict(std::size_t more) {
    // Copies of the times of last use: readers go on changing them, which sorting would not
    // survive.
    struct Idle {
      std::uint64_t last_use = 0;
      const Node* node = nullptr;
    };
    std::vector<Idle> by_use;
    for (const auto& node : nodes)
      if (node->kernel.use_count() == 1) by_use.push_back({last_use(*node->kernel), node.get()});
    std::ranges::stable_sort(by_use, {}, &Idle::last_use);
    const std::size_t wanted = max_bytes - max_bytes / 8;
    std::size_t left = bytes + more, count = 0;
    std::vector<const Node*> idle;
    for (; count < by_use.size() && left > wanted; ++count) {
      left -= by_use[count].node->bytes;
      idle.push_back(by_use[count].node);
    }
    std::ranges::sort(idle);
    rebuild(idle);
    evicted += count;
    // If all that is left is held, do not look again soon.
    evict_at = std::max(max_bytes, left + max_bytes / 8);
  }

  /// Removes what nobody can be looking at any more. The caller destroys it without holding the
  /// lock, since a device may take long to unload kernels.
  std::list<Retired> take_retired() {
    std::list<Retired> done;
    for (auto at = retired.begin(); at != retired.end();) {
      const auto next = std::next(at);
      at->counters = readers.occupied(at->counters);
      if (at->counters == 0) done.splice(done.end(), retired, at);
      at = next;
    }
    return done;
  }

  /// Whether `flight` can land only after this thread has gone on.
  static bool waits_for_this_thread(const Flight* flight) {
    while (flight != nullptr && flight->maker != std::this_thread::get_id())
      flight = flight->waits_for;
    return flight != nullptr;
  }

  /// The threads that wait for `flight` are woken only after the lock is released, so until then
  /// their `waits_for` must not lead to it.
  void land(const std::shared_ptr<Flight>& flight) {
    for (const auto& other : flights)
      if (other->waits_for == flight.get()) other->waits_for = nullptr;
    std::erase(flights, flight);
  }

  /// For all flights of this thread.
  void note_wait(const Flight* flight) {
    for (const auto& own : flights)
      if (own->maker == std::this_thread::get_id()) own->waits_for = flight;
  }

  void insert(std::unique_ptr<const Node> node) {
    clock_of_use.fetch_add(1, std::memory_order_relaxed);
    note_use(*node->kernel);
    if (nodes.size() == nodes.capacity()) nodes.reserve(2 * nodes.size() + 1);
    if (bytes + node->bytes > evict_at)
      evict(node->bytes);
    else if (2 * (nodes.size() + 1) > current->nodes.size())
      rebuild({});
    bytes += node->bytes;
    current->insert(node.get());
    nodes.push_back(std::move(node));
  }
};

KernelTable::KernelTable(std::size_t max_bytes) : impl_(std::make_unique<Impl>(max_bytes)) {}
KernelTable::~KernelTable() = default;

Kernel KernelTable::find(const CallKey& key) const { return impl_->find(key); }

Kernel KernelTable::find_or_make(const CallKey& key, const Make& make) {
  check_environment();
  Impl& table = *impl_;
  std::shared_ptr<Flight> own;
  std::shared_future<Kernel> others;
  {
    const std::lock_guard lock(table.mutex);
    if (Kernel kernel = table.find(key)) return kernel;
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
    const Kernel kernel = make();
    own->key.kernel = kernel;
    own->key.bytes = sizeof(Node) + 8 * own->key.key.size() + kernel->bytes();
    std::list<Retired> done;
    {
      const std::lock_guard lock(table.mutex);
      table.insert(std::make_unique<const Node>(own->key));
      done = table.take_retired();
      land();
    }
    own->promise.set_value(kernel);
    return kernel;
  } catch (...) {
    // Off the list first: threads that come from now on try again, those that wait get the
    // exception.
    {
      const std::lock_guard lock(table.mutex);
      land();
    }
    own->promise.set_exception(std::current_exception());
    throw;
  }
}

KernelTable::Usage KernelTable::usage() const {
  const std::lock_guard lock(impl_->mutex);
  return {impl_->nodes.size(), impl_->bytes, impl_->max_bytes, impl_->evicted};
}

std::uint64_t KernelTable::generation() const {
  return impl_->generation.load(std::memory_order_acquire);
}

void KernelTable::outdate() { impl_->generation.fetch_add(1, std::memory_order_release); }

void KernelTable::clear() {
  std::list<Retired> done;
  const std::lock_guard lock(impl_->mutex);
  outdate();
  std::vector<const Node*> all;
  for (const auto& node : impl_->nodes) all.push_back(node.get());
  std::ranges::sort(all);
  impl_->rebuild(all);
  impl_->evict_at = impl_->max_bytes;
  done = impl_->take_retired();
}

void note_use(const ReadyKernel& kernel) {
  const std::uint64_t now = clock_of_use.load(std::memory_order_relaxed);
  const std::atomic_ref last(kernel.last_use);
  if (last.load(std::memory_order_relaxed) != now) last.store(now, std::memory_order_relaxed);
}

KernelTable& KernelTable::instance() {
  // Never destroyed: a kernel may be launched from another static object's destructor.
  static KernelTable* const table = [] {
    static auto* made =
        new KernelTable(max_bytes_of_environment().value_or(KernelTable::default_max_bytes));
    // The lock is held across a fork, so that the child finds the table consistent. The threads
    // that were making kernels, and those that waited for them, do not exist in the child.
    ::pthread_atfork([] { made->impl_->mutex.lock(); }, [] { made->impl_->mutex.unlock(); },
                     [] {
                       // Not destroyed: their promises' own locks may be in any state.
                       static_cast<void>(new std::list(std::move(made->impl_->flights)));
                       made->impl_->flights.clear();
                       made->impl_->readers.forget();
                       made->impl_->mutex.unlock();
                     });
    return made;
  }();
  return *table;
}

}  // namespace tegula::runtime
