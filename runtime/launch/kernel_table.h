// The kernels that this process holds ready.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "runtime/launch/call_key.h"
#include "runtime/launch/ready_kernel.h"

namespace tegula::runtime {

/// Looking a kernel up takes no lock and allocates nothing. One thread makes a kernel while others
/// that want the same wait for it, and no lock is held meanwhile.
///
/// When the kernels take more than a number of bytes, those go that were of use longest ago and of
/// which nobody holds a pointer, as plans of launches do (launch_plan.h).
class KernelTable {
 public:
  using Kernel = std::shared_ptr<const ReadyKernel>;

  explicit KernelTable(std::size_t max_bytes = default_max_bytes);
  ~KernelTable();
  KernelTable(const KernelTable&) = delete;
  KernelTable& operator=(const KernelTable&) = delete;

  /// Null if it is not there (yet, or any more).
  Kernel find(const CallKey& key) const;

  using Make = std::function<Kernel()>;
  /// Never null. If `make` throws, the exception reaches every waiter and nothing is kept. Throws
  /// Error{environment} where this thread would wait for itself: `make`, or what it waits for in
  /// another thread, wants the kernel that it is to make.
  Kernel find_or_make(const CallKey& key, const Make& make);

  std::size_t size() const { return usage().kernels; }
  struct Usage {
    std::size_t kernels = 0;
    std::size_t bytes = 0;  ///< of the host, about
    std::size_t max_bytes = 0;
    std::uint64_t evicted = 0;  ///< kernels, since the table was made
  };
  Usage usage() const;
  /// Another number after each clear() or outdate(): whoever keeps a kernel looks it up anew.
  /// Never 0.
  std::uint64_t generation() const;
  void outdate();
  /// Forgets the kernels; those that somebody holds stay as long as that.
  void clear();
  /// The process-wide table, of TEGULA_READY_SIZE bytes. A forked child has what was ready; what
  /// its parent was just making, it makes itself.
  static KernelTable& instance();

  static constexpr std::size_t default_max_bytes = std::size_t{256} << 20;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// That the kernel was of use until now. To the nearest kernel that was added to a table: what is
/// called between two of those is alike.
void note_use(const ReadyKernel& kernel);

}  // namespace tegula::runtime
