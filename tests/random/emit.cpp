#include "tests/random/emit.h"

#include <functional>
#include <map>
#include <stdexcept>
#include <variant>

#include "compiler/backend/ptx/assembler.h"
#include "tegula/compiler.h"
#include "tegula/dsl.h"

namespace tegula::random_programs {
namespace {

using Traced = std::variant<Tile, Mask>;

const Tile& tile(const Traced& t) { return std::get<Tile>(t); }
const Mask& mask(const Traced& t) { return std::get<Mask>(t); }
bool is_mask(const Traced& t) { return std::holds_alternative<Mask>(t); }
Dims dims(const Shape& shape) { return Dims(std::span<const std::int64_t>(shape)); }

/// The values that a block of statements sees: its own, and those around it. Tiles must not outlive
/// the loop or branch that made them, so each block has a scope of its own.
class Scope {
 public:
  explicit Scope(const Scope* outer = nullptr) : outer_(outer) {}
  const Traced& operator[](Value v) const {
    const auto it = values_.find(v);
    return it != values_.end() ? it->second : (*outer_)[v];
  }
  void set(Value v, Traced t) { values_.insert_or_assign(v, std::move(t)); }
  std::vector<Traced> all(const std::vector<Value>& values) const {
    std::vector<Traced> result;
    for (const Value v : values) result.push_back((*this)[v]);
    return result;
  }

 private:
  std::map<Value, Traced> values_;
  const Scope* outer_;
};

/// Calls f with the operands at `first` and behind it as a list of the tensor's rank.
template <class F>
auto with_indices(const Scope& scope, const Statement& s, std::size_t first, std::size_t rank,
                  F f) {
  const auto index = [&](std::size_t k) { return Operand(tile(scope[s.in[first + k]])); };
  const std::initializer_list<Operand> none = {};
  switch (rank) {
    case 0:
      return f(none);
    case 1:
      return f({index(0)});
    case 2:
      return f({index(0), index(1)});
    default:
      return f({index(0), index(1), index(2)});
  }
}
using Indices = std::initializer_list<Operand>;

class Emitter {
 public:
  Emitter(const Program& program, std::vector<const TensorParameter*> tensors, Tile block,
          Tile integer, Tile real)
      : program_(program),
        tensors_(std::move(tensors)),
        block_(block),
        integer_(integer),
        real_(real) {}

  void run() {
    Scope scope;
    run(program_.body, scope);
  }

 private:
  void run(const Block& block, Scope& scope) {
    for (const Statement& s : block.body) {
      run(s, scope);
      for (const Value v : s.out)
        if (!(type_of(scope[v]) == program_.types[v]))
          throw std::logic_error("the language gives another type than the description");
    }
  }
  static Type type_of(const Traced& t) {
    const Dims shape = is_mask(t) ? mask(t).shape() : tile(t).shape();
    return {is_mask(t) ? i1 : tile(t).dtype(), Shape(shape.begin(), shape.end())};
  }

  const TensorParameter& tensor(const Statement& s) const {
    return *tensors_[static_cast<std::size_t>(s.numbers[0])];
  }
  std::size_t rank(const Statement& s) const {
    return program_.tensors[static_cast<std::size_t>(s.numbers[0])].extents.size();
  }
  /// As memory holds it: a mask is an i1.
  static Tile stored(const Traced& t) { return is_mask(t) ? mask(t).to(i1) : tile(t); }
  static Traced loaded(const Tile& t) {
    if (t.dtype() == i1) return t != 0;
    return t;
  }

  void run(const Statement& s, Scope& scope) {
    switch (s.kind) {
      case Kind::store:
        return with_indices(scope, s, 1, rank(s), [&](Indices coordinates) {
          const Tile t = stored(scope[s.in[0]]);
          with_shape(tensor(s), t.shape()).store(t, coordinates);
        });
      case Kind::scatter:
        return with_indices(scope, s, 1, rank(s), [&](Indices indices) {
          const Tile t = stored(scope[s.in[0]]);
          if (s.in.size() > 1 + rank(s))
            tensor(s).scatter(t, indices, mask(scope[s.in.back()]));
          else
            tensor(s).scatter(t, indices);
        });
      case Kind::atomic: {
        const Tile before =
            with_indices(scope, s, 1, rank(s), [&](Indices i) { return atomic(s, scope, i); });
        if (!s.out.empty()) scope.set(s.out[0], before);
        return;
      }
      case Kind::for_loop:
        return for_loop(s, scope);
      case Kind::while_loop:
        return while_loop(s, scope);
      case Kind::if_then:
        return branch(s, scope);
      case Kind::split: {
        const auto [first, second] = split(tile(scope[s.in[0]]));
        return scope.set(s.out[0], first), scope.set(s.out[1], second);
      }
      case Kind::argmax:
      case Kind::argmin: {
        const int axis = static_cast<int>(s.numbers[0]);
        const Tile& a = tile(scope[s.in[0]]);
        const auto [value, index] = s.kind == Kind::argmax ? argmax(a, axis) : argmin(a, axis);
        return scope.set(s.out[0], value), scope.set(s.out[1], index);
      }
      case Kind::reduce_pair: {
        const auto [sums, bits] =
            reduce({tile(scope[s.in[0]]), tile(scope[s.in[1]])}, static_cast<int>(s.numbers[0]),
                   [](const std::array<Tile, 2>& a, const std::array<Tile, 2>& b) {
                     return std::array<Tile, 2>{a[0] + b[0], a[1] ^ b[1]};
                   });
        return scope.set(s.out[0], sums), scope.set(s.out[1], bits);
      }
      case Kind::scan_affine: {
        const auto [a, b] = scan(
            {tile(scope[s.in[0]]), tile(scope[s.in[1]])}, static_cast<int>(s.numbers[0]),
            [](const std::array<Tile, 2>& l, const std::array<Tile, 2>& r) {
              return std::array<Tile, 2>{l[0] * r[0], l[1] * r[0] + r[1]};
            },
            s.numbers[1] != 0);
        return scope.set(s.out[0], a), scope.set(s.out[1], b);
      }
      default:
        return scope.set(s.out[0], one(s, scope));
    }
  }

  static View with_shape(const TensorParameter& x, const Dims& shape) { return x.tiles(shape); }

  Tile atomic(const Statement& s, const Scope& scope, Indices indices) const {
    const TensorParameter& x = tensor(s);
    const Tile& value = tile(scope[s.in[0]]);
    AtomicOptions options;
    if (s.in.size() > 1 + rank(s)) options.mask = mask(scope[s.in.back()]);
    switch (static_cast<AtomicKind>(s.numbers[1])) {
      case AtomicKind::add:
        return x.atomic_add(value, indices, options);
      case AtomicKind::min:
        return x.atomic_min(value, indices, options);
      case AtomicKind::max:
        return x.atomic_max(value, indices, options);
      case AtomicKind::bit_and:
        return x.atomic_and(value, indices, options);
      case AtomicKind::bit_or:
        return x.atomic_or(value, indices, options);
      default:
        return x.atomic_xor(value, indices, options);
    }
  }

  //===--- Control --------------------------------------------------------------------------===//

  static void give(const Statement& s, const std::vector<Traced>& values, Scope& scope) {
    for (std::size_t i = 0; i < s.out.size(); ++i) scope.set(s.out[i], values[i]);
  }
  /// One after the other, into the variables that the loop carries.
  static void assign(std::vector<Traced>& variables, const std::vector<Traced>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) variables[i] = values[i];
  }

  void for_loop(const Statement& s, Scope& scope) {
    const Block& body = s.blocks[0];
    std::vector<Traced> carried = scope.all({s.in.begin() + 2, s.in.end()});
    for (auto iteration : range(tile(scope[s.in[0]]), tile(scope[s.in[1]]))) {
      Scope inside(&scope);
      inside.set(body.arguments[0], iteration);
      for (std::size_t i = 0; i < carried.size(); ++i)
        inside.set(body.arguments[i + 1], carried[i]);
      run(body, inside);
      assign(carried, inside.all(body.yields));
    }
    give(s, carried, scope);
  }

  void while_loop(const Statement& s, Scope& scope) {
    std::vector<Traced> carried = scope.all(s.in);
    const auto part = [&](const Block& block) {
      Scope inside(&scope);
      for (std::size_t i = 0; i < carried.size(); ++i) inside.set(block.arguments[i], carried[i]);
      run(block, inside);
      return inside.all(block.yields);
    };
    while_([&] { return mask(part(s.blocks[0])[0]); }, [&] { assign(carried, part(s.blocks[1])); });
    give(s, carried, scope);
  }

  void branch(const Statement& s, Scope& scope) {
    std::vector<Traced> merged;
    for (const Value v : s.out)
      merged.push_back(program_.types[v].dtype == i1 ? Traced(Mask()) : Traced(Tile()));
    const auto side = [&](std::size_t which) {
      Scope inside(&scope);
      run(s.blocks[which], inside);
      assign(merged, inside.all(s.blocks[which].yields));
    };
    if_(
        mask(scope[s.in[0]]), [&] { side(0); }, [&] { side(1); });
    give(s, merged, scope);
  }

  //===--- Values ---------------------------------------------------------------------------===//

  Tile load(const Statement& s, const Scope& scope) const {
    const Type& type = program_.types[s.out[0]];
    const std::size_t rank = type.shape.size();
    std::optional<NarrowedTensor> narrowed;
    std::size_t next = rank;
    for (std::size_t d = 0; d < rank; ++d) {
      const std::int64_t length = s.numbers[3 + d];
      if (length < 0) continue;
      const Tile& start = tile(scope[s.in[next++]]);
      const int dim = static_cast<int>(d);
      if (narrowed)
        narrowed = narrowed->narrow(dim, start, length);
      else
        narrowed = tensor(s).narrow(dim, start, length);
    }
    View view = narrowed ? narrowed->tiles(dims(type.shape)) : tensor(s).tiles(dims(type.shape));
    const double pad =
        is_float(type.dtype) ? real(s.numbers[2]) : static_cast<double>(s.numbers[2]);
    view = view.pad(pad);
    if (s.numbers[1] != 0) view = view.in_bounds();
    return with_indices(scope, s, 0, rank,
                        [&](Indices coordinates) { return view.load(coordinates); });
  }

  Tile gather(const Statement& s, const Scope& scope) const {
    const std::size_t rank = this->rank(s);
    return with_indices(scope, s, 0, rank, [&](Indices indices) {
      if (s.in.size() == rank) return tensor(s).gather(indices);
      const Mask& where = mask(scope[s.in[rank]]);
      if (s.in.size() == rank + 1) return tensor(s).gather(indices, where);
      return tensor(s).gather(indices, where, stored(scope[s.in[rank + 1]]));
    });
  }

  Traced constant(const Type& type, std::int64_t bits) const {
    if (type.dtype == i1) return full(i32, dims(type.shape), bits) != 0;
    if (is_float(type.dtype)) return full(type.dtype, dims(type.shape), real(bits));
    if (type.dtype == u64) return full(u64, dims(type.shape), static_cast<std::uint64_t>(bits));
    return full(type.dtype, dims(type.shape), bits);
  }

  Traced one(const Statement& s, const Scope& scope) const {
    const Type& type = program_.types[s.out[0]];
    switch (s.kind) {
      case Kind::constant:
        return constant(type, s.numbers[0]);
      case Kind::argument:
        return s.numbers[0] == 0 ? integer_ : real_;
      case Kind::block:
        return block_;
      case Kind::extent:
        return tensor(s).dim(static_cast<int>(s.numbers[1]));
      case Kind::iota:
        return iota(type.shape[0]);
      case Kind::load:
        return loaded(load(s, scope));
      case Kind::gather:
        return loaded(gather(s, scope));
      case Kind::select:
        return select_of(mask(scope[s.in[0]]), scope[s.in[1]], scope[s.in[2]]);
      case Kind::cast:
        return cast(scope[s.in[0]], type.dtype);
      case Kind::compare:
        return compare(s.numbers[0], scope[s.in[0]], scope[s.in[1]]);
      case Kind::join:
        return moved(scope[s.in[0]], scope[s.in[1]],
                     [](const Tile& a, const Tile& b) { return join(a, b); });
      case Kind::cat:
        return moved(scope[s.in[0]], scope[s.in[1]], [&](const Tile& a, const Tile& b) {
          return cat(a, b, static_cast<int>(s.numbers[0]));
        });
      default:
        if (is_mask(scope[s.in[0]])) return of_masks(s, scope);
        return of_tiles(s, scope);
    }
  }

  template <class F>
  static Traced moved(const Traced& a, const Traced& b, F f) {
    return loaded(f(stored(a), stored(b)));
  }
  static Traced select_of(const Mask& m, const Traced& a, const Traced& b) {
    if (!is_mask(a)) return select(m, tile(a), tile(b));
    return (m & mask(a)) | ((!m) & mask(b));
  }
  static Traced cast(const Traced& t, DType dtype) {
    if (is_mask(t)) return mask(t).to(dtype);
    if (dtype == i1) return tile(t) != 0;
    return tile(t).to(dtype);
  }
  static Traced compare(std::int64_t which, const Traced& x, const Traced& y) {
    const Tile a = stored(x), b = stored(y);
    switch (which) {
      case 0:
        return a == b;
      case 1:
        return a != b;
      case 2:
        return a < b;
      case 3:
        return a <= b;
      case 4:
        return a > b;
      default:
        return a >= b;
    }
  }

  Mask of_masks(const Statement& s, const Scope& scope) const {
    const Mask& a = mask(scope[s.in[0]]);
    const Dims shape = dims(program_.types[s.out[0]].shape);
    const auto b = [&]() -> const Mask& { return mask(scope[s.in[1]]); };
    switch (s.kind) {
      case Kind::bit_and:
        return a & b();
      case Kind::bit_or:
        return a | b();
      case Kind::bit_xor:
        return a ^ b();
      case Kind::logic_not:
        return !a;
      case Kind::reshape:
        return a.reshape(shape);
      case Kind::expand:
        return a.expand(shape);
      case Kind::transpose:
        if (a.shape().size() == 2 && s.numbers[0] == 1) return a.T();
        return transpose(a.to(i1), dims(s.numbers)) != 0;
      case Kind::reduce_max:
        return any(a, static_cast<int>(s.numbers[0]));
      case Kind::reduce_min:
        return all(a, static_cast<int>(s.numbers[0]));
      default:
        throw std::logic_error("a statement on masks without a rule");
    }
  }

  Tile of_tiles(const Statement& s, const Scope& scope) const {
    const Tile& a = tile(scope[s.in[0]]);
    const Dims shape = dims(program_.types[s.out[0]].shape);
    const auto b = [&]() -> const Tile& { return tile(scope[s.in[1]]); };
    const int axis = s.numbers.empty() ? 0 : static_cast<int>(s.numbers[0]);
    const bool reverse = s.numbers.size() > 1 && s.numbers[1] != 0;
    switch (s.kind) {
      case Kind::add:
        return a + b();
      case Kind::sub:
        return a - b();
      case Kind::mul:
        return a * b();
      case Kind::div:
        return a / b();
      case Kind::rem:
        return a % b();
      case Kind::cdiv:
        return cdiv(a, b());
      case Kind::min:
        return tegula::min(a, b());
      case Kind::max:
        return tegula::max(a, b());
      case Kind::bit_and:
        return a & b();
      case Kind::bit_or:
        return a | b();
      case Kind::bit_xor:
        return a ^ b();
      case Kind::shl:
        return a << b();
      case Kind::shr:
        return a >> b();
      case Kind::umulhi:
        return tegula::umulhi(a, b());
      case Kind::neg:
        return -a;
      case Kind::abs:
        return tegula::abs(a);
      case Kind::fma:
        return tegula::fma(a, b(), tile(scope[s.in[2]]));
      case Kind::rounded:
        return rounded(a);
      case Kind::sqrt:
        return tegula::sqrt(a);
      case Kind::floor:
        return tegula::floor(a);
      case Kind::ceil:
        return tegula::ceil(a);
      case Kind::reshape:
        return a.reshape(shape);
      case Kind::expand:
        return a.expand(shape);
      case Kind::transpose:
        return transpose(a, dims(s.numbers));
      case Kind::sum:
        return sum(a, axis);
      case Kind::reduce_max:
        return reduce_max(a, axis);
      case Kind::reduce_min:
        return reduce_min(a, axis);
      case Kind::cumsum:
        return cumsum(a, axis, reverse);
      case Kind::reduce_product:
        return reduce(a, axis, [](const Tile& x, const Tile& y) { return x * y; });
      case Kind::scan_last:
        return scan(
            a, axis, [](const Tile& x, const Tile& y) { return select(y == 0, x, y); }, reverse);
      default:
        throw std::logic_error("a statement on tiles without a rule");
    }
  }

  const Program& program_;
  std::vector<const TensorParameter*> tensors_;
  Tile block_, integer_, real_;
};

/// Each launch has a number of its own, so that no earlier kernel is taken for it.
struct Config {
  std::int64_t number = 0;
  int warps = 4;
};

/// The description that is being traced: the launch's number stands for it.
thread_local const Program* described = nullptr;

void random_program(const Config&, OptIn a, OptIn b, OptIn c, OptIn d, OptInOut e, OptInOut f,
                    OptInOut g, OptOut o, OptOut p, OptOut q, OptOut r, OptOut s, OptOut t,
                    I32 integer, F32 real) {
  auto [block] = grid({described->blocks});
  const std::array<const TensorParameter*, most_in + most_in_out + most_out> all = {
      &a, &b, &c, &d, &e, &f, &g, &o, &p, &q, &r, &s, &t};
  // The program's tensors of each role take the first parameters of it.
  std::size_t next[] = {0, most_in, most_in + most_in_out};
  std::vector<const TensorParameter*> tensors;
  for (const TensorArgument& tensor : described->tensors)
    tensors.push_back(all[next[static_cast<std::size_t>(tensor.role)]++]);
  Emitter(*described, std::move(tensors), block, integer, real).run();
}
const auto random_kernel =
    kernel("random_program", random_program,
           {"a", "b", "c", "d", "e", "f", "g", "o", "p", "q", "r", "s", "t", "integer", "real"})
        .field("number", &Config::number)
        .field("warps", &Config::warps);

/// The program's tensors in the device's memory.
struct Arguments {
  std::vector<Tensor> memory;
  std::array<TensorRef, most_in + most_in_out + most_out> refs;

  Arguments(const Program& program, Stream& stream) {
    std::size_t next[] = {0, most_in, most_in + most_in_out};
    for (const TensorArgument& t : program.tensors) {
      const auto size = static_cast<std::size_t>(dtype_bytes(t.dtype));
      std::vector<std::byte> bytes(static_cast<std::size_t>(t.elements) * size);
      const std::vector<Element> elements = initial_elements(t);
      for (std::size_t i = 0; i < elements.size(); ++i)
        encode(t.dtype, elements[i], &bytes[i * size]);
      memory.push_back(stream.empty(t.dtype, {t.elements}));
      memory.back().copy_from_host(bytes.data(), bytes.size());
      TensorRef ref = memory.back();
      ref.data = static_cast<std::byte*>(ref.data) + t.offset * static_cast<std::int64_t>(size);
      ref.shape = dims(t.extents);
      ref.strides = dims(t.strides);
      refs[next[static_cast<std::size_t>(t.role)]++] = ref;
    }
  }

  std::vector<std::vector<Element>> read() const {
    std::vector<std::vector<Element>> result;
    for (const Tensor& tensor : memory) {
      const auto size = static_cast<std::size_t>(dtype_bytes(tensor.dtype()));
      std::vector<std::byte> bytes(static_cast<std::size_t>(tensor.shape()[0]) * size);
      tensor.copy_to_host(bytes.data(), bytes.size());
      std::vector<Element>& elements = result.emplace_back();
      for (std::size_t i = 0; i < bytes.size(); i += size)
        elements.push_back(decoded(tensor.dtype(), &bytes[i]));
    }
    return result;
  }
};

Config next_config(const Program& program) {
  static std::int64_t number = 0;
  described = &program;
  return {++number, program.warps};
}

}  // namespace

std::vector<std::vector<Element>> launch(const Program& program, Stream& stream) {
  const Arguments arguments(program, stream);
  const auto& x = arguments.refs;
  random_kernel.with(next_config(program))
      .launch(stream, x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8], x[9], x[10], x[11],
              x[12], program.integer, program.real);
  return arguments.read();
}

void compile_to_ptx(const Program& program, Stream& stream, const std::string& architecture) {
  const Arguments arguments(program, stream);
  std::vector<KernelArgument> list(arguments.refs.begin(), arguments.refs.end());
  list.emplace_back(program.integer);
  list.emplace_back(program.real);
  const auto config = random_kernel.with(next_config(program)).config();
  (void)compiler::emit(
      random_kernel.base().trace_program(config, list), {Target::Backend::ptx, architecture},
      compiler::assemblers().empty() ? compiler::Stage::ptx : compiler::Stage::cubin);
}

}  // namespace tegula::random_programs
