// The simulator image: a kernel as instructions for the warp-wide interpreter in runtime/sim.
// Specified in docs/simulator-image.md; decoded from the same LLVM module that becomes PTX.
//
// A register holds, for each of 32 lanes, `elements` values of one scalar type. Instructions work
// on whole registers, all active lanes at once. There is no phi: values that merge are moved.
// Addresses: a global pointer is an i64 host address; a shared pointer is an i32 offset into the
// block's shared memory.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/format/bytes.h"

namespace tegula::format {

inline constexpr std::uint32_t image_version = 1;
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
  // bar.sync of the whole block; immediate: the barrier's number. warp_sync: one warp.
  barrier,
  warp_sync,
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
};
inline constexpr int special_count = 9;

struct Register {
  Scalar scalar = Scalar::i32;
  std::uint16_t elements = 1;  ///< per lane, 1 to 4096
  friend bool operator==(const Register&, const Register&) = default;
};

/// A register that holds the same known value in all lanes of all warps from the start. Like a
/// parameter's register it is never written.
struct Constant {
  std::uint32_t reg = 0;
  std::vector<std::uint64_t> bits;  ///< one for each element, or one for all; zero-extended
};

struct ImageInstruction {
  Opcode opcode = Opcode::ret;
  std::uint8_t modifier = 0;
  std::uint32_t result = no_register;
  std::array<std::uint32_t, 3> operands = {no_register, no_register, no_register};
  std::array<std::uint32_t, 2> targets = {0, 0};
  std::int64_t immediate = 0;
  std::uint32_t origin = 0;  ///< the Program's instruction number, or 0xffffffff
};

struct Image {
  std::string kernel;
  std::string arch;
  std::uint32_t warps = 1;
  std::uint32_t shared_bytes = 0;  ///< static shared memory of a block
  std::vector<Register> registers;
  std::vector<Constant> constants;
  std::vector<std::uint32_t> parameters;  ///< the register of each kernel parameter, one element
  std::vector<std::vector<std::int32_t>> tables;
  std::vector<ImageInstruction> code;
};

Bytes serialise(const Image& image);
/// Throws Error{corrupt_data} for anything that validate() rejects too.
Image read_image(std::span<const std::byte> bytes);
/// Checks every rule of this header, so that the interpreter can trust the image: register numbers
/// and types by opcode, targets, tables, sizes (at most 1 MiB of registers a warp, 256 KiB of
/// shared memory, 64 warps, 1 Mi instructions), and that control cannot run off the end.
void validate(const Image& image);
/// Readable text, one instruction a line, for `tegula emit --stage sim`.
std::string to_text(const Image& image);

}  // namespace tegula::format
