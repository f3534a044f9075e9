// The tracer: records what a kernel's function does with tiles as a Program.
//
// One tracer is current on a thread while a kernel's function runs; operators find it there. It
// keeps the instructions in two lists. Leaves (constants, extents, scalar parameters, program ids,
// views) have no operands, so they go once each to the top of the body, where every loop sees them;
// the rest is appended to the region that is open.
//
// Loops replace values after the fact: a loop's argument that turns out not to be carried stands
// for the value from before the loop. Such substitutions are kept in a table and applied by
// finish().
#pragma once

#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include "dsl/program/program.h"
#include "tegula/dsl/tile.h"

namespace tegula::detail {

class Tracer {
 public:
  /// `declarations`: name, config, warps and parameters. Becomes this thread's current tracer.
  explicit Tracer(program::Program declarations);
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  /// Null outside a kernel.
  static Tracer* current();
  /// Throws Error{kernel} outside a kernel.
  static Tracer& here(const std::source_location& at);

  /// Where the author's last operation stands.
  const std::source_location& last_place() const { return last_place_; }
  const std::string& kernel() const { return program_.name; }
  program::Parameter& parameter(std::uint32_t index) { return program_.parameters.at(index); }
  const program::Type& type(ValueId value) const { return program_.types[value]; }

  /// The value that an operand names. Throws Error{kernel} if it has none here.
  ValueId use(ValueId value, const Tracer* owner, const std::source_location& at) const;

  /// Appends an instruction to the open region; gives its result.
  ValueId emit(program::Op op, std::vector<ValueId> operands, program::Type result,
               const std::source_location& at, std::vector<std::int64_t> attributes = {});
  void emit_store(std::vector<ValueId> operands, const std::source_location& at);
  /// An instruction without operands, at the top; the same one again gives the same value.
  ValueId leaf(program::Op op, program::Type result, std::vector<std::int64_t> attributes,
               const std::source_location& at);
  /// A scalar. `bits`: the integer, or the bits of the double.
  ValueId constant(DType dtype, std::int64_t bits, const std::source_location& at);
  /// The value of an integer constant.
  std::optional<std::int64_t> known_integer(ValueId value) const;
  /// The instruction that gives `value`, if it is that op; else null. Good until the next emit.
  const program::Instruction* definition(ValueId value, program::Op op) const;

  bool in_loop() const { return !loops_.empty(); }
  bool has_grid() const { return !program_.grid.empty(); }
  void set_grid(std::vector<ValueId> extents);
  void require(std::uint32_t parameter, std::int32_t dimension, ValueId extent,
               const std::source_location& at);

  /// Gives the induction value.
  ValueId open_loop(ValueId lower, ValueId upper, const std::source_location& at);
  void close_loop();

  void link(Handle& handle);
  void unlink(Handle& handle);

  /// The Program, folded and numbered afresh. Throws Error{kernel} if the kernel has no grid or
  /// one that the host cannot compute.
  program::Program finish();

 private:
  /// A value that a handle held when a loop was entered, and the loop's argument for it.
  struct Carried {
    Handle* handle;  ///< null once the handle is gone
    ValueId initial, argument;
    bool pruned = false;
  };
  struct OpenLoop {
    ValueId lower, upper, induction;
    std::source_location at;
    std::vector<Carried> carried;
    program::Region body;
  };

  ValueId new_value(program::Type type, program::LocationId location);
  program::LocationId location(const std::source_location& at);
  program::Region& open_region() { return loops_.empty() ? body_ : loops_.back().body; }
  ValueId resolve(ValueId value) const;
  void resolve(program::Region& region) const;
  void prune(OpenLoop& loop);
  void check_carried(const OpenLoop& loop) const;
  void emit_loop(OpenLoop& loop);
  void retire_handles(const OpenLoop& loop);

  program::Program program_;
  program::Region leaves_, body_;
  std::vector<OpenLoop> loops_;
  std::vector<ValueId> substitute_;                  ///< by value; itself if not substituted
  std::vector<program::LocationId> value_location_;  ///< by value
  std::source_location last_place_;
  Handle* handles_ = nullptr;
  Tracer* outer_ = nullptr;
};

}  // namespace tegula::detail
