// What the table of ready kernels is made of: slots that readers look into without a lock, and when
// those who look have gone.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "runtime/launch/kernel_table.h"

namespace tegula::runtime::table {

using Kernel = KernelTable::Kernel;

struct Node {
  std::uint64_t hash = 0;
  std::vector<std::uint64_t> key;
  Kernel kernel;
  std::size_t bytes = 0;

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

/// Counts the readers that are inside, in several counters, so that they do not contend for one
/// cache line. Nodes that were removed are out of their reach once each counter has been zero.
class Readers {
 public:
  class Inside {
   public:
    explicit Inside(Readers& readers) : count_(readers.counters_[counter()].count) {
      count_.fetch_add(1);  // before the slots are read, as the writer sees it
    }
    ~Inside() { count_.fetch_sub(1, std::memory_order_release); }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    std::atomic<std::uint32_t>& count_;
  };

  static constexpr std::uint32_t all = 0xffff;
  /// Those of `counters` that are not zero now.
  std::uint32_t occupied(std::uint32_t counters) const {
    for (std::size_t k = 0; k < counters_.size(); ++k)
      if (counters_[k].count.load() == 0) counters &= ~(1u << k);
    return counters;
  }
  /// In a child: the threads that were inside are not there.
  void forget() {
    for (Counter& counter : counters_) counter.count = 0;
  }

 private:
  struct alignas(64) Counter {
    std::atomic<std::uint32_t> count{0};
  };
  static std::size_t counter() {
    static std::atomic<std::size_t> threads{0};
    thread_local const std::size_t mine = threads.fetch_add(1, std::memory_order_relaxed) % 16;
    return mine;
  }
  std::array<Counter, 16> counters_;
};

/// What no reader can find any more, but some may still be looking at.
struct Retired {
  std::unique_ptr<Slots> slots;
  std::vector<std::unique_ptr<const Node>> nodes;
  std::uint32_t counters = Readers::all;  ///< those that have not been seen at zero since
};

/// A kernel that is being made.
struct Flight {
  Flight(std::uint64_t hash, std::span<const std::uint64_t> words)
      : key{hash, {words.begin(), words.end()}, nullptr, 0} {}
  Node key;
  const std::thread::id maker = std::this_thread::get_id();
  const Flight* waits_for = nullptr;  ///< another one that its maker waits for
  std::promise<Kernel> promise;
  std::shared_future<Kernel> future = promise.get_future().share();
};

}  // namespace tegula::runtime::table
