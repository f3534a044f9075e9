// The tools of the lowering patterns: emitting LLVM dialect, and thread coordinates.
//
// After lowering, a tile is a vector with one element for each register of a thread. Operations
// that have no LLVM intrinsic are calls to markers, functions named `tegula.*` that backend/markers
// knows: the PTX target turns them into inline assembly, the simulator decodes them.
#pragma once

#include <cstdint>

#include "compiler/ir/dialect.h"
#include "compiler/layout/distributed.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"

namespace tegula::compiler {

/// Emits LLVM dialect at a location, concisely.
class Code {
 public:
  Code(mlir::OpBuilder& builder, mlir::Location loc) : builder_(builder), loc_(loc) {}

  mlir::OpBuilder& builder() { return builder_; }
  mlir::Location loc() const { return loc_; }
  mlir::Type i1() { return builder_.getI1Type(); }
  mlir::Type i32() { return builder_.getI32Type(); }
  mlir::Type i64() { return builder_.getI64Type(); }
  mlir::Type shared_pointer() { return mlir::LLVM::LLVMPointerType::get(context(), 3); }
  mlir::MLIRContext* context() { return builder_.getContext(); }

  mlir::Value constant(mlir::Type type, std::int64_t value);
  mlir::Value i32(std::int64_t value) { return constant(i32(), value); }
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value multiply(mlir::Value a, mlir::Value b);
  mlir::Value bit_and(mlir::Value a, mlir::Value b);
  mlir::Value bit_xor(mlir::Value a, mlir::Value b);
  mlir::Value equal(mlir::Value a, mlir::Value b);
  mlir::Value unsigned_less(mlir::Value a, mlir::Value b);
  mlir::Value to_i64(mlir::Value value);  ///< sign-extends

  /// base + index elements of type `element`.
  mlir::Value element_pointer(mlir::Value base, mlir::Type element, mlir::Value index);
  mlir::Value byte_pointer(mlir::Value base, std::int64_t offset);

  mlir::Value intrinsic(llvm::StringRef name, mlir::Type result, mlir::ValueRange operands);
  void intrinsic(llvm::StringRef name, mlir::ValueRange operands);

  mlir::Value extract(mlir::Value vector, std::int64_t index);
  mlir::Value insert(mlir::Value vector, mlir::Value element, std::int64_t index);
  mlir::Value splat(mlir::Value scalar, std::int64_t count);
  /// Elements picked from one vector.
  mlir::Value shuffle(mlir::Value vector, llvm::ArrayRef<int32_t> indices);
  /// The concatenation of vectors of one type; their number is a power of two.
  mlir::Value concatenate(llvm::ArrayRef<mlir::Value> vectors);
  mlir::Value bitcast(mlir::Value value, mlir::Type type);

  /// A barrier of the block: accesses before it are visible after it.
  void barrier();
  /// The block's shared memory from `offset` bytes on.
  mlir::Value shared_memory(std::int64_t offset);

 private:
  mlir::OpBuilder& builder_;
  mlir::Location loc_;
};

/// The name of the symbol that is a kernel's static shared memory.
inline constexpr char shared_memory_symbol[] = "tegula_shared_memory";

/// The number of this thread in its block; lane = its low 5 bits, warp = the rest.
mlir::Value thread_number(Code& code);

/// The value of a linear function of the thread number: the XOR of the columns of its set bits.
/// `lanes` and `warps` are columns, already shifted into position.
mlir::Value thread_linear(Code& code, mlir::Value thread, llvm::ArrayRef<std::uint32_t> lanes,
                          llvm::ArrayRef<std::uint32_t> warps);

/// The bits of the warp's number that are in `mask`, packed from bit 0 on. `warp_bits`: how many
/// bits the number has.
mlir::Value packed_warp(Code& code, mlir::Value thread, std::uint32_t mask, std::size_t warp_bits);

/// Whether this thread holds the first copy of its elements; null if every thread does.
mlir::Value holds_first_copy(Code& code, mlir::Value thread, const layout::Distributed& layout);

/// The type in which `bytes` bytes (1 to 16, a power of two) are moved: i8, i16, i32, <2 x i32>,
/// <4 x i32>.
mlir::Type move_type(mlir::MLIRContext* context, std::int64_t bytes);

/// One load of a move_type. If the predicate (null: always true) is false, no memory is touched and
/// the result is `other`.
mlir::Value load_if(Code& code, mlir::Value pointer, mlir::Type type, mlir::Value predicate,
                    mlir::Value other, std::int64_t alignment);
/// One store of a scalar or vector of 1 to 16 bytes, if the predicate (null: always true) is true.
void store_if(Code& code, mlir::Value pointer, mlir::Value value, mlir::Value predicate,
              std::int64_t alignment);

/// Calls the marker "tegula.NAME" (backend/markers), which is declared once in the module. Null for
/// a result of type void.
mlir::Value call_marker(Code& code, const llvm::Twine& name, mlir::Type result,
                        mlir::ValueRange operands);
void call_marker(Code& code, const llvm::Twine& name, mlir::ValueRange operands);
/// A type in a marker's name: i32, v4i32, bf16.
std::string name_in_marker(mlir::Type type);

/// A vector type; `count` of 1 stays a vector.
mlir::VectorType vector_of(mlir::Type element, std::int64_t count);
/// The elements of a vector.
std::int64_t length_of(mlir::Value vector);
/// Register numbers of a layout's plan, as shuffles of vectors take them.
llvm::SmallVector<std::int32_t> as_indices(const std::vector<std::uint32_t>& registers);

}  // namespace tegula::compiler
