// Which ops exist.
#pragma once

#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "tegula/op.h"

namespace tegula {

/// Every OpBase that is alive. An op moves while it is described, and so from object to object.
class OpRegistry {
 public:
  static OpRegistry& instance();
  void add(const OpBase* op);
  void remove(const OpBase* op);
  /// `to` stands in for `from`, once `move`, which throws nothing, has moved what it is.
  template <class F>
  void move(const OpBase* from, const OpBase* to, const F& move) noexcept {
    const std::scoped_lock lock(mutex_);
    move();
    auto node = ops_.extract(from);
    if (node.empty()) return;
    node.value() = to;
    ops_.insert(std::move(node));
  }
  /// Those that somebody can call, by name.
  std::vector<const OpBase*> all() const;

 private:
  mutable std::mutex mutex_;
  std::set<const OpBase*> ops_;
};

}  // namespace tegula

namespace tegula::ops {

/// Describes the ops of the library, which are otherwise described when they are first called.
void describe_library();

}  // namespace tegula::ops
