#include "compiler/layout/shape.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace tegula::layout {
namespace {

int extent_bits(int64_t extent) { return std::countr_zero(static_cast<uint64_t>(extent)); }

// The lowest flat bit of each axis.
std::vector<int> axis_offsets(const Shape& shape) {
  std::vector<int> offsets(shape.size());
  int next = 0;
  for (size_t axis = shape.size(); axis-- > 0;) {
    offsets[axis] = next;
    next += extent_bits(shape[axis]);
  }
  return offsets;
}

}  // namespace

std::string shape_to_string(const Shape& shape) {
  std::string text = "[";
  for (size_t axis = 0; axis < shape.size(); ++axis)
    text += (axis ? "x" : "") + std::to_string(shape[axis]);
  return text + "]";
}

int tile_bits(const Shape& shape) {
  int bits = 0;
  for (int64_t extent : shape) {
    if (extent < 1 || !std::has_single_bit(static_cast<uint64_t>(extent)))
      throw std::invalid_argument("tile " + shape_to_string(shape) + ": extent " +
                                  std::to_string(extent) + " is not a power of two");
    bits += extent_bits(extent);
  }
  if (bits > max_tile_bits)
    throw std::invalid_argument("tile " + shape_to_string(shape) + ": 2^" + std::to_string(bits) +
                                " elements, at most 2^" + std::to_string(max_tile_bits) +
                                " are possible");
  return bits;
}

uint32_t axis_mask(const Shape& shape, int axis) {
  tile_bits(shape);
  if (axis < 0 || axis >= static_cast<int>(shape.size()))
    throw std::invalid_argument("tile " + shape_to_string(shape) + " has no axis " +
                                std::to_string(axis));
  return static_cast<uint32_t>(shape[axis] - 1) << axis_offsets(shape)[axis];
}

int64_t inner_extent(const Shape& shape) {
  tile_bits(shape);
  for (size_t axis = shape.size(); axis-- > 0;)
    if (shape[axis] > 1) return shape[axis];
  return 1;
}

std::vector<int64_t> coordinates(const Shape& shape, uint32_t flat) {
  if (flat >> tile_bits(shape) != 0)
    throw std::invalid_argument("tile " + shape_to_string(shape) + " has no element " +
                                std::to_string(flat));
  const std::vector<int> offsets = axis_offsets(shape);
  std::vector<int64_t> result;
  for (size_t axis = 0; axis < shape.size(); ++axis)
    result.push_back(flat >> offsets[axis] & (shape[axis] - 1));
  return result;
}

LinearMap broadcast_projection(const Shape& source, const Shape& target) {
  const int source_bits = tile_bits(source);
  tile_bits(target);
  bool legal = source.size() == target.size();
  for (size_t axis = 0; legal && axis < source.size(); ++axis)
    legal = source[axis] == 1 || source[axis] == target[axis];
  if (!legal)
    throw std::invalid_argument("tile " + shape_to_string(source) + " does not broadcast to " +
                                shape_to_string(target));

  std::vector<uint64_t> columns;  // lowest flat bit of the target first
  int next = 0;
  for (size_t axis = source.size(); axis-- > 0;)
    for (int bit = 0; bit < extent_bits(target[axis]); ++bit)
      columns.push_back(source[axis] == 1 ? 0 : uint64_t{1} << next++);
  return LinearMap(std::move(columns), source_bits);
}

Shape transpose_shape(const Shape& shape, const std::vector<int>& permutation) {
  std::vector<int> axes(shape.size());
  std::iota(axes.begin(), axes.end(), 0);
  if (!std::is_permutation(axes.begin(), axes.end(), permutation.begin(), permutation.end()))
    throw std::invalid_argument("tile " + shape_to_string(shape) +
                                ": transpose needs each of its axes once");
  Shape result;
  for (int axis : permutation) result.push_back(shape[axis]);
  return result;
}

LinearMap transpose_projection(const Shape& shape, const std::vector<int>& permutation) {
  const int bits = tile_bits(shape);
  const std::vector<int> from = axis_offsets(shape);
  const std::vector<int> to = axis_offsets(transpose_shape(shape, permutation));
  std::vector<uint64_t> columns(bits);
  for (size_t axis = 0; axis < permutation.size(); ++axis)
    for (int bit = 0; bit < extent_bits(shape[permutation[axis]]); ++bit)
      columns[from[permutation[axis]] + bit] = uint64_t{1} << (to[axis] + bit);
  return LinearMap(std::move(columns), bits);
}

}  // namespace tegula::layout
