// Which facts about an argument are compiled in. Fewer facts mean fewer kernels, more facts mean
// better ones. An argument's class holds:
//
//   tensor   dtype, rank, presence; the extents that the kernel declares; of the strides: 0, the
//            innermost 1, and the row stride of a contiguous tensor whose inner extents are all
//            declared; of the other strides the largest power of two (up to 16 elements) that
//            divides them; the address's alignment, up to 16 bytes
//   scalar   nothing but its dtype
//
// Every tensor is in some class, and the number of classes of one kernel is bounded by a small
// number times the number of declared extents that occur.
//
// Also compiled in is which tensors share memory with one that the kernel writes: what it reads of
// one tensor and stores to another may then be the same bytes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dsl/program/program.h"
#include "runtime/launch/call_key.h"
#include "tegula/dsl/kernel_base.h"

namespace tegula::detail {

struct ArgumentClass {
  DType dtype = DType::f32;
  bool is_tensor = false;
  bool present = true;
  std::uint8_t rank = 0;
  std::uint8_t alignment = 1;
  // As many as there are dimensions; the rest is not initialised, since every launch makes one of
  // these.
  std::array<std::int64_t, Dims::capacity> extents, strides;  // or program::Parameter::dynamic
  std::array<std::uint8_t, Dims::capacity> stride_divisors;
};

/// Gives the tensor the strides of a contiguous one wherever a stride cannot matter: along extents
/// of 1, and everywhere if there are no elements. If a stride times its extent overflows, the
/// strides of outer dimensions are left alone.
void make_canonical(TensorRef& tensor);

/// The class of a canonical argument. Throws Error{invalid_argument}, naming kernel and parameter,
/// for a tensor in place of a scalar, a scalar of another dtype, a missing tensor, and extents of
/// 2^31 or more.
ArgumentClass classify(const std::string& kernel, const ParameterInfo& parameter,
                       const KernelArgument& argument);

program::Parameter to_parameter(const ParameterInfo& parameter, const ArgumentClass& argument);

/// The tensors of a call that may share bytes with one that is written. `arguments` are canonical.
/// A tensor that reaches beyond the address space, which the launch reports, overlaps none.
std::vector<program::Overlap> find_overlaps(std::span<const ParameterInfo> parameters,
                                            std::span<const KernelArgument> arguments);

/// Appends the class to a call key. The overlaps follow those of all arguments.
void append_key(runtime::CallKey& key, const ArgumentClass& argument);
void append_key(runtime::CallKey& key, const program::Overlap& overlap);

}  // namespace tegula::detail
