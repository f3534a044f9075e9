#include "tests/kernels/random_program.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>

namespace tegula::testing {
namespace {

using Shape = std::vector<std::int64_t>;
using Kind = StepKind;

constexpr std::int64_t most_elements = 4096;
constexpr std::size_t most_rank = 4;

std::int64_t size_of(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

/// The shape that both broadcast to, by numpy's rules.
std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
  Shape result(std::max(a.size(), b.size()), 1);
  for (std::size_t k = 1; k <= result.size(); ++k) {
    const std::int64_t from_a = k <= a.size() ? a[a.size() - k] : 1;
    const std::int64_t from_b = k <= b.size() ? b[b.size() - k] : 1;
    if (from_a != from_b && from_a != 1 && from_b != 1) return {};
    result[result.size() - k] = std::max(from_a, from_b);
  }
  if (size_of(result) > most_elements) return {};
  return result;
}

class Generator {
 public:
  Generator(std::vector<Shape>& shapes, std::uint64_t seed) : shapes_(shapes), random_(seed) {}

  /// A step that suits, with its shape added; none if this draw does not suit.
  std::optional<Step> draw() {
    Step s;
    s.kind = static_cast<Kind>(below(static_cast<std::size_t>(Kind::count)));
    // Recent values, mostly, so that steps build on each other.
    s.a = below(2) == 0 ? shapes_.size() - 1 : below(shapes_.size());
    s.b = below(shapes_.size());
    s.number = static_cast<int>(below(34));
    const Shape& a = shapes_[s.a];
    if (!a.empty()) s.axis = static_cast<int>(below(a.size()));
    const std::optional<Shape> shape = result_of(s, a);
    if (!shape) return {};
    shapes_.push_back(*shape);
    return s;
  }

 private:
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

  std::optional<Shape> result_of(Step& s, const Shape& a) {
    const Shape& b = shapes_[s.b];
    switch (s.kind) {
      case Kind::shift_left:
      case Kind::shift_right:
      case Kind::narrow:
        return a;
      case Kind::transpose: {
        s.dims.resize(a.size());
        std::iota(s.dims.begin(), s.dims.end(), 0);
        std::shuffle(s.dims.begin(), s.dims.end(), random_);
        Shape result;
        for (const std::int64_t d : s.dims) result.push_back(a[static_cast<std::size_t>(d)]);
        if (a.size() < 2) return {};
        return result;
      }
      case Kind::reshape:
        return s.dims = random_shape(size_of(a));
      case Kind::expand:
        s.dims = a;
        for (std::int64_t& extent : s.dims)
          if (extent == 1) extent = std::int64_t{1} << below(4);
        if (s.dims.size() < most_rank && below(3) == 0) s.dims.insert(s.dims.begin(), 2);
        if (size_of(s.dims) > most_elements) return {};
        return s.dims;
      case Kind::sum:
      case Kind::reduce_max:
      case Kind::reduce_min:
      case Kind::argmin: {
        if (a.empty()) return {};
        Shape result = a;
        result[static_cast<std::size_t>(s.axis)] = 1;
        return result;
      }
      case Kind::cumsum:
      case Kind::cumsum_reverse:
        if (a.empty()) return {};
        return a;
      case Kind::join: {
        auto result = broadcast(a, b);
        if (!result || result->empty() || result->size() >= most_rank ||
            size_of(*result) * 2 > most_elements)
          return {};
        result->push_back(2);
        return result;
      }
      case Kind::split_first:
      case Kind::split_second: {
        if (a.size() < 2 || a.back() != 2) return {};
        return Shape(a.begin(), a.end() - 1);
      }
      case Kind::cat: {
        if (a.empty() || a != b || size_of(a) * 2 > most_elements) return {};
        Shape result = a;
        result[static_cast<std::size_t>(s.axis)] *= 2;
        return result;
      }
      case Kind::loop: {
        // The carried tile keeps its shape.
        const auto both = broadcast(a, b);
        if (!both || *both != a) return {};
        return a;
      }
      default:
        return broadcast(a, b);
    }
  }

  Shape random_shape(std::int64_t size) {
    Shape result(1 + below(most_rank - 1), 1);
    for (; size > 1; size /= 2) result[below(result.size())] *= 2;
    return result;
  }

  std::vector<Shape>& shapes_;
  std::mt19937_64 random_;
};

/// Calls f(index) for each element of the shape, in row-major order.
template <class F>
void for_each(const Shape& shape, F f) {
  Shape index(shape.size(), 0);
  for (std::int64_t n = size_of(shape); n > 0; --n) {
    f(index);
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (++index[d] < shape[d]) break;
      index[d] = 0;
    }
  }
}

/// The element at an index, of an array that broadcasts to the index's shape.
std::int32_t at(const Array& a, const Shape& index) {
  std::size_t position = 0;
  const std::size_t skip = index.size() - a.shape.size();
  for (std::size_t d = 0; d < a.shape.size(); ++d)
    position = position * static_cast<std::size_t>(a.shape[d]) +
               static_cast<std::size_t>(a.shape[d] == 1 ? 0 : index[skip + d]);
  return a.values[position];
}

template <class F>
Array make(const Shape& shape, F f) {
  Array result{shape, {}};
  for_each(shape, [&](const Shape& index) {
    result.values.push_back(static_cast<std::int32_t>(f(index)));
  });
  return result;
}

std::int32_t combine(Kind kind, std::int32_t a, std::int32_t b) {
  const auto x = static_cast<std::uint32_t>(a), y = static_cast<std::uint32_t>(b);
  switch (kind) {
    case Kind::add:
      return static_cast<std::int32_t>(x + y);
    case Kind::sub:
      return static_cast<std::int32_t>(x - y);
    case Kind::mul:
      return static_cast<std::int32_t>(x * y);
    case Kind::bit_and:
      return a & b;
    case Kind::bit_or:
      return a | b;
    case Kind::bit_xor:
      return a ^ b;
    case Kind::min:
      return std::min(a, b);
    case Kind::max:
      return std::max(a, b);
    case Kind::choose:
      return a < b ? static_cast<std::int32_t>(x + 1) : b;
    default:  // high_product
      return static_cast<std::int32_t>(std::int64_t{a} * b >> 16);
  }
}

Array along_axis(const Step& s, const Array& a) {
  const auto axis = static_cast<std::size_t>(s.axis);
  const std::int64_t extent = a.shape[axis];
  const bool scans = s.kind == Kind::cumsum || s.kind == Kind::cumsum_reverse;
  Shape shape = a.shape;
  if (!scans) shape[axis] = 1;
  return make(shape, [&](Shape index) {
    std::int64_t first = 0, last = extent;
    if (s.kind == Kind::cumsum) last = index[axis] + 1;
    if (s.kind == Kind::cumsum_reverse) first = index[axis];
    index[axis] = first;
    std::int32_t result = at(a, index);
    std::int32_t where = 0;
    for (std::int64_t k = first + 1; k < last; ++k) {
      index[axis] = k;
      const std::int32_t next = at(a, index);
      if (next < result) where = static_cast<std::int32_t>(k);
      if (s.kind == Kind::reduce_max)
        result = std::max(result, next);
      else if (s.kind == Kind::reduce_min || s.kind == Kind::argmin)
        result = std::min(result, next);
      else
        result = combine(Kind::add, result, next);
    }
    return s.kind == Kind::argmin ? where : result;
  });
}

}  // namespace

std::vector<Step> random_steps(std::vector<Shape>& shapes, int steps, std::uint64_t seed) {
  Generator generator(shapes, seed);
  std::vector<Step> result;
  while (static_cast<int>(result.size()) < steps)
    if (auto step = generator.draw()) result.push_back(*std::move(step));
  return result;
}

Array computed(const Step& s, const std::vector<Array>& values) {
  const Array& a = values[s.a];
  const Array& b = values[s.b];
  const auto axis = static_cast<std::size_t>(s.axis);
  switch (s.kind) {
    case Kind::shift_left:
      return make(a.shape, [&](const Shape& i) {
        return s.number >= 32 ? 0 : static_cast<std::uint32_t>(at(a, i)) << s.number;
      });
    case Kind::shift_right:
      return make(a.shape, [&](const Shape& i) { return at(a, i) >> std::min(s.number, 31); });
    case Kind::narrow:
      return make(a.shape, [&](const Shape& i) { return static_cast<std::int16_t>(at(a, i)); });
    case Kind::transpose: {
      Shape shape;
      for (const std::int64_t d : s.dims) shape.push_back(a.shape[static_cast<std::size_t>(d)]);
      return make(shape, [&](const Shape& i) {
        Shape from(i.size());
        for (std::size_t d = 0; d < i.size(); ++d) from[static_cast<std::size_t>(s.dims[d])] = i[d];
        return at(a, from);
      });
    }
    case Kind::reshape:
      return {s.dims, a.values};
    case Kind::expand:
      return make(s.dims, [&](const Shape& i) { return at(a, i); });
    case Kind::sum:
    case Kind::reduce_max:
    case Kind::reduce_min:
    case Kind::argmin:
    case Kind::cumsum:
    case Kind::cumsum_reverse:
      return along_axis(s, a);
    case Kind::join: {
      Shape shape = *broadcast(a.shape, b.shape);
      shape.push_back(2);
      return make(shape, [&](Shape i) {
        const bool second = i.back() == 1;
        i.pop_back();
        return at(second ? b : a, i);
      });
    }
    case Kind::split_first:
    case Kind::split_second:
      return make(Shape(a.shape.begin(), a.shape.end() - 1), [&](Shape i) {
        i.push_back(s.kind == Kind::split_second ? 1 : 0);
        return at(a, i);
      });
    case Kind::cat: {
      Shape shape = a.shape;
      shape[axis] *= 2;
      return make(shape, [&](Shape i) {
        const bool second = i[axis] >= a.shape[axis];
        if (second) i[axis] -= a.shape[axis];
        return at(second ? b : a, i);
      });
    }
    case Kind::loop: {
      Array carried = a;
      for (std::int32_t turn = 0; turn < 3; ++turn)
        carried = make(a.shape, [&](const Shape& i) {
          return combine(Kind::add, combine(Kind::mul, at(carried, i), 5), at(b, i) ^ turn);
        });
      return carried;
    }
    default:
      return make(*broadcast(a.shape, b.shape),
                  [&](const Shape& i) { return combine(s.kind, at(a, i), at(b, i)); });
  }
}

}  // namespace tegula::testing
