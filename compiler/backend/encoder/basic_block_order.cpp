#include "compiler/backend/encoder/basic_block_order.h"

#include <algorithm>

#include "llvm/ADT/STLExtras.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/Dominators.h"

namespace tegula::compiler {

std::vector<const llvm::BasicBlock*> basic_block_order(const llvm::Function& function) {
  llvm::DominatorTree dominators(const_cast<llvm::Function&>(function));
  llvm::LoopInfo loops(dominators);
  std::vector<const llvm::BasicBlock*> order;
  llvm::DenseMap<const llvm::BasicBlock*, bool> seen;
  const auto visit_block = [&](const auto& self, const llvm::BasicBlock* block) -> void {
    seen[block] = true;
    llvm::SmallVector<const llvm::BasicBlock*> next(llvm::successors(block));
    const llvm::Loop* loop = loops.getLoopFor(block);
    // Post-order is reversed below: blocks that leave the loop are visited first to come last.
    llvm::stable_sort(next, [&](const auto* a, const auto* b) {
      return (loop != nullptr && !loop->contains(a)) > (loop != nullptr && !loop->contains(b));
    });
    for (const llvm::BasicBlock* successor : next)
      if (!seen.contains(successor)) self(self, successor);
    order.push_back(block);
  };
  visit_block(visit_block, &function.getEntryBlock());
  std::reverse(order.begin(), order.end());
  return order;
}

}  // namespace tegula::compiler
