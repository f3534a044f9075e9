// A kernel's parameters: tensors and scalars; and views, the way from tensors to tiles.
//
//   In, Out, InOut             tensors that the kernel reads, writes, or both
//   OptIn, OptOut, OptInOut    tensors that a caller may leave out: `if (bias)` specialises
//   F32, F64, I32, I64, ...    scalars
#pragma once

#include <array>
#include <initializer_list>
#include <span>

#include "tegula/dsl/tile.h"

namespace tegula {

namespace detail {
/// Which of the kernel's parameters an object stands for.
struct ParameterSlot {
  std::uint32_t index = 0;
  bool present = true;
};
Tile scalar_parameter(ParameterSlot slot);
}  // namespace detail

/// A tensor cut into tiles. Tile coordinates count tiles, one for each dimension: (r, j) of tiles
/// of (1, 64) starts at element (r, 64 j). Elements outside the tensor load as the pad value and
/// are not stored.
class [[nodiscard]] View {
 public:
  using Location = std::source_location;

  /// What elements outside the tensor load as; 0 unless told.
  View pad(double value, Location at = Location::current()) const;
  /// The author's promise that every tile lies inside the tensor: no masks. The simulator checks.
  View in_bounds() const;

  Tile load(std::initializer_list<Operand> coordinates, Location at = Location::current()) const;
  /// `tile` must have the view's dtype, and its shape after broadcasting.
  void store(Operand tile, std::initializer_list<Operand> coordinates,
             Location at = Location::current()) const;

  const Dims& shape() const { return shape_; }

 private:
  friend class TensorParameter;
  View(std::uint32_t parameter, const Dims& shape) : parameter_(parameter), shape_(shape) {}

  std::uint32_t parameter_;
  Dims shape_;
  double pad_ = 0;
  bool in_bounds_ = false;
};

/// What all tensor parameters share. A function that takes any of them takes a
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

/// Using one that is absent is an Error{kernel}. At launch, TensorRef{} stands for absent.
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
template <class T>
class Scalar : public Tile {
 public:
  using Host = T;
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

/// Checked at every launch: the tensor has these extents. They may depend on extents and whole
/// numbers alone. Throws Error{invalid_argument} if the rank differs, or an extent that is known.
void require(const TensorParameter& x, std::initializer_list<Operand> extents,
             std::source_location at = std::source_location::current());

namespace detail {
void set_grid(std::span<const Operand> extents, std::span<Tile> coordinates,
              const std::source_location& at);
}

/// States the grid, once, and gives this program's coordinates in it:
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

}  // namespace tegula
