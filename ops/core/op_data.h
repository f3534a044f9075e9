// All that an op's description says.
#pragma once

#include <memory>
#include <source_location>

#include "tegula/op.h"

namespace tegula {

struct OpData {
  std::string name, summary;
  std::source_location at;
  std::uint64_t number = 0;  ///< no other op's, in this process
  OpStructs structs;
  std::vector<OpTensor> tensors;
  std::vector<OpOutput> outputs;
  std::vector<OpParameter> parameters;
  std::vector<OpScalars> scalars;
  std::vector<OpFact> facts;
  std::vector<std::function<void(const void*, const Plan&)>> rules;
  std::vector<std::function<void(Stream&, const void*, const OpChecks&)>> every_call;
  std::optional<OpConfig> config;
  struct Constant {
    std::uint32_t offset = 0;
    std::vector<std::byte> value;
  };
  std::vector<Constant> constants;
  std::vector<std::pair<std::string, std::string>> pairs;
  std::optional<OpForward> forward;
  void (*example)(op::Sizes& sizes) = nullptr;
  std::vector<std::pair<std::string, double>> usual;
  std::function<void(Plan&, const void*)> plan;

  /// Tensors, pairs of them and rules in the order of their checks.
  struct Step {
    enum class Kind : std::uint8_t { tensor, pair, rule };
    Kind kind = Kind::tensor;
    std::size_t index = 0;
  };
  std::vector<Step> steps;

  std::size_t key_words = 0;     ///< of parameters, facts and config
  std::size_t scalar_count = 0;  ///< of all OpScalars

  /// Writes the constants into a struct of arguments.
  void put_constants(void* arguments) const {
    for (const Constant& constant : constants)
      std::memcpy(static_cast<std::byte*>(arguments) + constant.offset, constant.value.data(),
                  constant.value.size());
  }

  /// Inputs, then what callers may give as memory of outputs.
  std::size_t operands() const { return tensors.size() + outputs.size(); }
};

/// As many as a call has room for on its stack.
inline constexpr std::size_t max_operands = 48, max_key_words = 64, max_scalars = 32;

using ConfigOverrides = std::span<const std::pair<std::string, std::int64_t>>;

}  // namespace tegula
