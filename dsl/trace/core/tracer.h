// The tracer: records what a kernel's function does with tiles as a Program.
//
// While a kernel's function runs its tracer is the thread's current one, where operators find it.
// It keeps the instructions in two lists. Leaves (constants, extents, scalar parameters, program
// ids, views) have no operands, so each goes once to the top of the body, where every loop sees it;
// the rest is appended to the open region.
//
// Loops, branches and combinations are frames: a region that is being recorded, and the handles
// that were live when it was entered. Loops replace values afterwards: a loop argument that proves
// not to be carried stands for the value from before the loop. Such substitutions are kept in a
// table and applied by finish().
#pragma once

#include <array>
#include <map>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dsl/program/program.h"
#include "tegula/dsl/tile.h"

namespace tegula::detail {

class Tracer {
 public:
  /// `declarations`: name, config, warps and parameters. `checked`: see retrace(). Becomes this
  /// thread's current tracer.
  explicit Tracer(program::Program declarations, bool checked = false);
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  /// Null outside a kernel.
  static Tracer* current();
  /// Throws Error{kernel} outside a kernel.
  static Tracer& here(const std::source_location& at);

  /// The location of the author's last operation.
  const std::source_location& last_location() const { return last_location_; }
  const std::string& kernel() const { return program_.name; }
  program::Parameter& parameter(std::uint32_t index) { return program_.parameters.at(index); }
  const std::vector<program::Parameter>& parameters() const { return program_.parameters; }
  const program::Type& type(ValueId value) const { return program_.types[value]; }

  /// The value that an operand names. Throws Error{kernel} if it has none here.
  ValueId use(ValueId value, const Tracer* owner, const std::source_location& at) const;

  /// Appends an instruction to the open region; returns its result.
  ValueId emit(program::Op op, std::vector<ValueId> operands, program::Type result,
               const std::source_location& at, std::vector<std::int64_t> attributes = {});
  /// One with any number of results.
  std::vector<ValueId> emit_all(program::Op op, std::vector<ValueId> operands,
                                std::vector<program::Type> results, const std::source_location& at,
                                std::vector<std::int64_t> attributes = {});
  /// An instruction without operands, at the top (a constant of a combination: inside it); equal
  /// ones are the same value.
  ValueId leaf(program::Op op, program::Type result, std::vector<std::int64_t> attributes,
               const std::source_location& at);
  /// A scalar. `bits`: the integer, or the bits of the double.
  ValueId constant(DType dtype, std::int64_t bits, const std::source_location& at);
  /// The value of an integer constant.
  std::optional<std::int64_t> known_integer(ValueId value) const;
  /// The instruction that gives `value`, if it is that op; else null. Valid until the next emit.
  const program::Instruction* definition(ValueId value, program::Op op) const;

  /// The index of a message in Program::strings.
  std::int64_t message(std::string_view text);

  bool in_region() const { return !frames_.empty(); }
  bool has_grid() const { return !program_.grid.empty(); }
  /// `cluster`: the last extent, if the blocks along it are a cluster, else 1.
  void set_grid(std::vector<ValueId> extents, std::uint32_t cluster = 1);
  std::uint32_t cluster() const { return program_.cluster; }
  void require(std::uint32_t parameter, std::int32_t dimension, ValueId extent,
               const std::source_location& at);

  /// Adds a workspace parameter under a unique name; returns its index.
  std::uint32_t add_workspace(program::Parameter parameter, std::vector<ValueId> extents);
  /// The formula of a workspace's extent; nothing for other tensors.
  std::optional<ValueId> workspace_extent(std::uint32_t parameter, std::size_t dimension) const;

  // Each pair of open and close records an instruction with its regions; between them runs the
  // author's code, followed by `retrace`.
  /// Returns the induction value.
  ValueId open_for(ValueId lower, ValueId upper, const std::source_location& at);
  void close_for();
  /// Records the condition first and, after while_body, the body.
  void open_while(const std::source_location& at);
  void while_body(ValueId condition);
  void close_while();
  /// Records one branch first and, after else_branch, the other.
  void open_if(ValueId condition, const std::source_location& at);
  void else_branch();
  void close_if();
  /// Returns the scalars left..., right... of a reduction or a scan of these tiles.
  std::vector<ValueId> open_combination(program::Op op, std::vector<ValueId> tiles,
                                        std::vector<std::int64_t> attributes,
                                        const std::source_location& at);
  std::vector<ValueId> close_combination(std::vector<ValueId> combined);

  /// Whether the author's code for the open region must be traced once more. With checked tracing
  /// it runs twice and must record the same; if not, it changes host state, which would be compiled
  /// in unnoticed. `gives`: the values that the code returned, if any. Throws Error{kernel} if the
  /// two differ.
  bool retrace(std::span<const ValueId> gives = {});

  void link(Handle& handle);
  void unlink(Handle& handle);

  /// The Program, simplified and renumbered. Throws Error{kernel} if the kernel has no grid, or one
  /// that the host cannot compute.
  program::Program finish();

 private:
  /// A handle that was live when a frame was opened.
  struct Held {
    Handle* handle;             ///< null once the handle is gone
    ValueId initial;            ///< what it named then
    ValueId arguments[2] = {};  ///< its arguments in the regions of a loop
    ValueId first = 0;          ///< of a branch: what it named at the end of the first region
    bool carried = true;        ///< of a loop: false once pruned
  };
  /// Instructions without operands, by op and attributes: one for each type.
  using Leaves = std::map<std::pair<program::Op, std::vector<std::int64_t>>, std::vector<ValueId>>;
  struct Frame {
    program::Instruction instruction;  ///< regions: the finished ones
    std::source_location at;
    std::vector<Held> held;
    program::Region region;   ///< the one that is being recorded
    Leaves leaves = {};       ///< of a combination
    ValueId first_value = 0;  ///< values from here on were made in the frame
    bool replaying = false;
    std::vector<program::Instruction> first_pass;
    std::vector<ValueId> first_ends;  ///< what the held handles named after the first pass
  };

  ValueId new_value(program::Type type, program::LocationId location);
  program::LocationId location(const std::source_location& at);
  program::Region& open_region() { return frames_.empty() ? body_ : frames_.back().region; }
  const program::Region& open_region() const {
    return frames_.empty() ? body_ : frames_.back().region;
  }
  const program::Instruction* definition(ValueId value, program::Op op,
                                         const program::Region& region) const;
  bool in_combination() const;
  ValueId resolve(ValueId value) const;
  void resolve(program::Region& region) const;

  Frame& open(program::Instruction instruction, const std::source_location& at);
  void check_alive(const Frame& frame) const;
  Frame take_frame();
  void hand_out_arguments(Frame& frame);
  void end_region(Frame& frame, std::vector<ValueId> yields);
  void prune(Frame& loop);
  void check_carried(const Frame& loop) const;
  void close_loop(Frame frame);
  std::vector<ValueId> emit(Frame& frame, std::vector<program::Type> results);
  void retire_handles(const Frame& frame, ValueId as);
  std::string place_of(ValueId value, const std::source_location& otherwise) const;

  program::Program program_;
  program::Region leaves_, body_;
  Leaves leaf_values_;  ///< of leaves_
  std::vector<Frame> frames_;
  bool checked_;
  int replays_ = 0;                  ///< frames that are recorded for the second time
  std::vector<ValueId> substitute_;  ///< by value; the value itself if not substituted
  std::vector<program::LocationId> value_location_;  ///< by value
  std::vector<std::size_t> value_index_;  ///< by value: the instruction's index in its region
  std::map<std::array<std::uint32_t, 3>, program::LocationId> locations_;  ///< file, line, column
  std::source_location last_location_;
  Handle* handles_ = nullptr;
  Tracer* outer_ = nullptr;
};

}  // namespace tegula::detail
