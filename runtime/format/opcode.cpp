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
/// Types of at least two bytes, for atomics that move a value without computing.
constexpr ScalarSet exchangeable = words | set_of(Scalar::i16) | floats;
constexpr ScalarSet all = bits_and_integers | floats;

using C = InstructionClass;
using K = Kind;
using Kinds = std::array<Kind, Operands::most>;

constexpr Kinds unary = {K::subject};
constexpr Kinds binary = {K::subject, K::subject};
constexpr Kinds ternary = {K::subject, K::subject, K::subject};
constexpr Kinds from_source = {K::source};
constexpr Kinds nothing = {};

constexpr OpcodeRow integer(Opcode o, std::string_view name, Kinds operands,
                            ScalarSet types = integers) {
  return {o, name, C::integer, K::subject, operands, types, 0};
}
constexpr OpcodeRow floating(Opcode o, std::string_view name, Kinds operands,
                             ScalarSet types = floats) {
  return {o, name, C::floating, K::subject, operands, types, 0};
}
constexpr OpcodeRow conversion(Opcode o, std::string_view name, ScalarSet to, ScalarSet from,
                               TypeRule rule = TypeRule::any) {
  return {o, name, C::conversion, K::subject, from_source, to, from, rule};
}
constexpr OpcodeRow control(Opcode o, std::string_view name, Kinds operands, int targets) {
  return {o, name, C::control, K::none, operands, 0, 0, TypeRule::any, Immediate::zero, 1, targets};
}
constexpr OpcodeRow atomic(Opcode o, std::string_view name, ScalarSet types) {
  return {o,
          name,
          C::memory,
          K::subject_or_none,
          {K::address, K::subject, K::predicate_or_none},
          types,
          0,
          TypeRule::atomic,
          Immediate::zero,
          atomic_modifier_count};
}
/// A row of an instruction that neither computes a value nor branches.
constexpr OpcodeRow effect(Opcode o, std::string_view name, InstructionClass c, Kinds operands,
                           Immediate immediate = Immediate::zero, int modifiers = 1) {
  return {o, name, c, K::none, operands, 0, 0, TypeRule::any, immediate, modifiers};
}

using O = Opcode;
using R = TypeRule;
using I = Immediate;

constexpr std::array<OpcodeRow, opcode_count> opcode_rows = {{
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
    integer(O::fshl, "fshl", ternary),
    integer(O::fshr, "fshr", ternary),
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
    {O::bitcast, "bitcast", C::move, K::subject, {K::bits}, all, 0},
    {O::move, "move", C::move, K::subject, unary, all, 0},
    {O::splat, "splat", C::move, K::subject, {K::element}, all, 0},
    {O::extract, "extract", C::move, K::subject, {K::vector}, all, 0, R::one_element, I::element},
    {O::insert,
     "insert",
     C::move,
     K::subject,
     {K::subject, K::element},
     all,
     0,
     R::any,
     I::element},
    {O::shuffle, "shuffle", C::move, K::subject, {K::vector, K::vector}, all, 0, R::any, I::table},
    {O::address,
     "address",
     C::integer,
     K::subject,
     {K::subject, K::index},
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
     {K::subject, K::word},
     all,
     0,
     R::four_bytes,
     I::zero,
     4},
    {O::ballot,
     "ballot",
     C::shuffle,
     K::subject,
     {K::predicate},
     set_of(Scalar::i32),
     0,
     R::one_element},
    {O::vote, "vote", C::shuffle, K::subject, {K::predicate}, bit, 0, R::one_element, I::zero, 3},
    {O::atomic_load,
     "atomic_load",
     C::memory,
     K::subject,
     {K::address, K::predicate_or_none},
     exchangeable,
     0,
     R::one_element,
     I::zero,
     atomic_modifier_count},
    {O::atomic_store,
     "atomic_store",
     C::memory,
     K::none,
     {K::address, K::subject, K::predicate_or_none},
     exchangeable,
     0,
     R::one_element,
     I::zero,
     atomic_modifier_count},
    atomic(O::atomic_add, "atomic_add", words),
    atomic(O::atomic_fadd, "atomic_fadd", floats),
    atomic(O::atomic_smin, "atomic_smin", words),
    atomic(O::atomic_smax, "atomic_smax", words),
    atomic(O::atomic_umin, "atomic_umin", words),
    atomic(O::atomic_umax, "atomic_umax", words),
    atomic(O::atomic_and, "atomic_and", words),
    atomic(O::atomic_or, "atomic_or", words),
    atomic(O::atomic_xor, "atomic_xor", words),
    atomic(O::atomic_exchange, "atomic_exchange", words | f32_only | set_of(Scalar::f64)),
    {O::atomic_cas,
     "atomic_cas",
     C::memory,
     K::subject_or_none,
     {K::address, K::subject, K::subject, K::predicate_or_none},
     words | set_of(Scalar::i16) | f32_only | set_of(Scalar::f64),
     0,
     R::atomic,
     I::zero,
     atomic_modifier_count},
    effect(O::fence, "fence", C::barrier, nothing, I::zero, scope_count),
    effect(O::barrier, "barrier", C::barrier, nothing, I::barrier),
    effect(O::warp_sync, "warp_sync", C::barrier, nothing),
    effect(O::named_barrier, "named_barrier", C::barrier, nothing, I::threads),
    effect(O::barrier_arrive, "barrier_arrive", C::barrier, nothing, I::threads),
    effect(O::cp_async, "cp_async", C::memory,
           {K::shared_address, K::global_address, K::word_or_none, K::predicate_or_none},
           I::copy_size),
    effect(O::cp_async_commit, "cp_async_commit", C::barrier, nothing),
    effect(O::cp_async_wait, "cp_async_wait", C::barrier, nothing, I::groups),
    effect(O::mbarrier_init, "mbarrier_init", C::barrier,
           {K::shared_address, K::word, K::predicate_or_none}),
    effect(O::mbarrier_inval, "mbarrier_inval", C::barrier,
           {K::shared_address, K::predicate_or_none}),
    effect(O::mbarrier_arrive, "mbarrier_arrive", C::barrier,
           {K::shared_address, K::word_or_none, K::predicate_or_none}),
    effect(O::mbarrier_expect_tx, "mbarrier_expect_tx", C::barrier,
           {K::shared_address, K::word, K::predicate_or_none}, I::zero, 2),
    {O::mbarrier_try_wait,
     "mbarrier_try_wait",
     C::barrier,
     K::subject,
     {K::shared_address, K::word},
     bit,
     0,
     R::one_element},
    {O::mbarrier_test_wait,
     "mbarrier_test_wait",
     C::barrier,
     K::subject,
     {K::shared_address, K::word},
     bit,
     0,
     R::one_element},
    effect(
        O::bulk_load, "bulk_load", C::memory,
        {K::shared_address, K::global_address, K::word, K::shared_address, K::predicate_or_none}),
    effect(O::bulk_store, "bulk_store", C::memory,
           {K::global_address, K::shared_address, K::word, K::predicate_or_none}),
    effect(O::bulk_commit, "bulk_commit", C::barrier, nothing),
    effect(O::bulk_wait, "bulk_wait", C::barrier, nothing, I::groups, 2),
    effect(O::cluster_arrive, "cluster_arrive", C::barrier, nothing),
    effect(O::cluster_wait, "cluster_wait", C::barrier, nothing),
    {O::cluster_load,
     "cluster_load",
     C::memory,
     K::subject,
     {K::shared_address, K::word},
     integers | floats,
     0,
     R::access,
     I::alignment},
    effect(O::fence_proxy_async, "fence_proxy_async", C::barrier, nothing),
    effect(O::print, "print", C::other,
           {K::any_or_none, K::any_or_none, K::any_or_none, K::any_or_none, K::predicate_or_none},
           I::text),
    {O::assert_true,
     "assert_true",
     C::other,
     K::none,
     {K::subject, K::predicate_or_none},
     bit,
     0,
     R::any,
     I::text},
    control(O::br, "br", nothing, 1),
    control(O::cond_br, "cond_br", {K::predicate}, 2),
    control(O::ret, "ret", nothing, 0),
    control(O::trap, "trap", nothing, 0),
}};

constexpr bool in_order() {
  for (int i = 0; i < opcode_count; ++i)
    if (static_cast<int>(opcode_rows[static_cast<std::size_t>(i)].opcode) != i) return false;
  return true;
}
static_assert(in_order(), "the table's rows are in the order of the enumeration");

}  // namespace

const OpcodeRow& opcode_row(Opcode opcode) {
  return opcode_rows.at(static_cast<std::size_t>(opcode));
}

std::uint32_t subject_of(const ImageInstruction& instruction) {
  const OpcodeRow& row = opcode_row(instruction.opcode);
  if (row.result == Kind::subject) return instruction.result;
  for (std::size_t k = 0; k < Operands::most; ++k)
    if (row.operands[k] == Kind::subject) return instruction.operands[k];
  return no_register;
}

std::string_view opcode_name(Opcode opcode) { return opcode_row(opcode).name; }

}  // namespace tegula::format
