// Atomics. Included by tile_ops.td.
#ifndef TEGULA_TILE_ATOMICS
#define TEGULA_TILE_ATOMICS

def Tile_AtomicKind : I32EnumAttr<"AtomicKind", "what an atomic does with its value",
    [I32EnumAttrCase<"add", 0>, I32EnumAttrCase<"min", 1>, I32EnumAttrCase<"max", 2>,
     I32EnumAttrCase<"bit_and", 3>, I32EnumAttrCase<"bit_or", 4>, I32EnumAttrCase<"bit_xor", 5>,
     I32EnumAttrCase<"exchange", 6>, I32EnumAttrCase<"umin", 7>, I32EnumAttrCase<"umax", 8>]> {
  let cppNamespace = "::tegula::tile";
}

def Tile_MemoryOrder : I32EnumAttr<"MemoryOrder", "what an atomic orders beside itself",
    [I32EnumAttrCase<"relaxed", 0>, I32EnumAttrCase<"acquire", 1>, I32EnumAttrCase<"release", 2>,
     I32EnumAttrCase<"acq_rel", 3>]> {
  let cppNamespace = "::tegula::tile";
}

def Tile_MemoryScope : I32EnumAttr<"MemoryScope", "among whose threads it is atomic and orders",
    [I32EnumAttrCase<"block", 0>, I32EnumAttrCase<"device", 1>, I32EnumAttrCase<"system", 2>]> {
  let cppNamespace = "::tegula::tile";
}

class Tile_AtomicBase<string mnemonic, list<Trait> traits>
    : Tile_Op<mnemonic, !listconcat([
        MemoryEffects<[MemRead, MemWrite]>, Tile_LayoutRules, Tile_BlockScratch,
        Tile_Memory<["tensor_access", "memory_order"]>], traits)>;

def Tile_AtomicOp : Tile_AtomicBase<"atomic", [AllTypesMatch<["value", "result"]>]> {
  let summary = "Change the element at each offset indivisibly; the results are the values before";
  let description = [{
    Offsets are in elements from the pointer. Where the mask is false nothing happens and the result
    is 0. Elementwise in its operands and result; each element is changed once, however many threads
    hold it. `add` takes i32, i64 and floats, `exchange` i32, i64, f32, f64, the rest i32 and i64.
    ```mlir
    %old = tile.atomic add relaxed device %v, %p[%offsets] mask %m : tensor<64xi1> : tensor<64xi32>,
           !llvm.ptr<1>, tensor<64xi64>
    ```
  }];
  let arguments = (ins Tile_AtomicKind:$kind, Tile_MemoryOrder:$order, Tile_MemoryScope:$scope,
                       Tile_AnyTile:$value, LLVM_AnyPointer:$pointer,
                       RankedTensorOf<[I64]>:$offsets, RankedTensorOf<[I1]>:$mask);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = [{
    $kind $order $scope $value `,` $pointer `[` $offsets `]` `mask` $mask `:` type($mask) attr-dict
    `:` type($value) `,` qualified(type($pointer)) `,` type($offsets)
  }];
  let hasVerifier = 1;
}

def Tile_AtomicCasOp : Tile_AtomicBase<"atomic_cas", [
    AllTypesMatch<["expected", "value", "result"]>]> {
  let summary = "Write the value where the element equals the expected one, indivisibly";
  let description = [{
    As tile.atomic; i32 and i64.
  }];
  let arguments = (ins Tile_MemoryOrder:$order, Tile_MemoryScope:$scope,
                       RankedTensorOf<[I32, I64]>:$expected, RankedTensorOf<[I32, I64]>:$value,
                       LLVM_AnyPointer:$pointer, RankedTensorOf<[I64]>:$offsets,
                       RankedTensorOf<[I1]>:$mask);
  let results = (outs RankedTensorOf<[I32, I64]>:$result);
  let assemblyFormat = [{
    $order $scope $expected `,` $value `,` $pointer `[` $offsets `]` `mask` $mask `:` type($mask)
    attr-dict `:` type($value) `,` qualified(type($pointer)) `,` type($offsets)
  }];
  let hasVerifier = 1;
}

#endif  // TEGULA_TILE_ATOMICS
