// The table of kernels that are ready in this process.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "runtime/launch/call_key.h"
#include "runtime/launch/ready_kernel.h"

namespace tegula::runtime {

/// Looking up a kernel takes no lock and allocates nothing. One thread makes a kernel while others
/// that want the same one wait for it; no lock is held meanwhile.
///
/// When the kernels take more than a given number of bytes, those that were used longest ago are
/// evicted, except those that somebody holds a pointer to, as launch plans do (launch_plan.h).
class KernelTable {
 public:
  using Kernel = std::shared_ptr<const ReadyKernel>;

  explicit KernelTable(std::size_t max_bytes = default_max_bytes);
  ~KernelTable();
  KernelTable(const KernelTable&) = delete;
  KernelTable& operator=(const KernelTable&) = delete;

  /// Null if the kernel is not there (yet, or any more).
  Kernel find(const CallKey& key) const;

  using Make = std::function<Kernel()>;
  /// Never null. If `make` throws, every waiter gets the exception and nothing is kept. Throws
  /// Error{environment} where this thread would wait for itself: where `make`, directly or through
  /// another thread that it waits for, asks for the kernel that it is making.
  Kernel find_or_make(const CallKey& key, const Make& make);

  std::size_t size() const { return usage().kernels; }
  struct Usage {
    std::size_t kernels = 0;
    std::size_t bytes = 0;  ///< of the host, about
    std::size_t max_bytes = 0;
    std::uint64_t evicted = 0;  ///< kernels, since the table was made
  };
  Usage usage() const;
  /// Changes with each clear() and outdate(): whoever keeps a kernel must then look it up again.
  /// Never 0.
  std::uint64_t generation() const;
  void outdate();
  /// Removes all kernels; those that somebody holds live on until released.
  void clear();
  /// The process-wide table, of TEGULA_READY_SIZE bytes. A forked child has the kernels that were
  /// ready; those that its parent was still making it has to make itself.
  static KernelTable& instance();

  static constexpr std::size_t default_max_bytes = std::size_t{256} << 20;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Notes that the kernel was used until now. The clock counts kernels that were added to a table:
/// uses between two additions have the same time.
void note_use(const ReadyKernel& kernel);

}  // namespace tegula::runtime
