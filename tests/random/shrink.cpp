#include "tests/random/shrink.h"

#include <algorithm>
#include <utility>

namespace tegula::random_programs {
namespace {

bool has_effect(const Block& block);
bool has_effect(const Statement& s) {
  if (s.kind == Kind::store || s.kind == Kind::scatter || s.kind == Kind::atomic) return true;
  return std::any_of(s.blocks.begin(), s.blocks.end(),
                     [](const Block& b) { return has_effect(b); });
}
bool has_effect(const Block& block) {
  return std::any_of(block.body.begin(), block.body.end(),
                     [](const Statement& s) { return has_effect(s); });
}

/// Only moves elements, so it may be left out without a product coming to an addition.
bool moves(const Statement& s) {
  switch (s.kind) {
    case Kind::select:
    case Kind::transpose:
    case Kind::reshape:
    case Kind::expand:
    case Kind::for_loop:
    case Kind::while_loop:
      return true;
    default:
      return false;
  }
}

void drop_unused(Program& program) {
  std::vector<bool> used(program.types.size(), false);
  const std::function<void(Block&)> sweep = [&](Block& block) {
    for (const Value v : block.yields) used[v] = true;
    std::vector<Statement> kept;
    for (std::size_t i = block.body.size(); i-- > 0;) {
      Statement& s = block.body[i];
      if (!has_effect(s) &&
          std::none_of(s.out.begin(), s.out.end(), [&](Value v) { return used[v]; }))
        continue;
      for (Block& inner : s.blocks) sweep(inner);
      for (const Value v : s.in) used[v] = true;
      kept.push_back(std::move(s));
    }
    block.body.assign(std::make_move_iterator(kept.rbegin()), std::make_move_iterator(kept.rend()));
  };
  sweep(program.body);
}

void replace_uses(Block& block, Value from, Value to) {
  std::replace(block.yields.begin(), block.yields.end(), from, to);
  for (Statement& s : block.body) {
    std::replace(s.in.begin(), s.in.end(), from, to);
    for (Block& inner : s.blocks) replace_uses(inner, from, to);
  }
}

class Shrinker {
 public:
  Shrinker(Program program, const std::function<bool(const Program&)>& fails)
      : best_(std::move(program)), fails_(fails) {}

  Program run() {
    for (bool smaller = true; std::exchange(smaller, false);) {
      for (std::size_t n = 0; n < count(best_.body); ++n)
        while (n < count(best_.body) &&
               (drop(n) || forward(n) || inline_block(n) || to_constants(n)))
          smaller = true;
      for (const auto change : {+[](Program& p) { p.warps = std::max(1, p.warps / 2); },
                                +[](Program& p) { p.blocks = 1; }}) {
        Program next = best_;
        change(next);
        if ((next.warps != best_.warps || next.blocks != best_.blocks) && fails_(next))
          best_ = std::move(next), smaller = true;
      }
    }
    return best_;
  }

 private:
  static std::size_t count(const Block& block) {
    std::size_t n = block.body.size();
    for (const Statement& s : block.body)
      for (const Block& inner : s.blocks) n += count(inner);
    return n;
  }
  /// Statement number n, counted from the last to the first; the block that it stands in.
  static Statement* find(Block& block, std::size_t& n, Block** where) {
    for (std::size_t i = block.body.size(); i-- > 0;) {
      Statement& s = block.body[i];
      *where = &block;
      if (n-- == 0) return &s;
      for (Block& inner : s.blocks)
        if (Statement* found = find(inner, n, where)) return found;
    }
    return nullptr;
  }
  static Statement* statement(Program& program, std::size_t n, Block** where = nullptr) {
    Block* block = nullptr;
    return find(program.body, n, where != nullptr ? where : &block);
  }

  /// What a reader has to look at; each step makes it less, so the steps end.
  static std::size_t weight(const Block& block) {
    std::size_t sum = 0;
    for (const Statement& s : block.body) {
      sum += s.kind == Kind::constant ? 1 : 4 + s.in.size();
      for (const Block& inner : s.blocks) sum += weight(inner);
    }
    return sum;
  }

  bool take(Program next) {
    drop_unused(next);
    if (weight(next.body) >= weight(best_.body) || !fails_(next)) return false;
    best_ = std::move(next);
    return true;
  }

  bool drop(std::size_t n) {
    Program next = best_;
    Block* block = nullptr;
    Statement* s = statement(next, n, &block);
    if (!s->out.empty()) return false;
    block->body.erase(block->body.begin() + (s - block->body.data()));
    return take(std::move(next));
  }

  /// Operands in place of results of their types.
  bool forward(std::size_t n) {
    Program next = best_;
    const Statement s = *statement(next, n);
    const bool loop = s.kind == Kind::for_loop || s.kind == Kind::while_loop;
    if (s.out.empty() || s.kind == Kind::rounded) return false;
    for (std::size_t i = 0; i < s.out.size(); ++i) {
      const DType dtype = next.types[s.out[i]].dtype;
      if ((dtype == f32 || dtype == f64) && !moves(s)) return false;
      const std::size_t carried = i + (s.kind == Kind::for_loop ? 2 : 0);
      const auto of_type = [&](Value v) { return next.types[v] == next.types[s.out[i]]; };
      const auto in = loop ? s.in.begin() + static_cast<std::ptrdiff_t>(carried)
                           : std::find_if(s.in.begin(), s.in.end(), of_type);
      if (in == s.in.end()) return false;
      replace_uses(next.body, s.out[i], *in);
    }
    return take(std::move(next));
  }

  /// The statements of a side of a branch, or of a loop's first iteration, in its place.
  bool inline_block(std::size_t n) {
    const std::size_t blocks = statement(best_, n)->blocks.size();
    for (std::size_t which = 0; which < blocks; ++which) {
      Program next = best_;
      Block* block = nullptr;
      const auto place = statement(next, n, &block) - block->body.data();
      const Statement s = block->body[static_cast<std::size_t>(place)];
      if (s.kind == Kind::while_loop && which == 0) continue;
      const Block& inner = s.blocks[which];
      block->body.erase(block->body.begin() + place);
      block->body.insert(block->body.begin() + place, inner.body.begin(), inner.body.end());
      for (std::size_t i = 0; i < inner.arguments.size(); ++i)
        // A for's operands: lower, upper, carried; its arguments: the index, carried.
        replace_uses(next.body, inner.arguments[i],
                     s.in[s.kind == Kind::for_loop && i > 0 ? i + 1 : i]);
      for (std::size_t i = 0; i < s.out.size(); ++i) {
        Value yielded = inner.yields[i];
        for (std::size_t k = 0; k < inner.arguments.size(); ++k)
          if (yielded == inner.arguments[k])
            yielded = s.in[s.kind == Kind::for_loop && k > 0 ? k + 1 : k];
        replace_uses(next.body, s.out[i], yielded);
      }
      if (take(std::move(next))) return true;
    }
    return false;
  }

  bool to_constants(std::size_t n) {
    Program next = best_;
    Block* block = nullptr;
    const auto place = statement(next, n, &block) - block->body.data();
    const Statement s = block->body[static_cast<std::size_t>(place)];
    if (s.out.empty() || s.kind == Kind::constant) return false;
    block->body.erase(block->body.begin() + place);
    for (const Value v : s.out)
      block->body.insert(block->body.begin() + place,
                         {Kind::constant, {}, {v}, {is_float(next.types[v].dtype) ? 0 : 1}, {}});
    return take(std::move(next));
  }

  Program best_;
  const std::function<bool(const Program&)>& fails_;
};

}  // namespace

Program shrunk(const Program& program, const std::function<bool(const Program&)>& fails) {
  return Shrinker(program, fails).run();
}

}  // namespace tegula::random_programs
