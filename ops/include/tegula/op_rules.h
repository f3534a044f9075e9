// The words in which an op says what its tensors are: shapes and dtypes.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tegula/dtype.h"
#include "tegula/tensor.h"

#pragma GCC visibility push(default)
namespace tegula::op {

/// How kernels see a tensor; what its strides must allow for that.
enum class Layout : std::uint8_t {
  matrix,   ///< (..., N) as (M, N): leading dimensions evenly spaced, last stride 1
  vector,   ///< (N,), stride 1
  flat,     ///< all elements as one vector, evenly spaced, stride 0 too
  inner,    ///< as it is; last stride 1
  strided,  ///< as it is
};

/// What a tensor's shape must be, and why: the reason ends an error's "wanted". Names of extents
/// hold for the whole op: the first tensor that has one defines it.
struct Shape {
  enum class Kind : std::uint8_t { any, rows, dims, elements, like, leading, computed };
  struct Wanted {
    Dims shape;
    std::string reason;
  };

  Kind kind = Kind::rows;
  Layout layout = Layout::matrix;
  std::vector<std::string> names;  ///< of extents; or of the tensor that it is like
  std::string reason = {};         ///< empty: made from the names
  std::function<Wanted(const void*)> compute = {};
  std::string text = {};  ///< of a computed one, for readers: "(..., N)"

  Shape because(std::string why) const {
    Shape shape = *this;
    shape.reason = std::move(why);
    return shape;
  }
  Shape as(Layout wanted) const {
    Shape shape = *this;
    shape.layout = wanted;
    return shape;
  }
};

/// (..., N), a matrix of m rows of n elements.
inline Shape rows(std::string m, std::string n) {
  return {Shape::Kind::rows, Layout::matrix, {std::move(m), std::move(n)}};
}
/// (n,), a vector.
inline Shape vector(std::string n) { return {Shape::Kind::dims, Layout::vector, {std::move(n)}}; }
/// One extent for each name.
inline Shape dims(std::initializer_list<const char*> names, Layout layout = Layout::inner) {
  return {Shape::Kind::dims, layout, {names.begin(), names.end()}};
}
/// As many elements as the extent m, in any shape.
inline Shape elements(std::string m) {
  return {Shape::Kind::elements, Layout::flat, {std::move(m)}};
}
/// What an op checks itself.
inline Shape any() { return {Shape::Kind::any, Layout::strided, {}}; }
/// What `shape` of the arguments says; `text` says it to readers.
template <class Args>
Shape computed(Shape::Wanted (*shape)(const Args&), Layout layout, std::string text) {
  Shape result{Shape::Kind::computed, layout, {}};
  result.text = std::move(text);
  result.compute = [shape](const void* arguments) {
    return shape(*static_cast<const Args*>(arguments));
  };
  return result;
}
/// The shape of another tensor.
inline Shape like(std::string tensor, Layout layout = Layout::matrix) {
  return {Shape::Kind::like, layout, {std::move(tensor)}};
}
/// The shape of another tensor without its last extent.
inline Shape leading(std::string tensor) {
  return {Shape::Kind::leading, Layout::flat, {std::move(tensor)}};
}

/// What a tensor's dtype must be, and why. Of an output: what it is.
struct DTypes {
  struct Wanted {
    DType dtype = DType::f32;
    std::string reason;
  };
  std::vector<DType> any_of = {};  ///< empty: that of the tensor `like`, or what `compute` gives
  std::string like = {};
  std::string reason = {};
  std::function<Wanted(const void*)> compute = {};
  std::string text = {};  ///< of a computed one, for readers
  /// What an op checks itself.
  bool unchecked() const { return any_of.empty() && like.empty() && !compute; }
};

/// f32, f16 or bf16.
inline DTypes floats() { return {{DType::f32, DType::f16, DType::bf16}}; }
inline DTypes only(DType dtype, std::string reason) { return {{dtype}, {}, std::move(reason)}; }
inline DTypes dtype_of(std::string tensor) { return {{}, std::move(tensor)}; }
inline DTypes any_dtype() { return {}; }
template <class Args>
DTypes computed_dtype(DTypes::Wanted (*dtype)(const Args&), std::string text) {
  DTypes result;
  result.text = std::move(text);
  result.compute = [dtype](const void* arguments) {
    return dtype(*static_cast<const Args*>(arguments));
  };
  return result;
}

/// What the values of an input usually are: what the command line's --random, benchmarks and tests
/// fill it with.
struct Values {
  enum class Kind : std::uint8_t {
    normal,      ///< normal(0, 1)
    around_one,  ///< 1 + normal(0, 1) / 8
    indices,     ///< whole numbers from 0 to below the last extent of the tensor `into`
  };
  Kind kind = Kind::normal;
  std::string into = {};
};

inline Values weights() { return {Values::Kind::around_one}; }
inline Values indices_into(std::string tensor) {
  return {Values::Kind::indices, std::move(tensor)};
}

/// Extents and parameters by name, of a call that is made up.
using Sizes = std::map<std::string, std::int64_t, std::less<>>;

}  // namespace tegula::op
#pragma GCC visibility pop
