// The kernels that this process holds ready.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "runtime/call_key.h"
#include "runtime/launch.h"

namespace tegula::runtime {

/// Looking a kernel up takes no lock and allocates nothing. One thread makes a kernel while others
/// that want the same wait for it, and no lock is held meanwhile.
class KernelTable {
 public:
  KernelTable();
  ~KernelTable();
  KernelTable(const KernelTable&) = delete;
  KernelTable& operator=(const KernelTable&) = delete;

  /// Null if it is not there (yet). What is returned lives as long as the table.
  const ReadyKernel* find(const CallKey& key) const;

  using Make = std::function<std::shared_ptr<const ReadyKernel>()>;
  /// Never null. If `make` throws, the exception reaches every waiter and nothing is kept. Throws
  /// Error{environment} where this thread would wait for itself: `make`, or what it waits for in
  /// another thread, wants the kernel that it is to make.
  const ReadyKernel* find_or_make(const CallKey& key, const Make& make);

  std::size_t size() const;
  /// Another number after each clear() or outdate(): whoever keeps a kernel looks it up anew.
  /// Never 0.
  std::uint64_t generation() const;
  void outdate();
  /// Forgets the kernels; those in use stay until the table ends.
  void clear();
  /// The process-wide table. A forked child has what was ready; what its parent was just making, it
  /// makes itself.
  static KernelTable& instance();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tegula::runtime
