#include "runtime/format/opcode.h"

namespace tegula::format {
namespace {

constexpr ScalarSet bit = set_of(Scalar::i1);
constexpr ScalarSet words = set_of(Scalar::i32) | set_of(Scalar::i64);
constexpr ScalarSet integers = set_of(Scalar::i8) | set_of(Scalar::i16) | words;
constexpr ScalarSet bits_and_integers = bit | integers;
constexpr ScalarSet f32_only = set_of(Scalar::f32);
constexpr ScalarSet halves = set_of(Scalar::f16) | set_of(Scalar::bf16);
constexpr ScalarSet floats = halves | f32_only | set_of(Scalar::f64);
constexpr ScalarSet all = bits_and_integers | floats;

using C = InstructionClass;
using K = Kind;

constexpr std::array<K, 3> unary = {K::subject, K::none, K::none};
constexpr std::array<K, 3> binary = {K::subject, K::subject, K::none};
constexpr std::array<K, 3> ternary = {K::subject, K::subject, K::subject};
constexpr std::array<K, 3> from_source = {K::source, K::none, K::none};
constexpr std::array<K, 3> nothing = {K::none, K::none, K::none};

constexpr OpcodeRow integer(Opcode o, std::string_view name, std::array<K, 3> operands,
                            ScalarSet types = integers) {
  return {o, name, C::integer, K::subject, operands, types, 0};
}
constexpr OpcodeRow floating(Opcode o, std::string_view name, std::array<K, 3> operands,
                             ScalarSet types = floats) {
  return {o, name, C::floating, K::subject, operands, types, 0};
}
constexpr OpcodeRow conversion(Opcode o, std::string_view name, ScalarSet to, ScalarSet from,
                               TypeRule rule = TypeRule::any) {
  return {o, name, C::conversion, K::subject, from_source, to, from, rule};
}
constexpr OpcodeRow control(Opcode o, std::string_view name, std::array<K, 3> operands,
                            int targets) {
  return {o, name, C::control, K::none, operands, 0, 0, TypeRule::any, Immediate::zero, 1, targets};
}

using O = Opcode;
using R = TypeRule;
using I = Immediate;

constexpr std::array<OpcodeRow, opcode_count> table = {{
    integer(O::iadd, "iadd", binary),
    integer(O::isub, "isub", binary),
    integer(O::imul, "imul", binary),
    integer(O::udiv, "udiv", binary),
    integer(O::sdiv, "sdiv", binary),
    integer(O::urem, "urem", binary),
    integer(O::srem, "srem", binary),
    integer(O::umin, "umin", binary),
    integer(O::umax, "umax", binary),
    integer(O::smin, "smin", binary),
    integer(O::smax, "smax", binary),
    integer(O::umulh, "umulh", binary),
    integer(O::smulh, "smulh", binary),
    integer(O::iand, "iand", binary, bits_and_integers),
    integer(O::ior, "ior", binary, bits_and_integers),
    integer(O::ixor, "ixor", binary, bits_and_integers),
    integer(O::shl, "shl", binary),
    integer(O::lshr, "lshr", binary),
    integer(O::ashr, "ashr", binary),
    integer(O::iabs, "iabs", unary),
    integer(O::ctpop, "ctpop", unary),
    integer(O::ctlz, "ctlz", unary),
    floating(O::fadd, "fadd", binary),
    floating(O::fsub, "fsub", binary),
    floating(O::fmul, "fmul", binary),
    floating(O::fdiv, "fdiv", binary),
    floating(O::frem, "frem", binary),
    floating(O::fmin, "fmin", binary),
    floating(O::fmax, "fmax", binary),
    floating(O::fminimum, "fminimum", binary),
    floating(O::fmaximum, "fmaximum", binary),
    floating(O::fcopysign, "fcopysign", binary),
    floating(O::fneg, "fneg", unary),
    floating(O::fabs, "fabs", unary),
    floating(O::fsqrt, "fsqrt", unary),
    floating(O::ffloor, "ffloor", unary),
    floating(O::fceil, "fceil", unary),
    floating(O::ftrunc, "ftrunc", unary),
    floating(O::frint, "frint", unary),
    floating(O::fma, "fma", ternary),
    floating(O::rsqrt_approx, "rsqrt_approx", unary, f32_only),
    floating(O::rcp_approx, "rcp_approx", unary, f32_only),
    floating(O::ex2_approx, "ex2_approx", unary, f32_only),
    floating(O::lg2_approx, "lg2_approx", unary, f32_only),
    floating(O::sin_approx, "sin_approx", unary, f32_only),
    floating(O::cos_approx, "cos_approx", unary, f32_only),
    floating(O::tanh_approx, "tanh_approx", unary, f32_only),
    {O::icmp, "icmp", C::integer, K::truths, binary, bits_and_integers, 0, R::any, I::zero,
     icmp_count},
    {O::fcmp, "fcmp", C::floating, K::truths, binary, floats, 0, R::any, I::zero, 16},
    {O::select, "select", C::move, K::subject, {K::condition, K::subject, K::subject}, all, 0},
    conversion(O::trunc, "trunc", bits_and_integers, integers, R::narrower),
    conversion(O::zext, "zext", integers, bits_and_integers, R::wider),
    conversion(O::sext, "sext", integers, bits_and_integers, R::wider),
    conversion(O::fptrunc, "fptrunc", floats, floats, R::narrower),
    conversion(O::fpext, "fpext", floats, floats, R::wider),
    conversion(O::sitofp, "sitofp", floats, bits_and_integers),
    conversion(O::uitofp, "uitofp", floats, bits_and_integers),
    conversion(O::fptosi, "fptosi", integers, floats),
    conversion(O::fptoui, "fptoui", integers, floats),
    {O::bitcast, "bitcast", C::move, K::subject, {K::bits, K::none, K::none}, all, 0},
    {O::move, "move", C::move, K::subject, unary, all, 0},
    {O::splat, "splat", C::move, K::subject, {K::element, K::none, K::none}, all, 0},
    {O::extract,
     "extract",
     C::move,
     K::subject,
     {K::vector, K::none, K::none},
     all,
     0,
     R::one_element,
     I::element},
    {O::insert,
     "insert",
     C::move,
     K::subject,
     {K::subject, K::element, K::none},
     all,
     0,
     R::any,
     I::element},
    {O::shuffle,
     "shuffle",
     C::move,
     K::subject,
     {K::vector, K::vector, K::none},
     all,
     0,
     R::any,
     I::table},
    {O::address,
     "address",
     C::integer,
     K::subject,
     {K::subject, K::index, K::none},
     words,
     0,
     R::any,
     I::scale},
    {O::special, "special", C::other, K::subject, nothing, words, 0, R::one_element, I::zero,
     special_count},
    {O::load,
     "load",
     C::memory,
     K::subject,
     {K::address, K::predicate_or_none, K::subject_or_none},
     all,
     0,
     R::access,
     I::alignment,
     2},
    {O::store,
     "store",
     C::memory,
     K::none,
     {K::address, K::subject, K::predicate_or_none},
     all,
     0,
     R::access,
     I::alignment,
     2},
    {O::warp_shuffle,
     "warp_shuffle",
     C::shuffle,
     K::subject,
     {K::subject, K::lane, K::none},
     all,
     0,
     R::four_bytes,
     I::zero,
     4},
    {O::barrier, "barrier", C::barrier, K::none, nothing, 0, 0, R::any, I::barrier},
    {O::warp_sync, "warp_sync", C::barrier, K::none, nothing, 0, 0},
    control(O::br, "br", nothing, 1),
    control(O::cond_br, "cond_br", {K::predicate, K::none, K::none}, 2),
    control(O::ret, "ret", nothing, 0),
    control(O::trap, "trap", nothing, 0),
}};

constexpr bool in_order() {
  for (int i = 0; i < opcode_count; ++i)
    if (static_cast<int>(table[static_cast<std::size_t>(i)].opcode) != i) return false;
  return true;
}
static_assert(in_order(), "the table's rows are in the order of the enumeration");

}  // namespace

const OpcodeRow& opcode_row(Opcode opcode) { return table.at(static_cast<std::size_t>(opcode)); }
std::string_view opcode_name(Opcode opcode) { return opcode_row(opcode).name; }

}  // namespace tegula::format
