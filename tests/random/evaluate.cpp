#include "tests/random/evaluate.h"

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>

namespace tegula::random_programs {
namespace {

struct Array {
  Type type;
  std::vector<Element> elements;  ///< row-major
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
Element& at(Array& a, const Shape& index) {
  std::int64_t position = 0;
  const std::size_t skip = index.size() - a.type.shape.size();
  for (std::size_t d = 0; d < a.type.shape.size(); ++d)
    position = position * a.type.shape[d] + (a.type.shape[d] == 1 ? 0 : index[skip + d]);
  return a.elements[static_cast<std::size_t>(position)];
}
Element at(const Array& a, const Shape& index) { return at(const_cast<Array&>(a), index); }

template <class F>
Array make(const Type& type, F f) {
  Array result{type, {}};
  for_each(type.shape, [&](const Shape& index) { result.elements.push_back(f(index)); });
  return result;
}

std::size_t unsigned_of(std::int64_t n) { return static_cast<std::size_t>(n); }

/// The values that a block of statements sees: its own, and those around it.
class Scope {
 public:
  explicit Scope(const Scope* outer = nullptr) : outer_(outer) {}
  const Array& operator[](Value v) const {
    const auto it = arrays_.find(v);
    return it != arrays_.end() ? it->second : (*outer_)[v];
  }
  void set(Value v, Array array) { arrays_.insert_or_assign(v, std::move(array)); }
  std::vector<Array> all(const std::vector<Value>& values) const {
    std::vector<Array> result;
    for (const Value v : values) result.push_back((*this)[v]);
    return result;
  }

 private:
  std::map<Value, Array> arrays_;
  const Scope* outer_;
};

using Binary = Element (*)(DType, Element, Element);
Binary binary_of(Kind kind) {
  constexpr Binary bit_and = [](DType, Element a, Element b) { return a & b; };
  constexpr Binary bit_or = [](DType, Element a, Element b) { return a | b; };
  constexpr Binary bit_xor = [](DType, Element a, Element b) { return a ^ b; };
  switch (kind) {
    case Kind::add:
      return add;
    case Kind::sub:
      return sub;
    case Kind::mul:
      return mul;
    case Kind::div:
      return div;
    case Kind::rem:
      return rem;
    case Kind::cdiv:
      return cdiv;
    case Kind::min:
      return min;
    case Kind::max:
      return max;
    case Kind::bit_and:
      return bit_and;
    case Kind::bit_or:
      return bit_or;
    case Kind::bit_xor:
      return bit_xor;
    case Kind::shl:
      return shl;
    case Kind::shr:
      return shr;
    case Kind::umulhi:
      return umulhi;
    default:
      return nullptr;
  }
}

bool compare(std::int64_t which, DType dtype, Element a, Element b) {
  switch (which) {
    case 0:
      return equal(dtype, a, b);
    case 1:
      return !equal(dtype, a, b);
    case 2:
      return less(dtype, a, b);
    case 3:
      return less(dtype, a, b) || equal(dtype, a, b);
    case 4:
      return less(dtype, b, a);
    default:
      return less(dtype, b, a) || equal(dtype, a, b);
  }
}

class Evaluator {
 public:
  explicit Evaluator(const Program& program) : program_(program) {
    for (const TensorArgument& tensor : program.tensors)
      memory_.push_back(initial_elements(tensor));
  }

  std::vector<std::vector<Element>> run() {
    for (block_ = 0; block_ < program_.blocks; ++block_) {
      Scope scope;
      run(program_.body, scope);
    }
    return std::move(memory_);
  }

 private:
  void run(const Block& block, Scope& scope) {
    for (const Statement& s : block.body) run(s, scope);
  }

  void run(const Statement& s, Scope& scope) {
    switch (s.kind) {
      case Kind::store:
        return store(s, scope);
      case Kind::scatter:
        return scatter(s, scope);
      case Kind::for_loop:
        return for_loop(s, scope);
      case Kind::while_loop:
        return while_loop(s, scope);
      case Kind::if_then: {
        Scope inside(&scope);
        const Block& taken = s.blocks[scope[s.in[0]].elements[0] != 0 ? 0 : 1];
        run(taken, inside);
        return give(s, inside.all(taken.yields), scope);
      }
      case Kind::split:
      case Kind::argmax:
      case Kind::argmin:
      case Kind::reduce_pair:
      case Kind::scan_affine:
        return give(s, two(s, scope), scope);
      case Kind::atomic: {
        Array before = atomic(s, scope);
        if (!s.out.empty()) scope.set(s.out[0], std::move(before));
        return;
      }
      default:
        return scope.set(s.out[0], one(s, scope));
    }
  }

  static void give(const Statement& s, std::vector<Array> arrays, Scope& scope) {
    for (std::size_t i = 0; i < arrays.size(); ++i) scope.set(s.out[i], std::move(arrays[i]));
  }

  void for_loop(const Statement& s, Scope& scope) {
    const std::vector<Array> in = scope.all(s.in);
    std::vector<Array> carried(in.begin() + 2, in.end());
    const Block& body = s.blocks[0];
    for (Element iteration = in[0].elements[0]; iteration < in[1].elements[0]; ++iteration) {
      Scope inside(&scope);
      inside.set(body.arguments[0], {{i32, {}}, {iteration}});
      for (std::size_t i = 0; i < carried.size(); ++i)
        inside.set(body.arguments[i + 1], std::move(carried[i]));
      run(body, inside);
      carried = inside.all(body.yields);
    }
    give(s, std::move(carried), scope);
  }

  void while_loop(const Statement& s, Scope& scope) {
    std::vector<Array> carried = scope.all(s.in);
    for (int iterations = 0;; ++iterations) {
      if (iterations > 1000) throw std::logic_error("the program does not end");
      const auto part = [&](const Block& block) {
        Scope inside(&scope);
        for (std::size_t i = 0; i < carried.size(); ++i) inside.set(block.arguments[i], carried[i]);
        run(block, inside);
        return inside.all(block.yields);
      };
      if (part(s.blocks[0])[0].elements[0] == 0) break;
      carried = part(s.blocks[1]);
    }
    give(s, std::move(carried), scope);
  }

  //===--- Memory ---------------------------------------------------------------------------===//

  /// The element of a tensor's memory; none outside the tensor.
  std::optional<std::size_t> place(std::size_t tensor, const Shape& index) const {
    const TensorArgument& t = program_.tensors[tensor];
    std::int64_t position = t.offset;
    for (std::size_t d = 0; d < index.size(); ++d) {
      if (index[d] < 0 || index[d] >= t.extents[d]) return std::nullopt;
      position += index[d] * t.strides[d];
    }
    return static_cast<std::size_t>(position);
  }
  std::size_t place_inside(std::size_t tensor, const Shape& index) const {
    const auto found = place(tensor, index);
    if (!found) throw std::logic_error("the program accesses what is outside a tensor");
    return *found;
  }

  /// Where element `index` of a tile lies in the tensor.
  static Shape position(const std::vector<Element>& coordinates, const Shape& tile,
                        const Shape& index) {
    Shape result;
    for (std::size_t d = 0; d < tile.size(); ++d)
      result.push_back(coordinates[d] * tile[d] + index[d]);
    return result;
  }
  static std::vector<Element> scalars(const Scope& scope, const std::vector<Value>& values,
                                      std::size_t first, std::size_t count) {
    std::vector<Element> result;
    for (std::size_t i = first; i < first + count; ++i)
      result.push_back(scope[values[i]].elements[0]);
    return result;
  }

  Array load(const Statement& s, const Scope& scope) const {
    const std::size_t tensor = unsigned_of(s.numbers[0]);
    const Type& type = program_.types[s.out[0]];
    const std::size_t rank = type.shape.size();
    const std::vector<Element> coordinates = scalars(scope, s.in, 0, rank);
    Shape starts(rank, 0), ends = program_.tensors[tensor].extents;
    std::size_t next = rank;
    for (std::size_t d = 0; d < rank; ++d) {
      if (s.numbers[3 + d] < 0) continue;
      starts[d] = scope[s.in[next++]].elements[0];
      ends[d] = s.numbers[3 + d];
    }
    return make(type, [&](const Shape& index) {
      Shape where = position(coordinates, type.shape, index);
      for (std::size_t d = 0; d < rank; ++d) {
        if (where[d] < 0 || where[d] >= ends[d]) return s.numbers[2];
        where[d] += starts[d];
      }
      return memory_[tensor][place_inside(tensor, where)];
    });
  }

  void store(const Statement& s, const Scope& scope) {
    const std::size_t tensor = unsigned_of(s.numbers[0]);
    const Array& tile = scope[s.in[0]];
    const Shape& shape = tile.type.shape;
    const std::vector<Element> coordinates = scalars(scope, s.in, 1, shape.size());
    for_each(shape, [&](const Shape& index) {
      if (const auto found = place(tensor, position(coordinates, shape, index)))
        memory_[tensor][*found] = at(tile, index);
    });
  }

  /// Calls f(place, index) for the elements of an indexed access whose mask is true.
  template <class F>
  void indexed(const Statement& s, const Scope& scope, std::size_t first, const Shape& shape,
               F f) const {
    const std::size_t tensor = unsigned_of(s.numbers[0]);
    const std::size_t rank = program_.tensors[tensor].extents.size();
    const bool masked = s.in.size() > first + rank;
    for_each(shape, [&](const Shape& index) {
      if (masked && at(scope[s.in[first + rank]], index) == 0) return;
      Shape where;
      for (std::size_t d = 0; d < rank; ++d) where.push_back(at(scope[s.in[first + d]], index));
      f(place_inside(tensor, where), index);
    });
  }

  Array gather(const Statement& s, const Scope& scope) const {
    const std::size_t tensor = unsigned_of(s.numbers[0]);
    const Type& type = program_.types[s.out[0]];
    const std::size_t rank = program_.tensors[tensor].extents.size();
    const bool has_other = s.in.size() == rank + 2;
    Array result = make(type, [&](const Shape& index) {
      return has_other ? at(scope[s.in[rank + 1]], index) : Element{0};
    });
    indexed(s, scope, 0, type.shape, [&](std::size_t place, const Shape& index) {
      at(result, index) = memory_[tensor][place];
    });
    return result;
  }

  void scatter(const Statement& s, const Scope& scope) {
    const Array& tile = scope[s.in[0]];
    indexed(s, scope, 1, tile.type.shape, [&](std::size_t place, const Shape& index) {
      memory_[unsigned_of(s.numbers[0])][place] = at(tile, index);
    });
  }

  Array atomic(const Statement& s, const Scope& scope) {
    const Array& tile = scope[s.in[0]];
    const DType dtype = tile.type.dtype;
    constexpr Kind kinds[] = {Kind::add,     Kind::min,    Kind::max,
                              Kind::bit_and, Kind::bit_or, Kind::bit_xor};
    const Binary combine = binary_of(kinds[s.numbers[1]]);
    Array before = make(tile.type, [](const Shape&) { return Element{0}; });
    indexed(s, scope, 1, tile.type.shape, [&](std::size_t place, const Shape& index) {
      Element& e = memory_[unsigned_of(s.numbers[0])][place];
      at(before, index) = e;
      e = combine(dtype, e, at(tile, index));
    });
    return before;
  }

  //===--- Values ---------------------------------------------------------------------------===//

  Array one(const Statement& s, const Scope& scope) const {
    const Type& type = program_.types[s.out[0]];
    const std::vector<Array> in =
        s.kind == Kind::load || s.kind == Kind::gather ? std::vector<Array>{} : scope.all(s.in);
    const auto& n = s.numbers;
    const auto all = [&](Element e) { return make(type, [e](const Shape&) { return e; }); };
    if (s.kind == Kind::div || s.kind == Kind::rem || s.kind == Kind::cdiv)
      if (!is_float(type.dtype) && std::count(in[1].elements.begin(), in[1].elements.end(), 0) > 0)
        throw std::logic_error("the program divides by 0");
    if (const Binary f = binary_of(s.kind))
      return make(type, [&](const Shape& i) { return f(type.dtype, at(in[0], i), at(in[1], i)); });
    const auto each = [&](auto f) {
      return make(type, [&](const Shape& i) { return f(type.dtype, at(in[0], i)); });
    };
    switch (s.kind) {
      case Kind::constant:
        return all(n[0]);
      case Kind::argument:
        return all(n[0] == 0 ? program_.integer : from_real(program_.real));
      case Kind::block:
        return all(block_);
      case Kind::extent:
        return all(program_.tensors[unsigned_of(n[0])].extents[unsigned_of(n[1])]);
      case Kind::iota:
        return make(type, [](const Shape& i) { return i[0]; });
      case Kind::load:
        return load(s, scope);
      case Kind::gather:
        return gather(s, scope);
      case Kind::neg:
        return each(neg);
      case Kind::abs:
        return each(abs);
      case Kind::sqrt:
        return each(sqrt);
      case Kind::floor:
        return each(floor);
      case Kind::ceil:
        return each(ceil);
      case Kind::rounded:
        return each([](DType, Element e) { return e; });
      case Kind::logic_not:
        return each([](DType, Element e) { return e ^ 1; });
      case Kind::cast:
        return each([&](DType to, Element e) { return converted(e, in[0].type.dtype, to); });
      case Kind::fma:
        return make(type, [&](const Shape& i) {
          return fma(type.dtype, at(in[0], i), at(in[1], i), at(in[2], i));
        });
      case Kind::compare:
        return make(type, [&](const Shape& i) {
          return Element{compare(n[0], in[0].type.dtype, at(in[0], i), at(in[1], i))};
        });
      case Kind::select:
        return make(
            type, [&](const Shape& i) { return at(in[0], i) != 0 ? at(in[1], i) : at(in[2], i); });
      case Kind::reshape:
        return {type, in[0].elements};
      case Kind::expand:
        return make(type, [&](const Shape& i) { return at(in[0], i); });
      case Kind::transpose:
        return make(type, [&](const Shape& i) {
          Shape from(i.size());
          for (std::size_t d = 0; d < i.size(); ++d) from[unsigned_of(n[d])] = i[d];
          return at(in[0], from);
        });
      case Kind::join:
        return make(type, [&](Shape i) {
          const bool second = i.back() == 1;
          i.pop_back();
          return at(in[second ? 1 : 0], i);
        });
      case Kind::cat:
        return make(type, [&](Shape i) {
          const std::size_t axis = unsigned_of(n[0]);
          const std::int64_t half = in[0].type.shape[axis];
          const bool second = i[axis] >= half;
          if (second) i[axis] -= half;
          return at(in[second ? 1 : 0], i);
        });
      case Kind::sum:
        return reduced(type, in[0], add, n);
      case Kind::reduce_max:
        return reduced(type, in[0], max, n);
      case Kind::reduce_min:
        return reduced(type, in[0], min, n);
      case Kind::reduce_product:
        return reduced(type, in[0], mul, n);
      case Kind::cumsum:
        return scanned(type, in[0], add, n);
      case Kind::scan_last:
        return scanned(
            type, in[0],
            [](DType dtype, Element a, Element b) {
              return equal(dtype, b, is_float(dtype) ? from_real(0) : 0) ? a : b;
            },
            n);
      default:
        throw std::logic_error("a statement without a rule");
    }
  }

  static Array reduced(const Type& type, const Array& a, Binary f,
                       const std::vector<std::int64_t>& n) {
    const std::size_t axis = unsigned_of(n[0]);
    return make(type, [&](Shape i) {
      Element result = at(a, i);
      for (i[axis] = 1; i[axis] < a.type.shape[axis]; ++i[axis])
        result = f(type.dtype, result, at(a, i));
      return result;
    });
  }

  /// Walks along the axis, backward if told; f(from, to) for each step, from -1 at the first.
  template <class F>
  static void along(const Shape& shape, const std::vector<std::int64_t>& n, F f) {
    const std::size_t axis = unsigned_of(n[0]);
    const std::int64_t extent = shape[axis];
    Shape lines = shape;
    lines[axis] = 1;
    for_each(lines, [&](Shape line) {
      for (std::int64_t k = 0; k < extent; ++k) {
        Shape to = line, from = line;
        to[axis] = n[1] != 0 ? extent - 1 - k : k;
        from[axis] = n[1] != 0 ? to[axis] + 1 : to[axis] - 1;
        if (k > 0) f(from, to);
      }
    });
  }

  static Array scanned(const Type& type, const Array& a, Binary f,
                       const std::vector<std::int64_t>& n) {
    Array result = a;
    along(type.shape, n, [&](const Shape& from, const Shape& to) {
      at(result, to) = f(type.dtype, at(result, from), at(result, to));
    });
    return result;
  }

  std::vector<Array> two(const Statement& s, const Scope& scope) const {
    const std::vector<Array> in = scope.all(s.in);
    const Type &first = program_.types[s.out[0]], &second = program_.types[s.out[1]];
    switch (s.kind) {
      case Kind::split: {
        const auto half = [&](std::int64_t which) {
          return make(first, [&](Shape i) {
            i.push_back(which);
            return at(in[0], i);
          });
        };
        return {half(0), half(1)};
      }
      case Kind::reduce_pair: {
        const std::vector<std::int64_t>& n = s.numbers;
        return {reduced(first, in[0], add, n), reduced(second, in[1], binary_of(Kind::bit_xor), n)};
      }
      case Kind::scan_affine: {
        Array a = in[0], b = in[1];
        along(first.shape, s.numbers, [&](const Shape& from, const Shape& to) {
          const DType t = first.dtype;
          at(b, to) = add(t, mul(t, at(b, from), at(a, to)), at(b, to));
          at(a, to) = mul(t, at(a, from), at(a, to));
        });
        return {a, b};
      }
      default:
        return extreme(s, in[0]);
    }
  }

  /// The largest or smallest, and where it stands first; a NaN is either.
  std::vector<Array> extreme(const Statement& s, const Array& a) const {
    const std::size_t axis = unsigned_of(s.numbers[0]);
    const DType dtype = a.type.dtype;
    std::vector<Array> result{{program_.types[s.out[0]], {}}, {program_.types[s.out[1]], {}}};
    for_each(result[0].type.shape, [&](Shape i) {
      Element best = at(a, i), where = 0;
      for (i[axis] = 1; i[axis] < a.type.shape[axis]; ++i[axis]) {
        const Element e = at(a, i);
        if (is_nan(dtype, best)) break;
        const bool wins = s.kind == Kind::argmax ? less(dtype, best, e) : less(dtype, e, best);
        if (wins || is_nan(dtype, e)) best = e, where = i[axis];
      }
      result[0].elements.push_back(best);
      result[1].elements.push_back(where);
    });
    return result;
  }

  const Program& program_;
  std::vector<std::vector<Element>> memory_;
  std::int64_t block_ = 0;
};

}  // namespace

std::vector<std::vector<Element>> evaluate(const Program& program) {
  return Evaluator(program).run();
}

}  // namespace tegula::random_programs
