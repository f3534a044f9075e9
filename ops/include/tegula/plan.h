// What one call of an op comes to: its tensors checked, its outputs, its launches. A plan serves
// every call that has the same key (tegula/op.h), so it sees nothing of one that the key does not
// hold: scalars that kernels take by value are 0 in the arguments that it is given, and so is every
// field that the op's description does not name.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tegula/device.h"
#include "tegula/dsl/kernel.h"
#include "tegula/op_info.h"

#pragma GCC visibility push(default)
namespace tegula {

class Plan {
 public:
  /// "x is x0": a kernel's parameter, and what the op calls it.
  struct Binding {
    std::string_view parameter, name;
  };

  const Stream& stream() const;
  const Device& device() const;
  const OpChecks& checks() const;

  /// Whether the call has the tensor: an input that is present, memory for an output.
  bool has(std::string_view tensor) const;
  /// An input, or an output's memory as the caller gave it, as kernels see it (op::Layout); absent
  /// if the call has none.
  const TensorRef& tensor(std::string_view name) const;
  /// Of a named extent.
  std::int64_t extent(std::string_view name) const;
  /// Of a fact of the op's description.
  std::uint64_t fact(std::string_view name) const;
  /// Of an output of the call.
  DType dtype(std::string_view output) const;
  /// Whether the caller's memory for `output` is the input `tensor` itself.
  bool in_place(std::string_view output, std::string_view tensor) const;
  /// Whether some named extent is 0: there is nothing to do.
  bool empty() const;

  /// The config that the caller pins, else the one that the op chooses.
  template <class C>
  C config() const {
    C config{};
    read_config(&config, sizeof(C));
    return config;
  }

  /// The output, for which the caller gave no memory, is another one, or the input: nothing to
  /// store. That one is there.
  void same(std::string_view output, std::string_view other);

  /// The host writes this value, 0 or NaN, everywhere, where no kernel has anything to do.
  void fill(std::string_view output, double value);

  /// Row-major, for as long as the launches take; kernels see it by its name.
  void workspace(std::string name, DType dtype, const Dims& shape);
  /// A tensor seen otherwise, by a name of its own: another shape, other strides, an address at a
  /// constant distance from that of `tensor`.
  void view(std::string name, std::string_view tensor, const TensorRef& as);

  /// Launches in this order. A kernel's parameters are the tensors, outputs, workspaces, views and
  /// scalars of their names, or of what `bindings` says; an optional one without any is absent.
  template <class C, class... P>
  void launch(const Kernel<C, P...>& kernel, const C& config,
              std::initializer_list<Binding> bindings = {}) {
    launch(kernel.base(), kernel.with(config).config(),
           std::span<const Binding>(bindings.begin(), bindings.size()));
  }
  void launch(const KernelBase& kernel, const Config& config, std::span<const Binding> bindings);

 private:
  friend class PlanMaker;
  struct State;
  struct Source;
  Source source_of(std::string_view name) const;
  explicit Plan(State& state) : state_(state) {}
  void read_config(void* config, std::size_t bytes) const;
  State& state_;
};

}  // namespace tegula
#pragma GCC visibility pop
