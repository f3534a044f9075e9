// An image made ready to run: registers have slots in a warp's frame, instructions have handlers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/format/image.h"
#include "runtime/format/opcode.h"

namespace tegula::sim {

inline constexpr std::uint32_t warp_lanes = 32;
inline constexpr std::uint32_t all_lanes = 0xffffffff;
inline constexpr std::uint32_t no_slot = 0xffffffff;

struct Instruction;

/// What the handler of a value sees of its warp.
struct WarpView {
  const std::byte* frame = nullptr;
  std::uint32_t warp = 0;
  std::uint32_t threads = 0;
  std::array<std::uint32_t, 3> block = {0, 0, 0};
  std::array<std::uint32_t, 3> grid = {1, 1, 1};

  const std::byte* at(std::uint32_t slot) const { return frame + slot; }
};

/// Computes all 32 lanes of a result; the caller restores lanes that are not active. `result` is
/// either the register itself or scratch of its size.
using Handler = void (*)(const WarpView& warp, const Instruction& i, std::byte* result);

/// A warp in the middle of an instruction: see access.h.
struct WarpAccess;

enum class Outcome : std::uint8_t {
  done,
  waits,    ///< to be tried again when something has changed
  faulted,  ///< a report has been added, and nothing has been done
};

/// Runs an instruction that does more than compute a value.
using Effect = Outcome (*)(WarpAccess& access, const Instruction& i);

/// What the interpreter's loop does with an instruction. `value`: calls its handler; `effect`:
/// calls its effect.
enum class Step : std::uint8_t {
  value,
  effect,
  load,
  store,
  barrier,
  branch,
  branch_if,
  exit,
  trap,
};

struct Instruction {
  Handler handler = nullptr;
  Effect effect = nullptr;
  format::Opcode opcode = format::Opcode::ret;
  Step step = Step::value;
  std::uint8_t modifier = 0;
  bool in_place = true;  ///< the handler may write where it reads
  /// Slots in the frame, as byte offsets, and the types of what they hold.
  std::array<std::uint32_t, format::Operands::most> operands = {no_slot, no_slot, no_slot, no_slot,
                                                                no_slot};
  std::array<format::Register, format::Operands::most> types = {};
  std::uint32_t result = no_slot;
  std::uint32_t elements = 1;         ///< of the result; of the stored value
  std::uint32_t source_elements = 1;  ///< of operand 0
  std::uint32_t lane_bytes = 0;       ///< of the result; of the stored value
  format::Scalar scalar = format::Scalar::i32;
  std::array<std::uint32_t, 2> targets = {0, 0};
  std::int64_t immediate = 0;
  const std::int32_t* table = nullptr;
  std::uint32_t origin = 0;
};

/// What a kernel makes use of. Checks that it cannot need are left out.
struct Features {
  bool shared_memory = false;
  bool mbarriers = false;
  bool bulk_stores = false;    ///< so that proxy fences matter
  bool orders_blocks = false;  ///< global atomics, clusters' barriers
  bool clusters = false;       ///< blocks of a cluster meet
  /// A power of two that divides the address and size of every write, at most 16.
  std::uint32_t shared_cell = 16, global_cell = 16;
};

/// A register lies in a frame as [lane][element], so that a bitcast is a copy and a contiguous
/// vector load is one too.
struct Program {
  struct Parameter {
    std::uint32_t slot = 0;
    std::uint32_t bytes = 0;
    bool truth = false;
  };

  Program() = default;
  Program(Program&&) = default;  // never copied: instructions point into `tables`

  std::string kernel;
  std::uint32_t warps = 1;
  std::uint32_t shared_bytes = 0;
  std::array<std::uint32_t, 3> cluster = {1, 1, 1};
  std::vector<Instruction> code;
  std::vector<format::InstructionClass> classes;  ///< by instruction
  std::vector<std::vector<std::int32_t>> tables;
  std::vector<std::string> texts;
  Features features;
  std::vector<Parameter> parameters;
  std::vector<std::byte> constants;  ///< the first bytes of every frame
  std::size_t frame_bytes = 0;
  std::size_t scratch_bytes = 0;  ///< the largest result

  /// About how much memory it takes beside itself.
  std::size_t bytes() const;
  std::uint32_t blocks_per_cluster() const { return cluster[0] * cluster[1] * cluster[2]; }
  /// Writes what never changes in a frame: constants and parameters. No instruction writes there
  /// (validation makes sure of it), so this is done once a launch, not once a block.
  void prepare_frame(std::byte* frame, std::span<void* const> values) const;
};

/// `image` must have passed validate().
Program decode(const format::Image& image);

}  // namespace tegula::sim
