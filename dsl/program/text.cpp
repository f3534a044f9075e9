// Readable text of a Program:
//
//   kernel rms_norm_fwd(bn=1024) warps 4
//     in x: tensor<? x 4096 x bf16> strides [?:16, 1] align 16
//     scalar eps: f32
//   grid [%0]                        (or `grid [%0] cluster 4`: clusters of 4 blocks)
//   y is x                           (the same tensor; or `y overlaps x`)
//   require weight.dim(0) == %1
//     %0 = dim x[0] : i32
//     %9 = for %7 in [%2, %3) carry (%8 = %6) : tile<1x1024xf32>
//       ...
//       yield %12
//
// The second region of a branch or a loop follows `else` or `do`.
#include <bit>

#include <fmt/format.h>

#include "dsl/program/op_table.h"
#include "tegula/error.h"

namespace tegula::program {
namespace {

constexpr std::string_view comparison_names[comparison_count] = {"eq", "ne", "lt",
                                                                 "le", "gt", "ge"};
constexpr std::string_view reduce_names[reduce_kind_count] = {"sum",     "min",    "max",
                                                              "bit_and", "bit_or", "bit_xor"};
constexpr std::string_view atomic_names[atomic_kind_count] = {
    "add", "min", "max", "bit_and", "bit_or", "bit_xor", "exchange"};
constexpr std::string_view order_names[memory_order_count] = {"relaxed", "acquire", "release",
                                                              "acq_rel"};
constexpr std::string_view scope_names[memory_scope_count] = {"block", "device", "system"};
constexpr std::string_view access_names[] = {"in", "out", "inout"};

std::string values(std::span<const ValueId> ids) {
  std::string text;
  for (const ValueId id : ids) text += fmt::format("{}%{}", text.empty() ? "" : ", ", id);
  return text;
}

std::string maybe_dynamic(std::int64_t value) {
  return value == Parameter::dynamic ? "?" : std::to_string(value);
}

class Printer {
 public:
  explicit Printer(const Program& program) : program_(program) {}

  std::string run() {
    header();
    region(program_.body, 1);
    return std::move(text_);
  }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
  }

  void header() {
    add("kernel {}(", program_.name);
    for (std::size_t i = 0; i < program_.config.size(); ++i)
      add("{}{}={}", i > 0 ? ", " : "", program_.config[i].name, program_.config[i].value);
    add(") warps {}\n", program_.warps);
    for (const Parameter& p : program_.parameters) parameter(p);
    add("grid [{}]", values(program_.grid));
    if (program_.cluster > 1) add(" cluster {}", program_.cluster);
    add("\n");
    for (const Workspace& w : program_.workspaces)
      add("extents of {} [{}]\n", program_.parameters[w.parameter].name, values(w.extents));
    for (const Overlap& o : program_.overlaps)
      add("{} {} {}\n", program_.parameters[o.parameter].name, o.same ? "is" : "overlaps",
          program_.parameters[o.with].name);
    for (const Requirement& r : program_.requirements)
      add("require {}.{} == %{}\n", program_.parameters[r.parameter].name,
          r.dimension < 0 ? "rank" : fmt::format("dim({})", r.dimension), r.extent);
  }

  void parameter(const Parameter& p) {
    if (p.kind == Parameter::Kind::scalar)
      return add("  scalar {}: {}\n", p.name, dtype_name(p.dtype));
    add("  {} {}: ",
        p.kind == Parameter::Kind::workspace ? "workspace"
                                             : access_names[static_cast<std::size_t>(p.access)],
        p.name);
    if (p.kind == Parameter::Kind::absent_tensor) return add("absent\n");
    add("tensor<");
    for (const std::int64_t extent : p.extents) add("{} x ", maybe_dynamic(extent));
    add("{}> strides [", dtype_name(p.dtype));
    for (std::size_t i = 0; i < p.strides.size(); ++i) {
      add("{}{}", i > 0 ? ", " : "", maybe_dynamic(p.strides[i]));
      if (p.strides[i] == Parameter::dynamic) add(":{}", p.stride_divisors[i]);
    }
    add("] align {}\n", p.alignment);
  }

  void region(const Region& region, int depth) {
    for (const Instruction& instruction : region.body) {
      if (instruction.op == Op::yield && depth == 1) continue;
      indent(depth);
      if (!instruction.results.empty()) add("{} = ", values(instruction.results));
      add("{}", op_name(instruction.op));
      if (instruction.regions.empty())
        simple(instruction);
      else
        nested(instruction, depth);
    }
  }

  void indent(int depth) { text_.append(2 * static_cast<std::size_t>(depth), ' '); }

  void nested(const Instruction& instruction, int depth) {
    const std::vector<ValueId>&operands = instruction.operands,
          &arguments = instruction.regions[0].arguments;
    switch (instruction.op) {
      case Op::for_loop:
        add(" %{} in [%{}, %{})", arguments[0], operands[0], operands[1]);
        if (operands.size() > 2) add(" carry");
        carried(std::span(arguments).subspan(1), std::span(operands).subspan(2));
        break;
      case Op::while_loop:
        carried(arguments, operands);
        break;
      case Op::if_then:
        add(" {}", values(operands));
        break;
      default:
        attributes(instruction);
        add(" {} with ({})", values(operands), values(arguments));
    }
    types(instruction.results);
    add("\n");
    for (std::size_t i = 0; i < instruction.regions.size(); ++i) {
      if (i > 0) {
        indent(depth);
        add("{}", instruction.op == Op::if_then ? "else" : "do");
        if (!arguments.empty()) add(" ({})", values(instruction.regions[i].arguments));
        add("\n");
      }
      region(instruction.regions[i], depth + 1);
    }
  }

  void carried(std::span<const ValueId> arguments, std::span<const ValueId> initial) {
    for (std::size_t i = 0; i < arguments.size(); ++i)
      add("{}%{} = %{}{}", i > 0 ? ", " : " (", arguments[i], initial[i],
          i + 1 == arguments.size() ? ")" : "");
  }

  void simple(const Instruction& instruction) {
    attributes(instruction);
    if (!instruction.operands.empty()) add(" {}", values(instruction.operands));
    types(instruction.results);
    add("\n");
  }

  void types(std::span<const ValueId> ids) {
    for (std::size_t i = 0; i < ids.size(); ++i)
      add("{}{}", i > 0 ? ", " : " : ", to_string(program_.types[ids[i]]));
  }

  /// What kind of an op it is comes first.
  void attributes(const Instruction& instruction) {
    for (const bool kinds : {true, false}) {
      std::size_t at = 0;
      for (const Attribute what : rule(instruction.op).attributes)
        if (const std::size_t k = at++; is_kind(what) == kinds) attribute(what, instruction, k);
    }
  }

  static bool is_kind(Attribute what) {
    return what == Attribute::comparison || what == Attribute::reduce_kind ||
           what == Attribute::atomic_kind;
  }

  void attribute(Attribute what, const Instruction& instruction, std::size_t at) {
    const std::int64_t a = instruction.attributes[at];
    const auto index = static_cast<std::size_t>(a);
    switch (what) {
      case Attribute::value:
        if (is_float(program_.types[instruction.results[0]].dtype))
          return add(" {}", std::bit_cast<double>(a));
        return add(" {}", a);
      case Attribute::number:
        return add(" {}", a);
      case Attribute::parameter:
        return add(" {}", program_.parameters[index].name);
      case Attribute::dimension:
        return add("[{}]", a);
      case Attribute::axis:
        return add(" axis {}", a);
      case Attribute::reverse:
        return add("{}", a != 0 ? " reverse" : "");
      case Attribute::padding:
        if (a != 0) add(" pad {}", std::bit_cast<double>(a));
        return;
      case Attribute::in_bounds:
        return add("{}", a != 0 ? " in_bounds" : "");
      case Attribute::narrowed:
        for (int d = 0; a >> d != 0; ++d)
          if ((a >> d & 1) != 0) add(" narrow {}", d);
        return;
      case Attribute::permutation:
        return add(" [{}]", fmt::join(instruction.attributes, ", "));
      case Attribute::comparison:
        return add(" {}", comparison_names[index]);
      case Attribute::reduce_kind:
        return add(" {}", reduce_names[index]);
      case Attribute::atomic_kind:
        return add(" {}", atomic_names[index]);
      case Attribute::order:
        return add(" {}", order_names[index]);
      case Attribute::scope:
        return add(" {}", scope_names[index]);
      case Attribute::message:
        return add(" {:?}", program_.strings[index]);
    }
  }

  const Program& program_;
  std::string text_;
};

}  // namespace

std::string to_string(const Type& type) {
  const bool view = type.kind == Type::Kind::view;
  if (type.shape.empty() && !view) return std::string(dtype_name(type.dtype));
  std::string text = view ? "view<" : "tile<";
  for (const std::int64_t extent : type.shape) text += std::to_string(extent) + "x";
  return text + std::string(dtype_name(type.dtype)) + ">";
}

std::string to_text(const Program& program) { return Printer(program).run(); }

}  // namespace tegula::program
