// The simulator image: a kernel as instructions for the warp-wide interpreter in runtime/sim.
// Specified in docs/simulator-image.md; decoded from the same LLVM module that becomes PTX.
//
// A register holds, for each of 32 lanes, `elements` values of one scalar type. Instructions work
// on whole registers, all active lanes at once. There is no phi: values that merge are moved.
// Addresses: a global pointer is an i64 host address; a shared pointer is an i32 offset into the
// block's shared memory.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/format/bytes.h"
#include "tegula/access.h"

namespace tegula::format {

inline constexpr std::uint32_t image_version = 3;
inline constexpr std::uint32_t no_register = 0xffffffff;

enum class Scalar : std::uint8_t { i1, i8, i16, i32, i64, f16, bf16, f32, f64 };
inline constexpr int scalar_count = 9;
/// Bytes of one value; an i1 takes one.
int scalar_bytes(Scalar scalar);
std::string_view scalar_name(Scalar scalar);

enum class Opcode : std::uint16_t {
  // Elementwise, operands and result of one type (integers).
  iadd,
  isub,
  imul,
  udiv,
  sdiv,
  urem,
  srem,
  umin,
  umax,
  smin,
  smax,
  umulh,
  smulh,
  iand,
  ior,
  ixor,
  shl,
  lshr,
  ashr,
  iabs,
  ctpop,
  ctlz,
  // (a, b, count): the high (fshl) or low (fshr) half of a:b shifted by count modulo the width.
  fshl,
  fshr,
  // Elementwise, one floating type. fmin/fmax return the other operand for a NaN (IEEE minNum);
  // fminimum/fmaximum return the NaN.
  fadd,
  fsub,
  fmul,
  fdiv,
  frem,
  fmin,
  fmax,
  fminimum,
  fmaximum,
  fcopysign,
  fneg,
  fabs,
  fsqrt,
  ffloor,
  fceil,
  ftrunc,
  frint,
  // fma: a * b + c rounded once. Approximations, f32: see docs/simulator-image.md for the bounds.
  fma,
  rsqrt_approx,
  rcp_approx,
  ex2_approx,
  lg2_approx,
  sin_approx,
  cos_approx,
  tanh_approx,
  // (a, b) -> i1. modifier: ICmp or FCmp.
  icmp,
  fcmp,
  // (i1, a, b) -> a or b; the i1 has as many elements as a, or one.
  select,
  // Conversions, elementwise. fptosi and fptoui round toward zero and saturate; NaN becomes 0.
  trunc,
  zext,
  sext,
  fptrunc,
  fpext,
  sitofp,
  uitofp,
  fptosi,
  fptoui,
  // The same bits; total sizes are equal, an i1 only to an i1.
  bitcast,
  // Shape of registers. move: same type. splat: one element to all. extract: element `immediate`.
  // insert: (vector, scalar), element `immediate`. shuffle: (a, b) of one type, the result's
  // elements picked from their concatenation by tables[immediate] (-1: any value).
  move,
  splat,
  extract,
  insert,
  shuffle,
  // (i64 or i32 base, i32 or i64 index) -> base + sign-extended index * immediate; base's type.
  address,
  // () -> i32 (or i64 where wider). modifier: Special.
  special,
  // Memory. modifier: Space. immediate: the alignment in bytes that the code relies on.
  // load: (address, predicate i1 or none, other or none): where the predicate is false the result
  // is `other`. The access is one access of the register's whole size (1 to 32 bytes).
  // store: (address, value, predicate or none).
  load,
  store,
  // (value of 4 bytes, i32 lane operand) -> value. modifier: ShuffleMode. All 32 lanes take part.
  warp_shuffle,
  // (i1) -> i32 with the bit of every lane; (i1) -> i1, modifier: VoteMode. All 32 lanes take part.
  ballot,
  vote,
  // One lane's access after the other's, each indivisible. modifier: an AtomicModifier. Operands:
  // (address, value, predicate or none), atomic_cas: (address, value, expected, predicate or none);
  // the result, the value before, may be none. atomic_load: (address, predicate or none).
  atomic_load,
  atomic_store,
  atomic_add,
  atomic_fadd,
  atomic_smin,
  atomic_smax,
  atomic_umin,
  atomic_umax,
  atomic_and,
  atomic_or,
  atomic_xor,
  atomic_exchange,
  atomic_cas,
  // modifier: Scope.
  fence,
  // bar.sync of the whole block; immediate: the barrier's number. warp_sync: one warp.
  barrier,
  warp_sync,
  // bar.sync and bar.arrive of some warps; immediate: number + 16 * threads (a multiple of 32).
  named_barrier,
  barrier_arrive,
  // Asynchronous copies. cp_async: (shared target, global source, i32 source bytes or none,
  // predicate or none), immediate: 4, 8 or 16 bytes; what is beyond the source's bytes is zero.
  // cp_async_wait: until at most `immediate` groups of the lane are pending; -1: all its copies.
  cp_async,
  cp_async_commit,
  cp_async_wait,
  // mbarriers, at shared addresses that are multiples of 8. init: (address, i32 count, predicate or
  // none). arrive: (address, i32 count or none, predicate or none). expect_tx: the same with i32
  // bytes, modifier 1: arrives too. try_wait: (address, i32 parity) -> i1, true: waits until the
  // phase of that parity has completed. test_wait: the same, without waiting. inval: (address,
  // predicate or none).
  mbarrier_init,
  mbarrier_inval,
  mbarrier_arrive,
  mbarrier_expect_tx,
  mbarrier_try_wait,
  mbarrier_test_wait,
  // bulk_load: (shared target, global source, i32 bytes, mbarrier, predicate or none); completes
  // the bytes at the mbarrier. bulk_store: (global target, shared source, i32 bytes, predicate or
  // none), in the lane's groups of bulk_commit; bulk_wait as cp_async_wait, modifier 1: sources
  // only.
  bulk_load,
  bulk_store,
  bulk_commit,
  bulk_wait,
  // The barrier of a cluster's blocks, for every thread of them: arriving, and waiting until all
  // that have not exited have arrived. cluster_load: (shared address, i32 rank) -> value, read from
  // the shared memory of the cluster's block of that rank; immediate as load's.
  cluster_arrive,
  cluster_wait,
  cluster_load,
  // fence.proxy.async: what was written before is seen by bulk copies.
  fence_proxy_async,
  // For the author. print: up to four values and (last) a predicate or none; immediate: a text.
  // assert_true: (i1 of any elements, predicate or none); immediate: a text.
  print,
  assert_true,
  // Control. br: targets[0]. cond_br: (i1) targets[0] if true, else targets[1]. A target is the
  // number of an instruction.
  br,
  cond_br,
  ret,
  trap,
};
inline constexpr int opcode_count = static_cast<int>(Opcode::trap) + 1;
std::string_view opcode_name(Opcode opcode);

enum class ICmp : std::uint8_t { eq, ne, ult, ule, ugt, uge, slt, sle, sgt, sge };
inline constexpr int icmp_count = 10;
/// Bits: 1 equal, 2 greater, 4 less, 8 unordered (LLVM's numbering).
using FCmp = std::uint8_t;
enum class Space : std::uint8_t { global, shared };
enum class ShuffleMode : std::uint8_t { up, down, butterfly, index };
enum class VoteMode : std::uint8_t { any, all, uniform };
using Order = MemoryOrder;
enum class Scope : std::uint8_t { cta, cluster, gpu, system };
inline constexpr int scope_count = 4;
inline constexpr int atomic_modifier_count = 32;
/// An atomic's modifier: bit 0 is the space, bits 1 and 2 the order, bits 3 and 4 the scope.
struct AtomicModifier {
  Space space = Space::global;
  MemoryOrder order = MemoryOrder::relaxed;
  Scope scope = Scope::gpu;
  constexpr std::uint8_t pack() const {
    return static_cast<std::uint8_t>(static_cast<int>(space) | static_cast<int>(order) << 1 |
                                     static_cast<int>(scope) << 3);
  }
  static constexpr AtomicModifier unpack(std::uint8_t modifier) {
    return {static_cast<Space>(modifier & 1), static_cast<MemoryOrder>(modifier >> 1 & 3),
            static_cast<Scope>(modifier >> 3 & 3)};
  }
};
enum class Special : std::uint8_t {
  tid_x,
  ntid_x,
  ctaid_x,
  ctaid_y,
  ctaid_z,
  nctaid_x,
  nctaid_y,
  nctaid_z,
  lane,
  warp,
  warps,
};
inline constexpr int special_count = 11;

struct Register {
  Scalar scalar = Scalar::i32;
  std::uint16_t elements = 1;  ///< per lane, 1 to 4096
  friend bool operator==(const Register&, const Register&) = default;
};

/// A register that holds the same value in all lanes of all warps from the start. Like a
/// parameter's register it is never written.
struct Constant {
  std::uint32_t reg = 0;
  std::vector<std::uint64_t> bits;  ///< one for each element, or one for all; zero-extended
};

/// The registers that an instruction reads; the rest are none.
class Operands {
 public:
  static constexpr std::size_t most = 5;

  constexpr Operands() { registers_.fill(no_register); }
  constexpr Operands(std::initializer_list<std::uint32_t> given) : Operands() {
    std::copy_n(given.begin(), std::min(given.size(), most), registers_.begin());
  }
  template <std::size_t count>
  requires(count <= most) constexpr Operands(const std::array<std::uint32_t, count>& given)
      : Operands() {
    std::copy_n(given.begin(), count, registers_.begin());
  }

  constexpr std::uint32_t& operator[](std::size_t k) { return registers_[k]; }
  constexpr std::uint32_t operator[](std::size_t k) const { return registers_[k]; }
  constexpr auto begin() { return registers_.begin(); }
  constexpr auto end() { return registers_.end(); }
  constexpr auto begin() const { return registers_.begin(); }
  constexpr auto end() const { return registers_.end(); }

 private:
  std::array<std::uint32_t, most> registers_;
};

struct ImageInstruction {
  Opcode opcode = Opcode::ret;
  std::uint8_t modifier = 0;
  std::uint32_t result = no_register;
  Operands operands;
  std::array<std::uint32_t, 2> targets = {0, 0};
  std::int64_t immediate = 0;
  std::uint32_t origin = 0;  ///< the Program's instruction number, or 0xffffffff
};

struct Image {
  std::string kernel;
  std::string arch;
  std::uint32_t warps = 1;
  std::uint32_t shared_bytes = 0;  ///< static shared memory of a block
  /// The blocks of a cluster along each axis of the grid, which it divides. A block's rank counts
  /// them along x first, then y, then z.
  std::array<std::uint32_t, 3> cluster = {1, 1, 1};
  std::vector<Register> registers;
  std::vector<Constant> constants;
  std::vector<std::uint32_t> parameters;  ///< the register of each kernel parameter, one element
  std::vector<std::vector<std::int32_t>> tables;
  /// Of print and assert_true. In print's "{}" stands for a value, "{u}" for an integer without
  /// sign, "{{" and "}}" for braces.
  std::vector<std::string> texts;
  std::vector<ImageInstruction> code;
};

Bytes serialise(const Image& image);
/// Throws Error{corrupt_data} for anything that validate() rejects too.
Image read_image(std::span<const std::byte> bytes);
/// Checks every rule of this header, so that the interpreter can trust the image: register numbers
/// and types by opcode, targets, tables, sizes (at most 256 MiB of registers a block, 256 KiB of
/// shared memory, 64 warps, 8 blocks a cluster, 1 Mi instructions), and that control cannot run off
/// the end.
void validate(const Image& image);
/// Checks one instruction of an image under construction by the same rules, except that its result
/// may be a constant. Throws Error{corrupt_data}.
void validate_instruction(const Image& image, std::size_t number);
inline constexpr std::uint64_t max_register_bytes = 256 << 20;
/// Of all warps of a block.
std::uint64_t register_bytes(const Image& image);
/// Readable text, one instruction a line, for `tegula emit --stage sim`.
std::string to_text(const Image& image);

}  // namespace tegula::format
