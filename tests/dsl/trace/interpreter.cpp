#include "tests/dsl/trace/interpreter.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>

namespace tegula::testing {
namespace {

using program::Instruction;
using program::Op;
using program::Program;
using program::Region;
using program::Type;
using program::ValueId;

std::size_t elements(const Type& type) {
  std::size_t count = 1;
  for (const std::int64_t extent : type.shape) count *= static_cast<std::size_t>(extent);
  return count;
}

/// What a dtype keeps of a result.
double rounded(double value, DType dtype) {
  if (dtype == DType::f32) return static_cast<float>(value);
  if (is_float(dtype) || dtype == DType::i1) return value;
  const int bits = dtype_bits(dtype);
  if (bits > 32) return std::trunc(value);
  const double period = std::ldexp(1, bits);
  double wrapped = std::fmod(std::trunc(value), period);
  if (wrapped < 0) wrapped += period;
  return is_signed_integer(dtype) && wrapped >= period / 2 ? wrapped - period : wrapped;
}

double nan_if(double a, double b, double value) {
  return std::isnan(a) || std::isnan(b) ? std::nan("") : value;
}

double compute(const Instruction& instruction, const std::vector<double>& x) {
  const auto bits = [&](std::size_t i) { return static_cast<std::uint64_t>(x[i]); };
  switch (instruction.op) {
    case Op::add:
      return x[0] + x[1];
    case Op::sub:
      return x[0] - x[1];
    // Exact for words of 32 bits, of which the low half is kept.
    case Op::mul:
      return x[0] >= 0x1p31 || x[1] >= 0x1p31
                 ? static_cast<double>((bits(0) * bits(1)) & 0xffffffff)
                 : x[0] * x[1];
    case Op::div:
      return x[0] / x[1];
    case Op::rem:
      return std::fmod(x[0], x[1]);
    case Op::cdiv:
      return std::ceil(x[0] / x[1]);
    case Op::minimum:
      return nan_if(x[0], x[1], std::min(x[0], x[1]));
    case Op::maximum:
      return nan_if(x[0], x[1], std::max(x[0], x[1]));
    case Op::bit_and:
      return static_cast<double>(bits(0) & bits(1));
    case Op::bit_or:
      return static_cast<double>(bits(0) | bits(1));
    case Op::bit_xor:
      return static_cast<double>(bits(0) ^ bits(1));
    case Op::neg:
      return -x[0];
    case Op::abs:
      return std::abs(x[0]);
    case Op::sqrt:
      return std::sqrt(x[0]);
    case Op::exp:
      return std::exp(x[0]);
    case Op::umulhi:
      return static_cast<double>((bits(0) * bits(1)) >> 32);
    case Op::cast:
      return x[0];
    case Op::select:
      return x[0] != 0 ? x[1] : x[2];
    case Op::compare:
      switch (static_cast<program::Comparison>(instruction.attributes[0])) {
        case program::Comparison::eq:
          return x[0] == x[1];
        case program::Comparison::ne:
          return x[0] != x[1];
        case program::Comparison::lt:
          return x[0] < x[1];
        case program::Comparison::le:
          return x[0] <= x[1];
        case program::Comparison::gt:
          return x[0] > x[1];
        case program::Comparison::ge:
          return x[0] >= x[1];
      }
      [[fallthrough]];
    default:
      throw std::logic_error("no arithmetic: " + std::string(op_name(instruction.op)));
  }
}

/// Walks over a tile: `index` of an element along each dimension.
std::vector<std::int64_t> index_of(std::size_t element, const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> index(shape.size());
  for (std::size_t d = shape.size(); d-- > 0;) {
    index[d] = static_cast<std::int64_t>(element) % shape[d];
    element /= static_cast<std::size_t>(shape[d]);
  }
  return index;
}
std::size_t element_at(const std::vector<std::int64_t>& index,
                       const std::vector<std::int64_t>& shape) {
  std::size_t element = 0;
  for (std::size_t d = 0; d < shape.size(); ++d)
    element = element * static_cast<std::size_t>(shape[d]) + static_cast<std::size_t>(index[d]);
  return element;
}

class Interpreter {
 public:
  Interpreter(const Program& program, std::map<std::string, Values>& tensors)
      : program_(program), tensors_(tensors), values_(program.types.size()) {}

  /// Gives the instruction's yield.
  const Instruction& run(const Region& region) {
    for (const Instruction& instruction : region.body)
      if (instruction.op != Op::yield) run(instruction);
    return region.body.back();
  }

 private:
  const Type& type(ValueId value) const { return program_.types[value]; }
  const std::string& name(const Instruction& instruction) const {
    return program_.parameters[static_cast<std::size_t>(instruction.attributes[0])].name;
  }
  void move(std::span<const ValueId> from, std::span<const ValueId> to) {
    std::vector<Values> all;
    for (const ValueId value : from) all.push_back(values_[value]);
    for (std::size_t i = 0; i < to.size(); ++i) values_[to[i]] = all[i];
  }

  void run(const Instruction& instruction) {
    const auto& operands = instruction.operands;
    const auto& results = instruction.results;
    const auto in = [&](std::size_t i) -> Values& { return values_[operands[i]]; };
    Values out(results.empty() ? 0 : elements(type(results[0])));
    switch (instruction.op) {
      case Op::constant: {
        const bool real = is_float(type(results[0]).dtype);
        const std::int64_t bits = instruction.attributes[0];
        out[0] = real ? std::bit_cast<double>(bits) : static_cast<double>(bits);
        break;
      }
      case Op::program_id:
        break;
      case Op::num_programs:
        out[0] = 1;
        break;
      case Op::dim:
        out[0] = static_cast<double>(tensors_.at(name(instruction)).size());
        break;
      case Op::iota:
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<double>(i);
        break;
      case Op::view:
        viewed_[results[0]] = name(instruction);
        return;
      case Op::load:
        out = tensors_.at(viewed_.at(operands[0]));
        break;
      case Op::store:
        tensors_[viewed_.at(operands[1])] = in(0);
        return;
      case Op::splat:
        std::fill(out.begin(), out.end(), in(0)[0]);
        break;
      case Op::reshape:
        out = in(0);
        break;
      case Op::broadcast:
        for (std::size_t i = 0; i < out.size(); ++i) {
          auto index = index_of(i, type(results[0]).shape);
          for (std::size_t d = 0; d < index.size(); ++d)
            index[d] = std::min(index[d], type(operands[0]).shape[d] - 1);
          out[i] = in(0)[element_at(index, type(operands[0]).shape)];
        }
        break;
      case Op::transpose:
        for (std::size_t i = 0; i < out.size(); ++i) {
          const auto index = index_of(i, type(results[0]).shape);
          auto source = index;
          for (std::size_t d = 0; d < index.size(); ++d)
            source[static_cast<std::size_t>(instruction.attributes[d])] = index[d];
          out[i] = in(0)[element_at(source, type(operands[0]).shape)];
        }
        break;
      case Op::join:
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = in(i % 2)[i / 2];
        break;
      case Op::split:
        values_[results[1]].resize(out.size());
        for (std::size_t i = 0; i < out.size(); ++i) {
          out[i] = in(0)[2 * i];
          values_[results[1]][i] = in(0)[2 * i + 1];
        }
        break;
      case Op::reduce_with:
        return along(instruction, instruction.attributes[0], false, true);
      case Op::scan_with:
        return along(instruction, instruction.attributes[0], instruction.attributes[1] != 0, false);
      case Op::for_loop: {
        move(std::span(operands).subspan(2), results);
        for (double i = in(0)[0]; i < in(1)[0]; ++i) {
          const Region& body = instruction.regions[0];
          move(results, std::span(body.arguments).subspan(1));
          values_[body.arguments[0]] = {i};
          move(run(body).operands, results);
        }
        return;
      }
      case Op::while_loop:
        move(operands, results);
        while (true) {
          const Region &condition = instruction.regions[0], &body = instruction.regions[1];
          move(results, condition.arguments);
          if (values_[run(condition).operands[0]][0] == 0) return;
          move(results, body.arguments);
          move(run(body).operands, results);
        }
      case Op::if_then:
        return move(run(instruction.regions[in(0)[0] != 0 ? 0 : 1]).operands, results);
      default:
        for (std::size_t i = 0; i < out.size(); ++i) {
          std::vector<double> x;
          for (const ValueId operand : operands) x.push_back(values_[operand][i]);
          out[i] = rounded(compute(instruction, x), type(results[0]).dtype);
        }
    }
    values_[results[0]] = std::move(out);
  }

  /// A reduction, or a scan, along an axis.
  void along(const Instruction& instruction, std::int64_t axis, bool from_end, bool reduces) {
    const std::vector<std::int64_t> shape = type(instruction.operands[0]).shape;
    const auto extent = shape[static_cast<std::size_t>(axis)];
    const std::size_t count = instruction.operands.size();
    std::vector<std::int64_t> rows = shape;
    rows[static_cast<std::size_t>(axis)] = 1;
    for (std::size_t k = 0; k < count; ++k)
      values_[instruction.results[k]].resize(elements(type(instruction.results[k])));
    for (std::size_t row = 0; row < elements({.shape = rows}); ++row) {
      std::vector<double> total;
      for (std::int64_t i = 0; i < extent; ++i) {
        auto index = index_of(row, rows);
        index[static_cast<std::size_t>(axis)] = from_end ? extent - 1 - i : i;
        const std::size_t element = element_at(index, shape);
        std::vector<double> here;
        for (const ValueId tile : instruction.operands) here.push_back(values_[tile][element]);
        total = i == 0 ? here : combine(instruction.regions[0], total, here);
        for (std::size_t k = 0; k < count; ++k)
          values_[instruction.results[k]][reduces ? row : element] = total[k];
      }
    }
  }
  std::vector<double> combine(const Region& region, const std::vector<double>& left,
                              const std::vector<double>& right) {
    for (std::size_t k = 0; k < left.size(); ++k) {
      values_[region.arguments[k]] = {left[k]};
      values_[region.arguments[left.size() + k]] = {right[k]};
    }
    std::vector<double> both;
    for (const ValueId value : run(region).operands) both.push_back(values_[value][0]);
    return both;
  }

  const Program& program_;
  std::map<std::string, Values>& tensors_;
  std::vector<Values> values_;
  std::map<ValueId, std::string> viewed_;
};

}  // namespace

void interpret(const Program& program, std::map<std::string, Values>& tensors) {
  Interpreter(program, tensors).run(program.body);
}

}  // namespace tegula::testing
