// A launch with everything worked out except addresses and scalars, so that the next call with the
// same shapes has little left to do.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "runtime/launch/ready_kernel.h"
#include "runtime/launch/tensor_maps.h"
#include "tegula/device.h"
#include "tegula/kernel_argument.h"

namespace tegula::runtime {

class LaunchPlan {
 public:
  LaunchPlan() = default;
  LaunchPlan(const LaunchPlan&) = delete;  // pointers_
  LaunchPlan& operator=(const LaunchPlan&) = delete;
  ~LaunchPlan() { drop_kernel(); }

  /// Checks `arguments` against the kernel's launch record; throws what runtime::launch does.
  /// Replaces the plan that was there before and reuses its memory. The table keeps a kernel that a
  /// plan holds.
  void make(std::shared_ptr<const ReadyKernel> kernel, std::span<const KernelArgument> arguments,
            const Device& device);

  /// Whether make() would give the same plan for these arguments on the same device: they differ
  /// only in the values of scalars and in addresses, those being equal modulo 16 bytes and the same
  /// tensors overlapping one that is written.
  bool fits(std::span<const KernelArgument> arguments, const Device& device) const;

  /// Whether it was made for this device.
  bool is_for(const Device& device) const { return device.id() == device_; }

  struct Value {
    std::uint32_t argument = 0;
    std::uint64_t value = 0;
  };
  /// Sets the values of some arguments: the addresses of tensors, and the bits of scalars
  /// (KernelArgument::bits). Addresses must equal those of make() modulo 16 bytes, and be null
  /// where those were, else it throws InternalError, with some of them set. The same tensors must
  /// overlap as well, which is not checked.
  void set(std::span<const Value> values);
  /// Launches with its own arguments.
  void launch(Stream& stream) { launch(stream, arguments_); }

  /// Launches with arguments that fit. Allocates only if the kernel asks for workspaces. Not
  /// reentrant.
  void launch(Stream& stream, std::span<const KernelArgument> arguments);

 private:
  /// The bytes that a tensor spans, from its address.
  struct Span {
    std::uint32_t argument = 0;
    std::int64_t low = 0, high = 0;
  };
  /// A tensor that is written, and another: they overlap if the second one's address, relative to
  /// the first one's, is in [low, low + reach).
  struct Pair {
    std::uint32_t written = 0, other = 0;  ///< arguments
    std::uint64_t low = 0, reach = 0;
    std::uint64_t overlap(std::span<const KernelArgument> arguments) const;
    std::uint64_t before = 0;  ///< overlap() of make()'s arguments
  };
  /// A kernel parameter that differs from call to call.
  struct Open {
    std::uint32_t parameter = 0;
    format::KernelParameter source;
  };
  void drop_kernel();
  void plan_pairs(std::span<const KernelArgument> arguments);
  void plan_parameters(std::span<const KernelArgument> arguments, const Device& device);

  std::shared_ptr<const ReadyKernel> kernel_;
  std::uint64_t device_ = 0;  ///< its id
  std::vector<KernelArgument> arguments_;
  bool empty_ = false;  ///< a grid without blocks
  std::array<std::uint32_t, 3> grid_ = {1, 1, 1};
  std::vector<Span> spans_;
  std::vector<Pair> pairs_;
  std::vector<Open> open_;
  // For the launch under way. What is not open, and the names, stay from call to call.
  std::vector<ArgumentRange> ranges_;
  std::vector<std::uint64_t> values_;
  std::vector<void*> pointers_;
  TensorMaps tensor_maps_;
};

}  // namespace tegula::runtime
