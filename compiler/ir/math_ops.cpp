// Arithmetic that no other dialect has.
#include "compiler/ir/dialect.h"

using namespace mlir;

namespace tegula::tile {

std::optional<double> ApproximateOp::cycles_per_register() { return 2; }
std::optional<double> RoundedOp::cycles_per_register() { return 0.5; }

}  // namespace tegula::tile
