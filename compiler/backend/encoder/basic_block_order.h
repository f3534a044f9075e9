// The order of basic blocks in an image.
#pragma once

#include <vector>

namespace llvm {
class BasicBlock;
class Function;
}  // namespace llvm

namespace tegula::compiler {

/// Reverse post-order with every loop contiguous, so that the lowest instruction at which lanes
/// wait is where diverged lanes reconverge.
std::vector<const llvm::BasicBlock*> basic_block_order(const llvm::Function& function);

}  // namespace tegula::compiler
