// Views, the way from tensors to tiles, and the options of atomics.
#pragma once

#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include "tegula/access.h"
#include "tegula/dsl/tile.h"

#pragma GCC visibility push(default)
namespace tegula {

namespace detail {
struct Narrowing {
  int dimension;
  Tile start, length;
};
using Narrowings = std::vector<Narrowing>;
}  // namespace detail

/// A tensor cut into tiles. Tile coordinates count tiles, one for each dimension: with tiles of (1,
/// 64), tile (r, j) starts at element (r, 64 j). Elements outside the tensor, or outside the part
/// that it was narrowed to, load as the pad value and are not stored.
class [[nodiscard]] View {
 public:
  using Location = std::source_location;

  /// The value that elements outside the tensor load as; 0 by default.
  View pad(double value, Location at = Location::current()) const;
  /// The author's promise that every tile is inside the tensor, so that no masks are needed. The
  /// simulator checks it.
  View in_bounds() const;

  Tile load(std::initializer_list<Operand> coordinates, Location at = Location::current()) const;
  /// `tile` must have the view's dtype, and its shape after broadcasting.
  void store(Operand tile, std::initializer_list<Operand> coordinates,
             Location at = Location::current()) const;

  const Dims& shape() const { return shape_; }

 private:
  friend class TensorParameter;
  friend class NarrowedTensor;
  View(std::uint32_t parameter, const Dims& shape, detail::Narrowings narrowings = {})
      : parameter_(parameter), shape_(shape), narrowings_(std::move(narrowings)) {}
  detail::ValueId make(detail::Tracer& tracer, double pad, Location at) const;

  std::uint32_t parameter_;
  Dims shape_;
  detail::Narrowings narrowings_;
  double pad_ = 0;
  bool in_bounds_ = false;
};

/// A part of a tensor; see TensorParameter::narrow.
class [[nodiscard]] NarrowedTensor {
 public:
  using Location = std::source_location;

  /// As TensorParameter::tiles; tile 0 starts at the part's first element.
  View tiles(const Dims& shape, Location at = Location::current()) const;
  /// Narrows another dimension as well.
  NarrowedTensor narrow(int dim, Operand start, Operand length,
                        Location at = Location::current()) const;

 private:
  friend class TensorParameter;
  explicit NarrowedTensor(std::uint32_t parameter) : parameter_(parameter) {}

  std::uint32_t parameter_;
  detail::Narrowings narrowings_;
};

/// `x.atomic_add(v, {i}, {.mask = i < n, .order = MemoryOrder::release})`.
struct AtomicOptions {
  std::optional<Mask> mask = std::nullopt;
  MemoryOrder order = MemoryOrder::relaxed;
  MemoryScope scope = MemoryScope::device;
};

/// The values before an atomic: a Tile that may be ignored.
class OldValue : public Tile {
 public:
  using Tile::Tile;
  OldValue(const Tile& tile) : Tile(tile) {}
  OldValue& operator=(const Tile& tile) {
    Tile::operator=(tile);
    return *this;
  }
};

}  // namespace tegula
#pragma GCC visibility pop
