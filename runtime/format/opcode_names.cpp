// Scalar types, and the names of modifiers.
#include "runtime/format/opcode.h"

namespace tegula::format {
namespace {

struct ScalarRow {
  std::string_view name;
  int bytes, bits;
  bool floating;
};
constexpr std::array<ScalarRow, scalar_count> scalars = {{
    {"i1", 1, 1, false},
    {"i8", 1, 8, false},
    {"i16", 2, 16, false},
    {"i32", 4, 32, false},
    {"i64", 8, 64, false},
    {"f16", 2, 16, true},
    {"bf16", 2, 16, true},
    {"f32", 4, 32, true},
    {"f64", 8, 64, true},
}};
const ScalarRow& scalar_row(Scalar s) { return scalars.at(static_cast<std::size_t>(s)); }

constexpr std::array<std::string_view, instruction_class_count> class_names = {
    "integer", "float", "conversion", "move", "memory", "shuffle", "barrier", "control", "other"};
constexpr std::array<std::string_view, icmp_count> icmp_names = {"eq",  "ne",  "ult", "ule", "ugt",
                                                                 "uge", "slt", "sle", "sgt", "sge"};
constexpr std::array<std::string_view, 16> fcmp_names = {"false", "oeq", "ogt", "oge", "olt", "ole",
                                                         "one",   "ord", "uno", "ueq", "ugt", "uge",
                                                         "ult",   "ule", "une", "true"};
constexpr std::array<std::string_view, special_count> special_names = {
    "tid_x",    "ntid_x",   "ctaid_x", "ctaid_y", "ctaid_z", "nctaid_x",
    "nctaid_y", "nctaid_z", "lane",    "warp",    "warps"};
constexpr std::array<std::string_view, 2> space_names = {"global", "shared"};
constexpr std::array<std::string_view, 3> vote_names = {"any", "all", "uniform"};
constexpr std::array<std::string_view, scope_count> scope_names = {"cta", "cluster", "gpu",
                                                                   "system"};
constexpr std::array<std::string_view, 2> expect_names = {"only", "arrive"};
constexpr std::array<std::string_view, 2> wait_names = {"all", "read"};

/// "global.relaxed.gpu" and so on, in the order of AtomicModifier::pack().
const std::array<std::string, atomic_modifier_count>& atomic_names() {
  static const auto* names = [] {  // never destroyed: kernels may be wanted at exit
    constexpr std::array<std::string_view, 4> orders = {"relaxed", "acquire", "release", "acq_rel"};
    auto* made = new std::array<std::string, atomic_modifier_count>;
    for (std::size_t k = 0; k < made->size(); ++k)
      (*made)[k] = std::string(space_names[k & 1]) + "." + std::string(orders[k >> 1 & 3]) + "." +
                   std::string(scope_names[k >> 3]);
    return made;
  }();
  return *names;
}

constexpr std::array<std::string_view, 4> shuffle_names = {"up", "down", "butterfly", "index"};

}  // namespace

std::string_view instruction_class_name(InstructionClass c) {
  return class_names.at(static_cast<std::size_t>(c));
}

int scalar_bytes(Scalar scalar) { return scalar_row(scalar).bytes; }
int scalar_bits(Scalar scalar) { return scalar_row(scalar).bits; }
std::string_view scalar_name(Scalar scalar) { return scalar_row(scalar).name; }
bool is_float(Scalar scalar) { return scalar_row(scalar).floating; }

std::string type_name(const Register& r) {
  const std::string scalar(scalar_name(r.scalar));
  return r.elements == 1 ? scalar : std::to_string(r.elements) + "x" + scalar;
}

std::string_view modifier_name(Opcode opcode, std::uint8_t modifier) {
  switch (opcode) {
    case Opcode::icmp:
      return icmp_names.at(modifier);
    case Opcode::fcmp:
      return fcmp_names.at(modifier);
    case Opcode::special:
      return special_names.at(modifier);
    case Opcode::load:
    case Opcode::store:
      return space_names.at(modifier);
    case Opcode::warp_shuffle:
      return shuffle_names.at(modifier);
    case Opcode::vote:
      return vote_names.at(modifier);
    case Opcode::fence:
      return scope_names.at(modifier);
    case Opcode::mbarrier_expect_tx:
      return expect_names.at(modifier);
    case Opcode::bulk_wait:
      return wait_names.at(modifier);
    default:
      break;
  }
  if (opcode_row(opcode).modifiers == atomic_modifier_count) return atomic_names().at(modifier);
  return "";
}

}  // namespace tegula::format
