// A kernel's parameters: tensors and scalars.
//
//   In, Out, InOut             tensors that the kernel reads, writes, or both
//   OptIn, OptOut, OptInOut    tensors that a caller may leave out: `if (bias)` specialises
//   F32, F64, I32, I64, ...    scalars
#pragma once

#include <array>
#include <initializer_list>
#include <span>

#include "tegula/dsl/view.h"

#pragma GCC visibility push(default)
namespace tegula {

namespace detail {
/// The kernel's parameter that an object stands for.
struct ParameterSlot {
  std::uint32_t index = 0;
  bool present = true;
};
Tile scalar_parameter(ParameterSlot slot);
}  // namespace detail

/// The base of all tensor parameters. A function that takes any of them takes a
/// `const TensorParameter&`.
class TensorParameter {
 public:
  using Location = std::source_location;

  DType dtype(Location at = Location::current()) const;
  int rank(Location at = Location::current()) const;
  /// The extent of a dimension (-1: the last), an i32 scalar; a constant if it is specialised.
  Tile dim(int i, Location at = Location::current()) const;
  /// The extent of a specialised dimension, a host number. Throws Error{kernel} if it is dynamic.
  [[nodiscard]] std::int64_t static_dim(int i, Location at = Location::current()) const;
  /// Tiles of this shape, of the tensor's rank. Extents are powers of two.
  View tiles(const Dims& shape, Location at = Location::current()) const;
  /// Elements start to start + length - 1 of a dimension (-1: the last), as a tensor to cut into
  /// tiles: `x.narrow(0, first, length).tiles({64, 64})`. start and length are i32 scalars or whole
  /// numbers; the part must be inside the tensor.
  NarrowedTensor narrow(int dim, Operand start, Operand length,
                        Location at = Location::current()) const;

  // Single elements, by one tile of indices for each dimension: `x.gather({row, column})`. Index
  // tiles are i32 or i64 and broadcast with the mask and the value. Indices are not clipped: mask
  // those that may be outside the tensor. The simulator checks.
  Tile gather(std::initializer_list<Operand> indices, Location at = Location::current()) const;
  /// `other`, 0 unless given, where the mask is false.
  Tile gather(std::initializer_list<Operand> indices, MaskOperand mask,
              Location at = Location::current()) const;
  Tile gather(std::initializer_list<Operand> indices, MaskOperand mask, Operand other,
              Location at = Location::current()) const;
  /// Nothing is written where the mask is false. If two indices are equal, one of the values is
  /// kept.
  void scatter(Operand value, std::initializer_list<Operand> indices,
               Location at = Location::current()) const;
  void scatter(Operand value, std::initializer_list<Operand> indices, MaskOperand mask,
               Location at = Location::current()) const;

  // Atomics on InOut tensors. Each returns the values before, 0 where the mask is false. `add`
  // takes integers of 32 and 64 bits and floats (bf16 from sm_90 on); `exchange` those integers,
  // f32 and f64; the others those integers.
  OldValue atomic_add(Operand value, std::initializer_list<Operand> indices,
                      const AtomicOptions& options = {}, Location at = Location::current()) const;
  OldValue atomic_min(Operand value, std::initializer_list<Operand> indices,
                      const AtomicOptions& options = {}, Location at = Location::current()) const;
  OldValue atomic_max(Operand value, std::initializer_list<Operand> indices,
                      const AtomicOptions& options = {}, Location at = Location::current()) const;
  OldValue atomic_and(Operand value, std::initializer_list<Operand> indices,
                      const AtomicOptions& options = {}, Location at = Location::current()) const;
  OldValue atomic_or(Operand value, std::initializer_list<Operand> indices,
                     const AtomicOptions& options = {}, Location at = Location::current()) const;
  OldValue atomic_xor(Operand value, std::initializer_list<Operand> indices,
                      const AtomicOptions& options = {}, Location at = Location::current()) const;
  OldValue atomic_exchange(Operand value, std::initializer_list<Operand> indices,
                           const AtomicOptions& options = {},
                           Location at = Location::current()) const;
  /// Writes `value` where the element equals `expected`.
  OldValue atomic_compare_exchange(Operand expected, Operand value,
                                   std::initializer_list<Operand> indices,
                                   const AtomicOptions& options = {},
                                   Location at = Location::current()) const;

  std::uint32_t index() const { return slot_.index; }

 protected:
  explicit TensorParameter(detail::ParameterSlot slot) : slot_(slot) {}
  bool present() const { return slot_.present; }

 private:
  detail::ParameterSlot slot_;
};

class In : public TensorParameter {
 public:
  using Host = const TensorRef&;
  explicit In(detail::ParameterSlot slot) : TensorParameter(slot) {}
};
class Out : public TensorParameter {
 public:
  using Host = const TensorRef&;
  explicit Out(detail::ParameterSlot slot) : TensorParameter(slot) {}
};
class InOut : public TensorParameter {
 public:
  using Host = const TensorRef&;
  explicit InOut(detail::ParameterSlot slot) : TensorParameter(slot) {}
};

/// Memory that a launch allocates and frees: a row-major tensor that the kernel may read and write
/// like any other, shared by all blocks. It is not initialised; the simulator reports reads of
/// elements that the launch has not written.
class Workspace : public TensorParameter {
 private:
  explicit Workspace(detail::ParameterSlot slot) : TensorParameter(slot) {}
  friend Workspace workspace(DType dtype, std::initializer_list<Operand> extents,
                             std::source_location at);
};
/// `auto parts = workspace(f32, {cdiv(n, c.bn), 128});`. Extents are formulas as in grid, at least
/// 0. Call it outside traced loops and branches.
[[nodiscard]] Workspace workspace(DType dtype, std::initializer_list<Operand> extents,
                                  std::source_location at = std::source_location::current());

/// The number of multiprocessors of the device, i32: for grids, as in `grid_persistent(tiles, 2 *
/// multiprocessors())`, and anything else. It is filled in at launch, not compiled in.
[[nodiscard]] Tile multiprocessors(std::source_location at = std::source_location::current());

/// Using one that is absent is an Error{kernel}. At launch, TensorRef{} means absent.
class OptionalTensor : public TensorParameter {
 public:
  using Host = const TensorRef&;
  explicit operator bool() const { return present(); }

 protected:
  using TensorParameter::TensorParameter;
};
class OptIn : public OptionalTensor {
 public:
  explicit OptIn(detail::ParameterSlot slot) : OptionalTensor(slot) {}
};
class OptOut : public OptionalTensor {
 public:
  explicit OptOut(detail::ParameterSlot slot) : OptionalTensor(slot) {}
};
class OptInOut : public OptionalTensor {
 public:
  explicit OptInOut(detail::ParameterSlot slot) : OptionalTensor(slot) {}
};

/// A scalar argument: a Tile of rank 0.
template <class H>
class Scalar : public Tile {
 public:
  using Host = H;
  explicit Scalar(detail::ParameterSlot slot) : Tile(detail::scalar_parameter(slot)) {}
};
using F32 = Scalar<float>;
using F64 = Scalar<double>;
using I32 = Scalar<std::int32_t>;
using I64 = Scalar<std::int64_t>;
using U32 = Scalar<std::uint32_t>;
using U64 = Scalar<std::uint64_t>;

/// The extents of a tensor that must have this rank: `auto [rows, n] = dims2(x);`. Throws
/// Error{invalid_argument} if it has another.
std::array<Tile, 1> dims1(const TensorParameter& x,
                          std::source_location at = std::source_location::current());
std::array<Tile, 2> dims2(const TensorParameter& x,
                          std::source_location at = std::source_location::current());
std::array<Tile, 3> dims3(const TensorParameter& x,
                          std::source_location at = std::source_location::current());
std::array<Tile, 4> dims4(const TensorParameter& x,
                          std::source_location at = std::source_location::current());

/// Requires the tensor to have these extents, which every launch checks. They may depend only on
/// extents and whole numbers. Throws Error{invalid_argument} if the rank differs, or an extent that
/// is known while tracing.
void require(const TensorParameter& x, std::initializer_list<Operand> extents,
             std::source_location at = std::source_location::current());

namespace detail {
void set_grid(std::span<const Operand> extents, std::span<Tile> coordinates,
              const std::source_location& at);
void set_cluster_grid(std::span<const Operand> extents, int cluster, std::span<Tile> coordinates,
                      const std::source_location& at);
}  // namespace detail

/// States the grid, once, and returns this block's coordinates in it:
/// `auto [i, j] = grid({rows, cdiv(n, 64)});`. Extents are i32 formulas of extents and whole
/// numbers.
template <std::size_t N>
[[nodiscard]] std::array<Tile, N> grid(const Operand (&extents)[N],
                                       std::source_location at = std::source_location::current()) {
  static_assert(N <= 3, "a grid has at most 3 extents");
  std::array<Tile, N> coordinates;
  detail::set_grid(extents, coordinates, at);
  return coordinates;
}

/// States a grid of clusters of `cluster` blocks each, and returns the cluster's coordinates in it,
/// followed by this block's rank in its cluster:
/// `auto [row, part] = cluster_grid({rows}, c.cluster);`. The blocks of a cluster run at the same
/// time, and combine tiles with cluster_sum. `cluster`: 1, which is grid() on every architecture,
/// or 2, 4 or 8 from sm_90 on.
template <std::size_t N>
[[nodiscard]] std::array<Tile, N + 1> cluster_grid(
    const Operand (&extents)[N], int cluster,
    std::source_location at = std::source_location::current()) {
  static_assert(N <= 2, "a grid of clusters has at most 2 extents");
  std::array<Tile, N + 1> coordinates;
  detail::set_cluster_grid(extents, cluster, coordinates, at);
  return coordinates;
}

}  // namespace tegula
#pragma GCC visibility pop
