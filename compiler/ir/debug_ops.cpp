// Operations for debugging a kernel.
#include "compiler/ir/dialect.h"
#include "compiler/ir/scratch.h"

using namespace mlir;

namespace tegula::tile {

LogicalResult PrintOp::verify() {
  constexpr std::size_t most = 4;
  if (getValues().size() > most)
    return emitOpError() << "has " << getValues().size() << " values, more than " << most;
  return success();
}

std::int64_t PrintOp::scratch_bytes() {
  std::int64_t bytes = 0;
  for (Value value : getValues())
    if (is_tile(value)) bytes += printed_bytes(value.getType());
  return bytes;
}

}  // namespace tegula::tile
