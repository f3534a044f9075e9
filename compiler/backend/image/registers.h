// Registers of an image under construction: types, values, constants.
#pragma once

#include <map>
#include <stdexcept>
#include <vector>

#include "llvm/ADT/DenseMap.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/Value.h"
#include "runtime/format/image.h"

namespace tegula::compiler {

/// Something that the image cannot express. The encoder adds the instruction and the author's line.
class Unencodable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Which image register holds which LLVM value. Every value has its own register; constants are
/// registers that are set from the start. A struct has one register for each field.
class SimRegisters {
 public:
  SimRegisters(format::Image& image, const llvm::Module& module);

  /// The registers of a value: one, or one for each field of a struct. Throws Unencodable for a
  /// type or a constant that no register holds.
  const std::vector<std::uint32_t>& of(const llvm::Value* value);
  /// The register of a value that has only one. Throws Unencodable for any other.
  std::uint32_t one(const llvm::Value* value);
  /// Lets `value` share another value's registers: bitcasts that change nothing, struct fields.
  void alias(const llvm::Value* value, std::vector<std::uint32_t> registers);
  bool known(const llvm::Value* value) const { return registers_.contains(value); }

  std::uint32_t fresh(format::Register type);
  std::uint32_t constant(format::Register type, std::vector<std::uint64_t> bits);
  const format::Register& type(std::uint32_t reg) const { return image_.registers[reg]; }

  /// The image's type for an LLVM scalar or vector type. Throws Unencodable.
  format::Register register_type(const llvm::Type* type) const;

 private:
  std::vector<std::uint32_t> of_constant(const llvm::Constant* constant);
  /// The offset in shared memory of a global variable (or of a constant offset into one).
  std::uint64_t shared_address(const llvm::Constant* constant) const;

  format::Image& image_;
  const llvm::DataLayout& layout_;
  llvm::DenseMap<const llvm::Value*, std::vector<std::uint32_t>> registers_;
  llvm::DenseMap<const llvm::Value*, std::uint64_t> globals_;
  std::map<std::tuple<format::Scalar, int, std::vector<std::uint64_t>>, std::uint32_t> constants_;
};

}  // namespace tegula::compiler
