#include "ops/core/op_registry.h"

#include <algorithm>

namespace tegula {

OpRegistry& OpRegistry::instance() {
  static auto* const registry = new OpRegistry;  // ops may go after all other statics
  return *registry;
}

void OpRegistry::add(const OpBase* op) {
  const std::scoped_lock lock(mutex_);
  ops_.insert(op);
}

void OpRegistry::remove(const OpBase* op) {
  const std::scoped_lock lock(mutex_);
  ops_.erase(op);
}

std::vector<const OpBase*> OpRegistry::all() const {
  std::vector<const OpBase*> ops;
  {
    const std::scoped_lock lock(mutex_);
    for (const OpBase* op : ops_)
      if (op->is_described()) ops.push_back(op);
  }
  std::ranges::sort(ops, {}, [](const OpBase* op) { return op->name(); });
  return ops;
}

std::vector<const OpBase*> described_ops() {
  ops::describe_library();
  return OpRegistry::instance().all();
}

}  // namespace tegula
