// The order of basic blocks in an image.
#pragma once

#include <vector>

namespace llvm {
class BasicBlock;
class Function;
}  // namespace llvm

namespace tegula::compiler {

/// Reverse post-order with every loop in one piece, so that the lowest waiting instruction is
/// where lanes that went separate ways meet again.
std::vector<const llvm::BasicBlock*> block_order(const llvm::Function& function);

}  // namespace tegula::compiler
