// Kernels: a function of the language with its name, its parameters' names, and what is known about
// its configurations.
#pragma once

#include <initializer_list>
#include <memory>
#include <utility>

#include "tegula/dsl/kernel_base.h"

#pragma GCC visibility push(default)
namespace tegula {
namespace detail {

template <class P>
constexpr DType scalar_dtype() {
  if constexpr (std::is_same_v<P, F32>) return DType::f32;
  if constexpr (std::is_same_v<P, F64>) return DType::f64;
  if constexpr (std::is_same_v<P, I32>) return DType::i32;
  if constexpr (std::is_same_v<P, I64>) return DType::i64;
  if constexpr (std::is_same_v<P, U32>) return DType::u32;
  return DType::u64;
}

template <class P>
ParameterInfo describe_parameter(const char* name) {
  using Access = ParameterInfo::Access;
  ParameterInfo info;
  info.name = name;
  if constexpr (std::is_base_of_v<TensorParameter, P>) {
    info.optional = std::is_base_of_v<OptionalTensor, P>;
    info.access = std::is_same_v<P, In> || std::is_same_v<P, OptIn>     ? Access::in
                  : std::is_same_v<P, Out> || std::is_same_v<P, OptOut> ? Access::out
                                                                        : Access::in_out;
  } else {
    info.kind = ParameterInfo::Kind::scalar;
    info.dtype = scalar_dtype<P>();
  }
  return info;
}

template <class P>
concept KernelParameter = requires {
  typename std::remove_cvref_t<P>::Host;
};

template <class C, class... P>
class TypedKernel final : public KernelBase {
 public:
  using Function = void (*)(const C&, P...);

  TypedKernel(const char* name, Function function, const char* const* names,
              const std::source_location& at)
      : TypedKernel(name, function, names, at, std::index_sequence_for<P...>{}) {}

  bool feasible(const Config& config) const override {
    return rule_ == nullptr || rule_(struct_of(config));
  }
  Config values_of(const C& c) const { return read_config(&c, fields()); }

  template <class F>
  void field(const char* name, F C::*member, std::initializer_list<F> sweep) {
    ConfigFieldInfo info = describe_field(name, member);
    for (const F value : sweep) info.sweep.push_back(static_cast<std::int64_t>(value));
    add_field(std::move(info));
  }
  using KernelBase::specialise;
  void set_rule(bool (*rule)(const C&)) { rule_ = rule; }

 private:
  template <std::size_t... I>
  TypedKernel(const char* name, Function function, const char* const* names,
              const std::source_location& at, std::index_sequence<I...>)
      : KernelBase(name, reinterpret_cast<std::uintptr_t>(function),
                   std::is_empty_v<C> ? 0 : field_count<C>(),
                   {describe_parameter<std::remove_cvref_t<P>>(names[I])...}, at),
        function_(function) {}

  C struct_of(const Config& config) const {
    C c{};
    write_config(&c, fields(), config.span());
    return c;
  }
  void run(const Config& config, std::span<const ParameterSlot> slots) const override {
    call(struct_of(config), slots, std::index_sequence_for<P...>{});
  }
  template <std::size_t... I>
  void call(const C& c, [[maybe_unused]] std::span<const ParameterSlot> slots,
            std::index_sequence<I...>) const {
    function_(c, std::remove_cvref_t<P>(slots[I])...);
  }

  Function function_;
  bool (*rule_)(const C&) = nullptr;
};

}  // namespace detail

/// A kernel with a config chosen: `rms_norm.with({.bn = 2048}).launch(stream, x, w, y, 1e-6f)`.
template <class C, class... P>
class ConfiguredKernel {
 public:
  ConfiguredKernel(std::shared_ptr<const detail::TypedKernel<C, P...>> kernel, const C& config)
      : kernel_(std::move(kernel)), config_(kernel_->values_of(config)) {}

  /// Throws Error{invalid_argument} for arguments that the kernel does not take, and Error{kernel}
  /// for a mistake that tracing finds. See KernelBase::launch.
  void launch(Stream& stream, const typename std::remove_cvref_t<P>::Host&... arguments) const {
    std::array<KernelArgument, sizeof...(P)> list = {KernelArgument(arguments)...};
    kernel_->launch(stream, config_, list);
  }
  const Config& config() const { return config_; }

 private:
  std::shared_ptr<const detail::TypedKernel<C, P...>> kernel_;
  Config config_;
};

/// What `kernel(...)` returns. The declarations that follow it are part of the same expression.
template <class C, class... P>
class Kernel {
 public:
  explicit Kernel(std::shared_ptr<detail::TypedKernel<C, P...>> kernel)
      : kernel_(std::move(kernel)) {}

  /// Makes the extent of this dimension (-1: the last) a constant of the compiled kernel. A
  /// dimension that the tensor does not have is an error when the kernel is traced.
  Kernel specialise_dim(const char* parameter, int dimension) && {
    kernel_->specialise(parameter, dimension);
    return std::move(*this);
  }
  /// A config field with the values that tuning may try. A field named "warps" sets the warps of a
  /// block, 4 otherwise.
  template <class F>
  Kernel sweep(const char* name, F C::*member, std::initializer_list<F> values) && {
    kernel_->field(name, member, values);
    return std::move(*this);
  }
  /// A config field that is not tuned. Every field must be registered, here or by `sweep`, since
  /// its value is part of a compiled kernel's identity.
  template <class F>
  Kernel field(const char* name, F C::*member) && {
    kernel_->template field<F>(name, member, {});
    return std::move(*this);
  }
  /// Tuning tries only the configs for which `rule` returns true.
  Kernel prune(bool (*rule)(const C&)) && {
    kernel_->set_rule(rule);
    return std::move(*this);
  }

  /// The result must not outlive the kernel. It does not own it: counting owners would make threads
  /// that launch contend.
  ConfiguredKernel<C, P...> with(const C& config) const& {
    return {{std::shared_ptr<void>(), kernel_.get()}, config};
  }
  ConfiguredKernel<C, P...> with(const C& config) && { return {std::move(kernel_), config}; }
  /// With the default config.
  void launch(Stream& stream, const typename std::remove_cvref_t<P>::Host&... arguments) const {
    with(C{}).launch(stream, arguments...);
  }

  const KernelBase& base() const { return *kernel_; }

 private:
  std::shared_ptr<detail::TypedKernel<C, P...>> kernel_;
};

/// Defines a kernel: its name (a C identifier, also in profilers), its function, and the names of
/// its parameters, as many as there are.
template <class C, class... P, std::size_t N>
[[nodiscard]] Kernel<C, P...> kernel(const char* name, void (*function)(const C&, P...),
                                     const char* const (&names)[N],
                                     std::source_location at = std::source_location::current()) {
  static_assert(N == sizeof...(P), "one name for each parameter after the config");
  static_assert((detail::KernelParameter<P> && ...),
                "a kernel's parameters are In, Out, InOut, OptIn, OptOut, OptInOut, or scalars "
                "such as F32");
  static_assert(std::is_aggregate_v<C>, "a config is a plain struct");
  static_assert(detail::field_count<C>() <= Config::capacity, "a config has at most 24 fields");
  return Kernel<C, P...>(std::make_shared<detail::TypedKernel<C, P...>>(name, function, names, at));
}

/// Lambdas without captures count as functions; those with captures are rejected.
template <class F, std::size_t N>
requires std::is_class_v<F>
[[nodiscard]] auto kernel(const char* name, F function, const char* const (&names)[N],
                          std::source_location at = std::source_location::current()) {
  static_assert(
      requires { +function; },
      "a kernel is a plain function: what a lambda captures would be baked into the "
      "compiled kernel unseen; make it a config field or a parameter");
  return kernel(name, +function, names, at);
}

}  // namespace tegula
#pragma GCC visibility pop
