// Ops, described: what a function over tensors takes, what it gives, and which kernels it launches.
//
//   struct SquareArgs {
//     TensorRef x;
//     TensorRef out = {};
//     std::optional<SquareConfig> config = {};
//   };
//
//   const auto square = Op<SquareArgs, Tensor>("square", "y = x * x")
//       .input("x", &SquareArgs::x, {.shape = op::rows("M", "N")})
//       .config(&SquareArgs::config, choose_config, check_config,
//               {detail::describe_field("bn", &SquareConfig::bn)})
//       .output("y", {.shape = op::like("x"), .dtype = op::dtype_of("x")})
//       .into("out", &SquareArgs::out, {"x"})
//       .launches(square_kernel);
//
//   Tensor y = square(stream, {.x = x});
//
// From the description follow the checks of arguments and their messages, which tensors may
// overlap, the outputs that are allocated, and kept calls: a call that differs from one of this
// thread's last ones in addresses and scalars alone is checked by comparison, and launches.
#pragma once

#include <cstring>
#include <memory>
#include <new>
#include <source_location>
#include <type_traits>
#include <utility>

#include "tegula/op_info.h"
#include "tegula/ops/rng.h"
#include "tegula/plan.h"

#pragma GCC visibility push(default)
namespace tegula {

struct OpData;

/// An op without its types: what tools and tests work with.
class OpBase {
 public:
  OpBase(const OpBase&) = delete;
  OpBase& operator=(const OpBase&) = delete;

  /// False of what has been moved from, or has no plan yet.
  bool is_described() const;
  const std::string& name() const;
  const std::string& summary() const;
  /// Where the description stands: "file:line:column".
  std::string location() const;
  const std::vector<OpTensor>& tensors() const;
  const std::vector<OpOutput>& outputs() const;
  const std::vector<OpParameter>& parameters() const;
  const std::optional<OpConfig>& config_info() const;
  const OpStructs& structs() const;
  /// Of a gradient: of what.
  const std::optional<OpForward>& forward() const;
  /// Its inputs that come together, or not at all.
  const std::vector<std::pair<std::string, std::string>>& pairs() const;

  /// `arguments` and a default-constructed `result` are the op's structs. With `config`, these
  /// fields are put over what the op would choose. Throws what operator() does.
  void call(Stream& stream, const void* arguments, void* result,
            std::span<const std::pair<std::string, std::int64_t>> config = {}) const;

 protected:
  OpBase(std::string name, std::string summary, const std::source_location& at);
  OpBase(OpBase&& other) noexcept;
  ~OpBase();
  OpData& describe() { return *data_; }
  void add(OpTensor tensor);
  void add(OpOutput output);
  void add(OpParameter parameter);
  void add(OpScalars scalars);
  void add(OpFact fact);
  void set(OpConfig config);
  /// Throws InternalError where there is none yet.
  OpOutput& last_output();
  void name_destination(OpOutput& output, std::string name);
  [[noreturn]] void wrong_word(const char* word, const char* before) const;
  void add_constant(std::uint32_t offset, const void* value, std::size_t bytes);
  void add_pair(std::string first, std::string second);
  void remove(std::string_view name);
  void add_rule(std::function<void(const void*, const Plan&)> rule);
  void add_every_call(std::function<void(Stream&, const void*, const OpChecks&)> check);
  void set_plan(std::function<void(Plan&, const void*)> plan);
  void set_structs(const OpStructs& structs);
  void set_forward(OpForward forward);
  void add_usual(std::string name, double value);
  void set_example(void (*example)(op::Sizes& sizes));

 private:
  void check_name(std::string_view name) const;
  [[noreturn]] void refuse(const std::string& problem) const;
  friend class OpCall;
  std::unique_ptr<OpData> data_;
};

/// The ops that exist in this process, the library's included, by name. Not while another thread
/// describes one of the program's.
std::vector<const OpBase*> described_ops();

namespace detail {

/// Words that stand for a value in the key of a call.
template <class T>
struct KeyWords {
  static_assert(std::has_unique_object_representations_v<T> || std::is_empty_v<T>,
                "what is part of a call's key is a bool, an integer, an enum, or a struct of such "
                "without padding");
  static constexpr std::uint32_t count = (sizeof(T) + 7) / 8;
  static void put(const void* value, std::uint64_t* words) {
    words[count - 1] = 0;
    if constexpr (!std::is_empty_v<T>) std::memcpy(words, value, sizeof(T));
  }
};
template <class T>
struct KeyWords<std::optional<T>> {
  static constexpr std::uint32_t count = 1 + KeyWords<T>::count;
  static void put(const void* value, std::uint64_t* words) {
    const auto& optional = *static_cast<const std::optional<T>*>(value);
    for (std::uint32_t i = 0; i < count; ++i) words[i] = 0;
    if (!optional) return;
    words[0] = 1;
    KeyWords<T>::put(&*optional, words + 1);
  }
};

template <class Object, class Member>
std::uint32_t offset_of(Member Object::*member) {
  static const Object object{};
  return static_cast<std::uint32_t>(reinterpret_cast<const char*>(&(object.*member)) -
                                    reinterpret_cast<const char*>(&object));
}

template <class T>
constexpr bool is_scalar = std::is_same_v<T, float> || std::is_same_v<T, double> ||
                           std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::int64_t> ||
                           std::is_same_v<T, std::uint32_t> || std::is_same_v<T, std::uint64_t>;

template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, float>) return DType::f32;
  if constexpr (std::is_same_v<T, double>) return DType::f64;
  if constexpr (std::is_same_v<T, std::int32_t>) return DType::i32;
  if constexpr (std::is_same_v<T, std::int64_t>) return DType::i64;
  if constexpr (std::is_same_v<T, std::uint32_t>) return DType::u32;
  return DType::u64;
}

template <class T>
std::uint64_t scalar_bits(T value) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  return bits;
}

}  // namespace detail

/// What is said of an input.
struct InputRule {
  op::Shape shape = op::rows("M", "N");
  op::DTypes dtype = op::floats();
  std::string meaning = {};
  op::Values values = {};
};

/// What is said of an output.
struct OutputRule {
  op::Shape shape;
  op::DTypes dtype;
  std::string meaning = {};
};

/// An op whose arguments are the fields of Args, a copyable struct, and whose results are those of
/// Result, a struct whose default is empty tensors, or one Tensor. The declarations that follow the
/// name are part of one expression; their order is that in which a call is checked.
template <class Args, class Result>
class Op : public OpBase {
 public:
  explicit Op(std::string name, std::string summary,
              std::source_location at = std::source_location::current())
      : OpBase(std::move(name), std::move(summary), at) {
    static_assert(std::is_trivially_copyable_v<Args>,
                  "an op's arguments are plain: tensors by reference, numbers, flags");
    set_structs({.argument_bytes = sizeof(Args),
                 .result_bytes = sizeof(Result),
                 .make_arguments = [](void* at) { new (at) Args(); },
                 .make_result = [](void* at) { new (at) Result(); },
                 .destroy_result = [](void* at) { static_cast<Result*>(at)->~Result(); }});
  }

  /// Throws Error{invalid_argument} before anything is launched, naming the argument.
  Result operator()(Stream& stream, const Args& arguments) const {
    Result result;
    call(stream, &arguments, &result);
    return result;
  }

  Op input(std::string name, TensorRef Args::*member, InputRule rule = {}) && {
    add(tensor(std::move(name), std::move(rule), offset(member), nullptr, false));
    return std::move(*this);
  }
  /// One that may be absent.
  Op optional(std::string name, TensorRef Args::*member, InputRule rule = {}) && {
    add(tensor(std::move(name), std::move(rule), offset(member), nullptr, true));
    return std::move(*this);
  }
  /// One that lies deeper in the arguments; null where a call has none.
  Op optional(std::string name, const TensorRef* (*find)(const Args&), InputRule rule = {}) && {
    add(tensor(
        std::move(name), std::move(rule), 0,
        [find](const void* arguments) { return find(*static_cast<const Args*>(arguments)); },
        true));
    return std::move(*this);
  }

  /// The one output of an op that gives a Tensor.
  Op output(std::string name, OutputRule rule) && requires(std::is_same_v<Result, Tensor>) {
    add(result(std::move(name), std::move(rule), 0, false));
    return std::move(*this);
  }
  Op output(std::string name, Tensor Result::*member, OutputRule rule) && {
    add(result(std::move(name), std::move(rule), offset(member), false));
    return std::move(*this);
  }
  /// One that only some calls give: those for which `when` holds.
  Op output(std::string name, std::optional<Tensor> Result::*member, OutputRule rule,
            bool (*when)(const Args&, const Plan&), OpOutput::WhyNot why_not = {}) && {
    OpOutput output = result(std::move(name), std::move(rule), offset(member), true);
    output.when = [when](const void* arguments, const Plan& plan) {
      return when(*static_cast<const Args*>(arguments), plan);
    };
    output.why_not = std::move(why_not);
    add(std::move(output));
    return std::move(*this);
  }

  // What follows an output is about it.

  /// The caller may give its memory, of that very dtype. It may be one of the inputs `may_be`,
  /// element on element, and overlaps no tensor of the call otherwise.
  Op into(std::string name, TensorRef Args::*member, std::vector<std::string> may_be = {}) && {
    OpOutput& output = last_output();
    name_destination(output, std::move(name));
    output.into_offset = offset(member);
    output.may_be = std::move(may_be);
    return std::move(*this);
  }
  /// The same, of f32, f16 or bf16: the memory's dtype, and else its rule's, is the output's.
  Op into_any_float(std::string name, TensorRef Args::*member,
                    std::vector<std::string> may_be = {}) && {
    last_output().any_float = true;
    return std::move(*this).into(std::move(name), member, std::move(may_be));
  }
  /// Of an output into_any_float: the argument that says the dtype, before its memory's and its
  /// rule's; a part of the key of a call, as parameters are.
  Op dtype_argument(std::string name, std::optional<DType> Args::*member) && {
    if (!last_output().any_float) wrong_word("dtype_argument", "into_any_float");
    last_output().dtype_argument = name;
    last_output().dtype_offset = offset(member);
    return std::move(*this).parameter(std::move(name), member,
                                      "of " + last_output().name + ", and what follows it");
  }

  /// A flag, an integer, an optional DType: a part of the key of a call.
  template <class T, class Base>
  Op parameter(std::string name, T Base::*member, std::string meaning) && {
    OpParameter parameter = described(std::move(name), member, std::move(meaning));
    parameter.key_words = detail::KeyWords<T>::count;
    parameter.put_key = detail::KeyWords<T>::put;
    add(std::move(parameter));
    return std::move(*this);
  }
  /// A number that kernels take by value, and that no plan depends on. `check` throws for one that
  /// the op does not take.
  template <class T, class Base>
  Op scalar(std::string name, T Base::*member, std::string meaning,
            void (*check)(T value, std::string_view name, const OpChecks&) = nullptr) && {
    static_assert(detail::is_scalar<T>,
                  "a scalar is a float, a double, or a std::int32_t, int64_t, "
                  "uint32_t or uint64_t");
    add(described(name, member, std::move(meaning)));
    const auto get = [=](const void* arguments, const OpChecks& checks, std::uint64_t* bits) {
      const T value = static_cast<const Args*>(arguments)->*member;
      if (check != nullptr) check(value, name, checks);
      *bits = detail::scalar_bits(value);
    };
    add(OpScalars{{{name, detail::dtype_of<T>()}}, get});
    return std::move(*this);
  }
  /// What is the same in every call of this op, whatever the caller's struct says: rules, shapes
  /// and plans see this value there.
  template <class T, class Base>
  Op constant(T Base::*member, std::type_identity_t<T> value) && {
    add_constant(offset(member), &value, sizeof(T));
    return std::move(*this);
  }
  /// What only `scalars` and `every_call` look at.
  template <class T, class Base>
  Op value(std::string name, T Base::*member, std::string meaning) && {
    add(described(std::move(name), member, std::move(meaning)));
    return std::move(*this);
  }
  /// Several that are worked out, and checked, together.
  Op scalars(std::vector<OpScalars::Scalar> list,
             void (*get)(const Args&, const OpChecks&, std::uint64_t* bits)) && {
    add(OpScalars{std::move(list),
                  [get](const void* arguments, const OpChecks& checks, std::uint64_t* bits) {
                    get(*static_cast<const Args*>(arguments), checks, bits);
                  }});
    return std::move(*this);
  }
  /// What plans depend on but the tensors and parameters do not say: whether a scalar is 0.
  template <class T>
  Op fact(std::string name, T (*get)(const Args&)) && {
    add(OpFact{std::move(name), [get](const void* arguments) {
                 return static_cast<std::uint64_t>(get(*static_cast<const Args*>(arguments)));
               }});
    return std::move(*this);
  }

  /// Two inputs that come together, or not at all; behind both.
  Op together(std::string first, std::string second) && {
    add_pair(std::move(first), std::move(second));
    return std::move(*this);
  }
  /// This op is the gradient of `forward`, which must outlive it, and whose tensors and parameters
  /// of the same names it takes. `fill` sets those in `filled` from a call of the forward: what it
  /// saves, and what it says.
  template <class ForwardArgs, class ForwardResult>
  Op backward_of(const Op<ForwardArgs, ForwardResult>& forward, std::vector<std::string> filled,
                 void (*fill)(Args&, const ForwardArgs&, const ForwardResult&)) && {
    set_forward({&forward, std::move(filled),
                 [fill](void* arguments, const void* forward_arguments, const void* result) {
                   fill(*static_cast<Args*>(arguments),
                        *static_cast<const ForwardArgs*>(forward_arguments),
                        *static_cast<const ForwardResult*>(result));
                 }});
    return std::move(*this);
  }
  /// Sizes of a call that is made up, for `tegula emit` and tests: extents and parameters that are
  /// not in `sizes` yet. What nobody says is 64 for M, 4096 for N, and 16 elsewhere.
  Op example(void (*complete)(op::Sizes& sizes)) && {
    set_example(complete);
    return std::move(*this);
  }

  /// What the command line, and a call that is made up, take for a parameter in place of what the
  /// struct initialises it to: a flag's 1, a number.
  Op usual(std::string name, double value) && {
    add_usual(std::move(name), value);
    return std::move(*this);
  }

  /// A rule that no other word says, checked where it stands. What it depends on must be a part of
  /// the key: a call that is like an earlier one is not asked again.
  Op rule(void (*check)(const Args&, const Plan&)) && {
    add_rule([check](const void* arguments, const Plan& plan) {
      check(*static_cast<const Args*>(arguments), plan);
    });
    return std::move(*this);
  }
  /// What every call must pass, of scalars or of what tensors hold.
  Op every_call(void (*check)(Stream&, const Args&, const OpChecks&)) && {
    add_every_call([check](Stream& stream, const void* arguments, const OpChecks& checks) {
      check(stream, *static_cast<const Args*>(arguments), checks);
    });
    return std::move(*this);
  }

  /// How the kernels are cut unless a caller pins it; `check` throws for a pin that no kernel
  /// takes. Both are functions of the plan, or of the arguments and the plan.
  template <class C, class Base, class Choose, class Check>
  Op config(std::optional<C> Base::*member, Choose choose, Check check,
            std::vector<ConfigFieldInfo> fields) && {
    OpConfig config;
    config.fields = std::move(fields);
    config.offset = offset(member);
    config.bytes = sizeof(C);
    config.optional_bytes = sizeof(std::optional<C>);
    config.find = [](const void* optional) -> const void* {
      const auto& pinned = *static_cast<const std::optional<C>*>(optional);
      return pinned ? &*pinned : nullptr;
    };
    config.pin = [](void* optional, const void* chosen) {
      auto& pinned = *static_cast<std::optional<C>*>(optional);
      pinned.reset();
      if (chosen != nullptr) pinned = *static_cast<const C*>(chosen);
    };
    config.choose = [choose](const void* arguments, const Plan& plan, void* chosen) {
      if constexpr (std::is_invocable_v<Choose, const Plan&>)
        *static_cast<C*>(chosen) = choose(plan);
      else
        *static_cast<C*>(chosen) = choose(*static_cast<const Args*>(arguments), plan);
    };
    config.check = [check](const void* arguments, const Plan& plan, const void* pinned) {
      if constexpr (std::is_invocable_v<Check, const C&, const Plan&>)
        check(*static_cast<const C*>(pinned), plan);
      else
        check(*static_cast<const C*>(pinned), *static_cast<const Args*>(arguments), plan);
    };
    config.key_words = detail::KeyWords<std::optional<C>>::count;
    config.put_key = detail::KeyWords<std::optional<C>>::put;
    set(std::move(config));
    return std::move(*this);
  }

  /// The same of a kernel's own config struct, with its fields, its defaults and its `.prune`.
  template <class C, class Base, class... P>
  Op config(std::optional<C> Base::*member, const Kernel<C, P...>& kernel) && {
    const KernelBase& base = kernel.base();
    return std::move(*this).config(
        member, [](const Plan&) { return C{}; },
        [&kernel](const C& pinned, const Plan& plan) {
          const KernelBase& base = kernel.base();
          const Config config = kernel.with(pinned).config();
          if (!base.feasible(config))
            plan.checks().fail("config", "the kernel refuses it", base.to_text(config),
                               "one that its prune rule takes");
        },
        base.fields());
  }

  template <class C, class Base, class... P>
  Op config(std::optional<C> Base::*member,
            const Kernel<C, P...>&& kernel) && = delete;  // it would be gone by the first call

  /// Drops tensors, parameters and outputs that the structs have for other ops, and that callers of
  /// this one cannot give, nor get.
  Op without(std::initializer_list<std::string_view> names) && {
    for (const std::string_view name : names) remove(name);
    return std::move(*this);
  }

  /// What a call comes to, where there is anything to do.
  Op plan(void (*make)(Plan&, const Args&)) && {
    set_plan([make](Plan& plan, const void* arguments) {
      make(plan, *static_cast<const Args*>(arguments));
    });
    return std::move(*this);
  }
  /// The plan of most ops: this kernel, which must outlive the op, unless an extent is 0.
  template <class C, class... P>
  Op launches(const Kernel<C, P...>& kernel) && {
    set_plan([&kernel](Plan& plan, const void*) {
      if (!plan.empty()) plan.launch(kernel, plan.config<C>());
    });
    return std::move(*this);
  }

  template <class C, class... P>
  Op launches(const Kernel<C, P...>&& kernel) && = delete;  // it would be gone by the first call

 private:
  template <class Object, class Member>
  static std::uint32_t offset(Member Object::*member) {
    if constexpr (std::is_base_of_v<Object, Args>)
      return detail::offset_of(static_cast<Member Args::*>(member));
    else
      return detail::offset_of(member);
  }
  template <class T, class Base>
  static OpParameter described(std::string name, T Base::*member, std::string meaning) {
    using Kind = OpParameter::Kind;
    return {.name = std::move(name),
            .meaning = std::move(meaning),
            .kind = std::is_same_v<T, bool>                           ? Kind::flag
                    : std::is_integral_v<T> && std::is_signed_v<T>    ? Kind::integer
                    : std::is_floating_point_v<T>                     ? Kind::number
                    : std::is_same_v<T, std::optional<DType>>         ? Kind::dtype
                    : std::is_same_v<T, std::optional<ops::RngState>> ? Kind::rng
                                                                      : Kind::other,
            .offset = offset(member),
            .bytes = sizeof(T)};
  }
  static OpTensor tensor(std::string name, InputRule rule, std::uint32_t offset,
                         std::function<const TensorRef*(const void*)> find, bool optional) {
    return {std::move(name),       std::move(rule.meaning), offset,   std::move(find),
            std::move(rule.shape), std::move(rule.dtype),   optional, std::move(rule.values)};
  }
  static OpOutput result(std::string name, OutputRule rule, std::uint32_t offset,
                         bool is_optional) {
    OpOutput output;
    output.name = std::move(name);
    output.meaning = std::move(rule.meaning);
    output.offset = offset;
    output.is_optional = is_optional;
    output.shape = std::move(rule.shape);
    output.dtype = std::move(rule.dtype);
    return output;
  }
};

}  // namespace tegula
#pragma GCC visibility pop
