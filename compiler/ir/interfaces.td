// The rules that an operation states itself, so that no pass has to name it. Included by tile_ops.td.
#ifndef TEGULA_TILE_INTERFACES
#define TEGULA_TILE_INTERFACES

include "mlir/IR/OpBase.td"

def Tile_LayoutRules : OpInterface<"LayoutRules"> {
  let description = [{
    How layouts pass through an operation, whose tiles are its results and operands of tile type.
    Without methods of its own it is elementwise: all its tiles have one layout. An operation that
    is not, but needs no more than a layout for its operands or one for its results, says those
    two; the rest follows from them. Operations of other dialects are elementwise.
  }];
  let cppNamespace = "::tegula::tile";
  let methods = [
    InterfaceMethod<[{
      The layout that the operands have, without moving data, where the first result has `result`;
      nothing if the operands decide.
    }], "std::optional<::tegula::layout::Distributed>", "operand_layout",
    (ins "const ::tegula::layout::Distributed &":$result), "", "return result;">,
    InterfaceMethod<[{
      The layout that the results have, without moving data, where the first operand has `operand`;
      nothing if it says too little.
    }], "std::optional<::tegula::layout::Distributed>", "result_layout",
    (ins "const ::tegula::layout::Distributed &":$operand), "", "return operand;">,
    InterfaceMethod<[{
      What it costs to compute the result again in another layout: cycles of a multiprocessor for
      one register of a warp. Nothing if it cannot be, or should not.
    }], "std::optional<double>", "cycles_per_register", (ins), "", "return std::nullopt;">,
    InterfaceMethod<[{
      Tells how a layout passes from one of the tiles to another.
    }], "void", "link_layouts", (ins "::tegula::tile::LayoutLinks &":$links), "",
    "::tegula::tile::link_by_rules($_op, links);">,
    InterfaceMethod<[{
      Once every tile has a layout: converts operands to what the operation takes, and results from
      what it gives.
    }], "void", "settle_layouts", (ins "::tegula::tile::LayoutSettling &":$settling), "",
    "::tegula::tile::settle_by_rules($_op, settling);">,
  ];
}

def Tile_ScratchUser : OpInterface<"ScratchUser"> {
  let description = [{
    An operation that needs shared memory of its own, once its tiles have layouts.
  }];
  let cppNamespace = "::tegula::tile";
  let methods = [
    InterfaceMethod<"What for.", "::tegula::tile::ScratchUse", "scratch_use", (ins), "",
      "return ScratchUse::block;">,
    InterfaceMethod<"How many bytes of its own.", "std::int64_t", "scratch_bytes", (ins), "",
      "return 0;">,
    InterfaceMethod<"Of a part of the queues: bytes behind their start.", "std::int64_t",
      "scratch_offset", (ins), "", "return 0;">,
  ];
}

def Tile_MemoryUser : OpInterface<"MemoryUser"> {
  let description = [{
    An operation that other threads of the block see: by what it does to tensors, or as a barrier.
  }];
  let cppNamespace = "::tegula::tile";
  let methods = [
    InterfaceMethod<"The tensor that it reads or writes, if any.",
      "std::optional<::tegula::tile::TensorAccess>", "tensor_access", (ins), "",
      "return std::nullopt;">,
    InterfaceMethod<"What it orders beside its own access.", "::tegula::tile::MemoryOrder",
      "memory_order", (ins), "", "return MemoryOrder::relaxed;">,
    InterfaceMethod<"Whether all threads of the block meet before it goes on.", "bool",
      "joins_block", (ins), "", "return false;">,
  ];
}

def Tile_ViewAccess : OpInterface<"ViewAccess"> {
  let description = [{
    An operation that touches one tile of a view.
  }];
  let cppNamespace = "::tegula::tile";
  let methods = [
    InterfaceMethod<"", "::mlir::TypedValue<::tegula::tile::ViewType>", "getView">,
    InterfaceMethod<"", "::mlir::OperandRange", "getCoordinates">,
    InterfaceMethod<"The dimensions along which no element lies outside the tensor.",
      "::llvm::ArrayRef<bool>", "getFull">,
    InterfaceMethod<"", "void", "setFull", (ins "::llvm::ArrayRef<bool>":$full)>,
  ];
}

#endif  // TEGULA_TILE_INTERFACES
