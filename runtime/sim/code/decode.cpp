#include "runtime/sim/code/decode.h"

#include <algorithm>
#include <cstring>

#include "runtime/sim/code/effects.h"
#include "runtime/sim/code/handlers.h"
#include "tegula/error.h"

namespace tegula::sim {
namespace {

using format::Image;
using format::ImageInstruction;
using format::Kind;
using format::no_register;
using format::Opcode;
using format::Scalar;

/// Slots begin at multiples of this: whole vectors and cache lines.
constexpr std::size_t slot_alignment = 64;

Step step_of(Opcode opcode) {
  switch (opcode) {
    case Opcode::load:
      return Step::load;
    case Opcode::store:
      return Step::store;
    case Opcode::barrier:
    case Opcode::named_barrier:
      return Step::barrier;
    case Opcode::br:
      return Step::branch;
    case Opcode::cond_br:
      return Step::branch_if;
    case Opcode::ret:
      return Step::exit;
    case Opcode::trap:
      return Step::trap;
    default:
      return find_effect(opcode) != nullptr ? Step::effect : Step::value;
  }
}

/// Makes `cell` divide a write of `bytes` bytes at a multiple of `alignment`.
void split_cells(std::uint32_t& cell, std::uint64_t bytes, std::uint64_t alignment) {
  cell = static_cast<std::uint32_t>(std::min({std::uint64_t{cell}, bytes, alignment}));
}

void note_features(Features& features, const Instruction& i) {
  const bool global = static_cast<format::Space>(i.modifier & 1) == format::Space::global;
  switch (i.opcode) {
    case Opcode::load:
      features.shared_memory |= !global;
      return;
    case Opcode::store:
      features.shared_memory |= !global;
      return split_cells(global ? features.global_cell : features.shared_cell, i.lane_bytes,
                         static_cast<std::uint64_t>(i.immediate));
    case Opcode::cp_async:
      features.shared_memory = true;
      return split_cells(features.shared_cell, static_cast<std::uint64_t>(i.immediate),
                         static_cast<std::uint64_t>(i.immediate));
    case Opcode::mbarrier_init:
      features.shared_memory = features.mbarriers = true;
      return split_cells(features.shared_cell, 8, 8);
    case Opcode::bulk_load:
      features.shared_memory = true;
      return;
    case Opcode::bulk_store:
      features.shared_memory = features.bulk_stores = true;
      return;
    case Opcode::cluster_load:
      features.shared_memory = features.clusters = true;
      return;
    case Opcode::cluster_arrive:
    case Opcode::cluster_wait:
      features.orders_blocks = features.clusters = true;
      return;
    default:
      if (opcode_row(i.opcode).modifiers != format::atomic_modifier_count) return;
      features.shared_memory |= !global;
      features.orders_blocks |= global;
      if (i.opcode != Opcode::atomic_load)
        split_cells(global ? features.global_cell : features.shared_cell, i.lane_bytes,
                    i.lane_bytes);
  }
}

/// Constants first, so that they are contiguous; then the rest.
std::vector<std::uint32_t> assign_slots(const Image& image, Program& program) {
  std::vector<std::uint32_t> slots(image.registers.size(), no_slot);
  std::size_t next = 0;
  const auto slot = [&](std::uint32_t reg) {
    if (slots[reg] != no_slot) return;
    slots[reg] = static_cast<std::uint32_t>(next);
    const std::size_t bytes = std::size_t{warp_lanes} * lane_bytes(image.registers[reg]);
    next += (bytes + slot_alignment - 1) / slot_alignment * slot_alignment;
  };
  for (const format::Constant& c : image.constants) slot(c.reg);
  program.constants.resize(next);
  for (const std::uint32_t reg : image.parameters) slot(reg);
  for (std::uint32_t reg = 0; reg < slots.size(); ++reg) slot(reg);
  program.frame_bytes = next;
  return slots;
}

void fill_constants(const Image& image, const std::vector<std::uint32_t>& slots, Program& program) {
  for (const format::Constant& c : image.constants) {
    const format::Register& r = image.registers[c.reg];
    const auto bytes = static_cast<std::size_t>(scalar_bytes(r.scalar));
    std::byte* at = program.constants.data() + slots[c.reg];
    for (std::size_t lane = 0; lane < warp_lanes; ++lane)
      for (std::size_t e = 0; e < r.elements; ++e, at += bytes)
        std::memcpy(at, &c.bits[c.bits.size() == 1 ? 0 : e], bytes);  // low bytes first
  }
}

Handler find_handler(const HandlerKey& key) {
  for (const auto family :
       {integer_handler, compare_handler, float_handler, fma_handler, approximation_handler,
        conversion_handler, shape_handler, special_handler})
    if (const Handler handler = family(key)) return handler;
  throw InternalError("the simulator has no handler for a valid instruction");
}

class Decoder {
 public:
  Decoder(const Image& image, const std::vector<std::uint32_t>& slots, Program& program)
      : image_(image), slots_(slots), program_(program) {}

  Instruction decode(const ImageInstruction& from) const {
    const format::OpcodeRow& row = opcode_row(from.opcode);
    Instruction i;
    i.step = step_of(from.opcode);
    i.modifier = from.modifier;
    i.targets = from.targets;
    i.immediate = from.immediate;
    i.origin = from.origin;
    for (std::size_t k = 0; k < format::Operands::most; ++k) {
      i.operands[k] = slot(from.operands[k]);
      if (i.operands[k] != no_slot) i.types[k] = image_.registers[from.operands[k]];
    }
    i.opcode = from.opcode;
    i.effect = find_effect(from.opcode);
    i.result = slot(from.result);

    const std::uint32_t subject = subject_of(from);
    if (subject == no_register) return i;
    const format::Register& s = image_.registers[subject];
    i.scalar = s.scalar;
    i.elements = s.elements;
    i.lane_bytes = lane_bytes(s);
    if (from.result != no_register) i.lane_bytes = lane_bytes(image_.registers[from.result]);
    if (from.operands[0] != no_register)
      i.source_elements = image_.registers[from.operands[0]].elements;
    if (row.immediate == format::Immediate::table)
      i.table = program_.tables[static_cast<std::size_t>(from.immediate)].data();
    i.in_place = row.instruction_class != format::InstructionClass::move || !reads_its_result(from);
    if (i.step == Step::value) i.handler = find_handler(key_of(from, row, s));
    return i;
  }

 private:
  std::uint32_t slot(std::uint32_t reg) const { return reg == no_register ? no_slot : slots_[reg]; }

  static bool reads_its_result(const ImageInstruction& i) {
    return std::find(i.operands.begin(), i.operands.end(), i.result) != i.operands.end();
  }

  HandlerKey key_of(const ImageInstruction& i, const format::OpcodeRow& row,
                    const format::Register& subject) const {
    HandlerKey key{i.opcode,       i.modifier,          subject.scalar,
                   subject.scalar, lane_bytes(subject), false};
    for (std::size_t k = 0; k < format::Operands::most; ++k) {
      if (row.operands[k] == Kind::source || row.operands[k] == Kind::index)
        key.source = image_.registers[i.operands[k]].scalar;
      if (row.operands[k] == Kind::condition)
        key.one_condition = image_.registers[i.operands[k]].elements != subject.elements;
    }
    return key;
  }

  const Image& image_;
  const std::vector<std::uint32_t>& slots_;
  Program& program_;
};

}  // namespace

Program decode(const Image& image) {
  Program program;
  program.kernel = image.kernel;
  program.warps = image.warps;
  program.shared_bytes = image.shared_bytes;
  program.cluster = image.cluster;
  program.tables = image.tables;
  program.texts = image.texts;
  const std::vector<std::uint32_t> slots = assign_slots(image, program);
  fill_constants(image, slots, program);
  for (const std::uint32_t reg : image.parameters)
    program.parameters.push_back(
        {slots[reg], lane_bytes(image.registers[reg]), image.registers[reg].scalar == Scalar::i1});
  const Decoder decoder(image, slots, program);
  program.code.reserve(image.code.size());
  program.classes.reserve(image.code.size());
  for (const ImageInstruction& i : image.code) {
    program.code.push_back(decoder.decode(i));
    note_features(program.features, program.code.back());
    program.classes.push_back(opcode_row(i.opcode).instruction_class);
    program.scratch_bytes =
        std::max(program.scratch_bytes, std::size_t{warp_lanes} * program.code.back().lane_bytes);
  }
  return program;
}

std::size_t Program::bytes() const {
  std::size_t bytes = code.capacity() * sizeof(Instruction) +
                      classes.capacity() * sizeof(format::InstructionClass) +
                      parameters.capacity() * sizeof(Parameter) + constants.capacity();
  for (const auto& table : tables) bytes += sizeof table + table.capacity() * sizeof(table[0]);
  for (const std::string& text : texts) bytes += sizeof text + text.capacity();
  return bytes;
}

void Program::prepare_frame(std::byte* frame, std::span<void* const> values) const {
  if (!constants.empty()) std::memcpy(frame, constants.data(), constants.size());
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const Parameter& p = parameters[k];
    std::byte value[8] = {};
    std::memcpy(value, values[k], p.bytes);
    if (p.truth) value[0] &= std::byte{1};
    for (std::size_t lane = 0; lane < warp_lanes; ++lane)
      std::memcpy(frame + p.slot + lane * p.bytes, value, p.bytes);
  }
}

}  // namespace tegula::sim
