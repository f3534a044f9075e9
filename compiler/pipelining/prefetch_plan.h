// Which loads of which loops are prefetched, how far ahead, and where their queues are.
#pragma once

#include <vector>

#include "compiler/ir/dialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace tegula::compiler {

struct PrefetchedLoad {
  tile::LoadOp load;
  std::int64_t offset = 0;  ///< of its queue, in bytes from the start of all queues
};

/// One loop's loads, in the order of its body. The loop steps by 1.
struct PrefetchPlan {
  mlir::scf::ForOp loop;
  int slots = 0;  ///< of each queue: how many iterations ahead
  /// Whether the kernel stores to one of the tensors, before the loop or in it.
  bool after_stores = false;
  llvm::SmallVector<PrefetchedLoad> loads;
};

struct Prefetches {
  std::vector<PrefetchPlan> plans;  ///< outer loops before inner ones
  std::int64_t queue_bytes = 0;
};

/// The rules are in prefetch_loads.h. Remarks say what is prefetched, and why a load is not.
Prefetches plan_prefetches(mlir::func::FuncOp function);

}  // namespace tegula::compiler
