// The tile dialect's classes, generated from tile_ops.td.
#pragma once

#include "compiler/ir/attributes.h"
#include "compiler/ir/interfaces.h"
#include "compiler/ir/types.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#define GET_OP_CLASSES
#include "compiler/ir/tile_ops.h.inc"
