// Random instructions, as InstCombine leaves them.
#include "tests/compiler/backend/encoder/encoder_case.h"

namespace tegula::compiler {
namespace {

/// Random instructions on values made before: InstCombine makes of them what nobody thought of.
class RandomBody {
 public:
  explicit RandomBody(std::uint64_t seed) : random_(seed) {}

  Case make(int steps) {
    Case c;
    for (const char* name : {"a", "b", "c"}) {
      const Type type = any_type();
      c.operands.push_back(type);
      values_.push_back({name, type});
    }
    for (int k = 0; k < steps; ++k) step();
    c.result = values_.back().type;
    body_ += fmt::format("  %r = freeze {} %{}", c.result.text(), values_.back().name);
    c.body = std::move(body_);
    for (const std::string& line : declarations_) c.declarations += line + "\n";
    return c;
  }

 private:
  struct Value {
    std::string name;
    Type type;
  };

  std::size_t below(std::size_t n) { return random_() % n; }
  template <std::size_t n>
  std::string one_of(const char* const (&list)[n]) {
    return list[below(n)];
  }
  Type any_type() {
    static constexpr const char* scalars[] = {
        "i1",  "i1",  "i3",  "i8",   "i8",  "i16", "i16",   "i32",    "i32",   "i64",
        "i64", "i24", "i33", "half", "i32", "i1",  "float", "double", "bfloat"};
    static constexpr unsigned lengths[] = {0, 0, 1, 2, 4, 8};
    return {one_of(scalars), lengths[below(6)]};
  }
  /// The last of the type, or one made from another.
  std::string of(const Type& type) {
    std::vector<std::string> names;
    for (const Value& v : values_)
      if (v.type.text() == type.text()) names.push_back(v.name);
    if (!names.empty() && below(8) != 0)
      return "%" + names[below(2) == 0 ? names.size() - 1 : below(names.size())];
    if (!type.is_float() && below(3) == 0)
      return type.splat(static_cast<std::int64_t>(below(9)) - 3);
    return "%" + convert(values_[below(values_.size())], type);
  }
  std::string append(const Type& type, const std::string& text) {
    const std::string name = fmt::format("v{}", values_.size());
    body_ += fmt::format("  %{} = {}\n", name, text);
    values_.push_back({name, type});
    return name;
  }
  std::string call(const Type& type, const std::string& name,
                   const std::vector<std::pair<Type, std::string>>& arguments,
                   const std::string& mangled = {}) {
    const std::string full =
        fmt::format("@llvm.{}.{}", name, mangled.empty() ? type.mangled() : mangled);
    std::string given, parameters;
    for (const auto& [argument, value] : arguments) {
      given += fmt::format("{}{} {}", given.empty() ? "" : ", ", argument.text(), value);
      parameters += (parameters.empty() ? "" : ", ") + argument.text();
    }
    declarations_.insert(fmt::format("declare {} {}({})", type.text(), full, parameters));
    return append(type, fmt::format("call {} {}({})", type.text(), full, given));
  }

  /// In as many steps as that takes: another length, another scalar.
  std::string convert(Value from, const Type& to) {
    if (from.type.count != to.count) {
      const Type other{from.type.scalar, to.count};
      if (to.count == 0) {
        from.name = append(other, fmt::format("extractelement {} %{}, i32 {}", from.type.text(),
                                              from.name, below(from.type.count)));
      } else if (from.type.count == 0) {
        from.name =
            append(other, fmt::format("insertelement {} zeroinitializer, {} %{}, i32 {}",
                                      other.text(), from.type.text(), from.name, below(to.count)));
      } else {
        std::string mask;
        for (unsigned k = 0; k < to.count; ++k)
          mask += fmt::format("{}i32 {}", k == 0 ? "" : ", ", below(from.type.count));
        from.name =
            append(other, fmt::format("shufflevector {0} %{1}, {0} poison, <{2} x i32> <{3}>",
                                      from.type.text(), from.name, to.count, mask));
      }
      from.type = other;
    }
    if (from.type.scalar == to.scalar) return from.name;
    const auto cast = [&](const std::string& name) {
      return append(to,
                    fmt::format("{} {} %{} to {}", name, from.type.text(), from.name, to.text()));
    };
    if (from.type.is_float() && to.is_float()) {
      if (from.type.bits() == to.bits())
        return convert({convert(from, to.with("float")), to.with("float")}, to);
      return cast(from.type.bits() < to.bits() ? "fpext" : "fptrunc");
    }
    if (from.type.is_float())
      return call(to, below(2) == 0 ? "fptosi.sat" : "fptoui.sat", {{from.type, "%" + from.name}},
                  to.mangled() + "." + from.type.mangled());
    if (to.is_float()) return cast(below(2) == 0 ? "sitofp" : "uitofp");
    if (from.type.bits() > to.bits()) return cast("trunc");
    return cast(below(2) == 0 ? "zext" : "sext");
  }

  void step() {
    const Type type = any_type();
    if (type.is_float()) return float_step(type);
    const std::string t = type.text(), x = of(type), y = of(type);
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
        append(type, fmt::format("{} {} {}, {}", one_of({"add", "sub", "mul", "and", "or", "xor"}),
                                 t, x, y));
        break;
      case 3: {
        if (type.bits() == 1) return;
        const std::string by = append(
            type,
            fmt::format("urem {} {}, {}", t, y, type.splat(type.bits() == 3 ? 3 : type.bits())));
        append(type, fmt::format("{} {} {}, %{}", one_of({"shl", "lshr", "ashr"}), t, x, by));
        break;
      }
      case 4: {
        // A divisor that is positive.
        if (type.bits() == 1) return;
        const std::string half = append(type, fmt::format("lshr {} {}, {}", t, y, type.splat(1)));
        const std::string divisor =
            append(type, below(2) == 0 ? fmt::format("or {} %{}, {}", t, half, type.splat(1))
                                       : fmt::format("call {0} @llvm.umax.{1}({0} %{2}, {0} {3})",
                                                     t, type.mangled(), half, type.splat(1)));
        declarations_.insert(
            fmt::format("declare {0} @llvm.umax.{1}({0}, {0})", t, type.mangled()));
        append(type, fmt::format("{} {} {}, %{}", one_of({"udiv", "sdiv", "urem", "srem"}), t, x,
                                 divisor));
        break;
      }
      case 5:
        append(type.with("i1"), fmt::format("icmp {} {} {}, {}",
                                            one_of({"eq", "ne", "ult", "ule", "ugt", "uge", "slt",
                                                    "sle", "sgt", "sge"}),
                                            t, x, y));
        break;
      case 6: {
        const Type truth = below(2) == 0 ? type.with("i1") : Type{"i1"};
        append(type,
               fmt::format("select {} {}, {} {}, {} {}", truth.text(), of(truth), t, x, t, y));
        break;
      }
      case 7:
        call(type,
             one_of(
                 {"umin", "umax", "smin", "smax", "uadd.sat", "usub.sat", "sadd.sat", "ssub.sat"}),
             {{type, x}, {type, y}});
        break;
      case 8:
        if (below(2) == 0)
          call(type, one_of({"ctpop", "bitreverse"}), {{type, x}});
        else
          call(type, one_of({"abs", "ctlz", "cttz"}), {{type, x}, {{"i1"}, "false"}});
        break;
      case 9:
        call(type, one_of({"fshl", "fshr"}), {{type, x}, {type, y}, {type, of(type)}});
        break;
      case 10:
        if (type.count == 0) return;
        call({type.scalar},
             "vector.reduce." + one_of({"add", "and", "or", "xor", "smin", "smax", "umin", "umax"}),
             {{type, x}}, type.mangled());
        break;
      default:
        regroup(type, x);
        break;
    }
  }

  /// The same bits in other integers; where neither width divides the other LLVM folds wrongly.
  void regroup(const Type& type, const std::string& x) {
    const unsigned bits = type.bits() * type.elements();
    for (const unsigned width : {1u, 8u, 16u, 32u, 64u, 3u, 24u})
      if (bits % width == 0 && bits / width <= 8 && below(2) == 0 &&
          (type.bits() % width == 0 || width % type.bits() == 0)) {
        const unsigned count = bits / width;
        const Type to{fmt::format("i{}", width), count == 1 && below(2) == 0 ? 0 : count};
        append(to, fmt::format("bitcast {} {} to {}", type.text(), x, to.text()));
        return;
      }
  }

  void float_step(const Type& type) {
    const std::string t = type.text(), x = of(type), y = of(type);
    switch (below(5)) {
      case 0:
      case 1: {
        // What form_fma may fuse with a sum is rounded once, not twice.
        const bool fuses = type.scalar == "float" || type.scalar == "double";
        append(type, fmt::format("{} {} {}, {}",
                                 fuses ? one_of({"fadd", "fsub", "fdiv"})
                                       : one_of({"fadd", "fsub", "fmul", "fdiv"}),
                                 t, x, y));
        break;
      }
      case 2:
        append(type.with("i1"), fmt::format("fcmp {} {} {}, {}",
                                            one_of({"oeq", "ogt", "oge", "olt", "ole", "one", "ord",
                                                    "ueq", "une", "uno", "ult"}),
                                            t, x, y));
        break;
      case 3:
        call(type, one_of({"minimum", "maximum", "minnum", "maxnum"}), {{type, x}, {type, y}});
        break;
      default:
        append(type, fmt::format("fneg {} {}", t, x));
        break;
    }
  }

  std::mt19937_64 random_;
  std::vector<Value> values_;
  std::string body_;
  std::set<std::string> declarations_;
};

/// TEGULA_ENCODER_PROGRAMS: how many, TEGULA_ENCODER_SEED: from which on.
TEST_F(Encoder, RandomInstructions) {
  const auto number = [](const char* name, int otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::atoi(text);
  };
  const int first = number("TEGULA_ENCODER_SEED", 1);
  for (int seed = first; seed < first + number("TEGULA_ENCODER_PROGRAMS", 400); ++seed) {
    SCOPED_TRACE(seed);
    check(RandomBody(static_cast<std::uint64_t>(seed)).make(4 + seed % 20));
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
}

}  // namespace
}  // namespace tegula::compiler
