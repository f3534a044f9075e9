// The tile dialect: the operations of a tile kernel that arith, math and scf lack.
//
// A tile in registers is a RankedTensorType whose encoding, once layouts are assigned, is a
// #tile.layout. Scalars are plain i32, f32, ... Memory is reached through views.
#ifndef TEGULA_TILE_OPS
#define TEGULA_TILE_OPS

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/Dialect/LLVMIR/LLVMTypes.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "interfaces.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let cppNamespace = "::tegula::tile";
  let summary = "Tiles, views of tensors, and what a block does with them";
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect"];
}

//===--- Attributes and types -------------------------------------------------------------===//

def Tile_LayoutAttr : AttrDef<Tile_Dialect, "Layout"> {
  let mnemonic = "layout";
  let summary = "Which register of which lane of which warp holds which element of a tile";
  let description = [{
    A distributed linear layout (compiler/layout/distributed.h), the encoding of a tile's type.
    Each list holds one column per input bit: the row-major flat element index that the bit
    contributes by XOR.
    Example: `#tile.layout<[1, 1024], register = [1, 2, 4], lane = [8, 16, 32, 64, 128],
    warp = [256, 512]>`.
  }];
  let parameters = (ins AttrParameter<"::tegula::layout::Distributed", "",
                                      "const ::tegula::layout::Distributed &">:$distributed);
  let hasCustomAssemblyFormat = 1;
}

def Tile_ViewType : TypeDef<Tile_Dialect, "View"> {
  let mnemonic = "view";
  let summary = "A tensor in global memory, addressed tile by tile";
  let description = [{
    `shape` is the shape of one tile. `extents` and `strides` (in elements) are the tensor's; `?`
    marks one that is known only at launch. `divisors`: a power of two that divides each stride
    (0: any). `align`: of the base pointer, in bytes. Elements outside the tensor read as `pad`
    and are not stored, unless the author promised `in_bounds`. (The parameter is `pad`'s bits,
    so that types compare exactly.)
    Example: `!tile.view<1x1024xbf16, extents [?, 4096], strides [4096, 1], divisors [16, 1],
    align 16>`.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "::mlir::Type":$elementType,
                        ArrayRefParameter<"int64_t">:$extents,
                        ArrayRefParameter<"int64_t">:$strides,
                        ArrayRefParameter<"int64_t">:$divisors, "int64_t":$alignment,
                        "bool":$inBounds, "int64_t":$padBits);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    unsigned getRank() const { return getShape().size(); }
    double getPad() const;
    unsigned dynamicExtents() const;
    unsigned dynamicStrides() const;
    /// The type of a loaded tile, without a layout.
    ::mlir::RankedTensorType tileType() const;
  }];
}

def Tile_AnyTile : RankedTensorOf<[AnyFloat, AnySignlessInteger]>;
def Tile_AnyScalar : AnyTypeOf<[AnyFloat, AnySignlessInteger]>;

//===--- Operations -----------------------------------------------------------------------===//

class Tile_Op<string mnemonic, list<Trait> traits = []> : Op<Tile_Dialect, mnemonic, traits>;

/// Interfaces with the methods that an operation writes itself (interfaces.td).
class Tile_Layouts<list<string> methods> : DeclareOpInterfaceMethods<Tile_LayoutRules, methods>;
class Tile_Memory<list<string> methods> : DeclareOpInterfaceMethods<Tile_MemoryUser, methods>;
def Tile_BlockScratch : DeclareOpInterfaceMethods<Tile_ScratchUser, ["scratch_bytes"]>;
/// Layouts that pass through, and come again at no cost.
def Tile_MovesNothing : Tile_Layouts<["operand_layout", "result_layout", "cycles_per_register"]>;

def Tile_ProgramIdOp : Tile_Op<"program_id", [Pure]> {
  let summary = "The block's coordinate along a grid axis";
  let description = [{
    `bound` is the grid's extent along the axis: the result is in [0, bound). It is there for
    proofs and costs nothing.
    ```mlir
    %r = tile.program_id 0 below %rows
    ```
  }];
  let arguments = (ins I32Attr:$axis, I32:$bound);
  let results = (outs I32:$result);
  let assemblyFormat = "$axis `below` $bound attr-dict";
  let hasVerifier = 1;
}

def Tile_ViewOp : Tile_Op<"view", [Pure, AttrSizedOperandSegments]> {
  let summary = "A view of a tensor parameter";
  let description = [{
    The operands are the base pointer and the extents and strides that the type leaves open.
    ```mlir
    %x = tile.view %p extents(%rows) strides() : !tile.view<1x1024xf32, extents [?, 1024], ...>
    ```
  }];
  let arguments = (ins LLVM_AnyPointer:$pointer, Variadic<I32>:$extents, Variadic<I64>:$strides,
                       StrAttr:$argument);
  let results = (outs Tile_ViewType:$result);
  let assemblyFormat = [{
    $argument $pointer `extents` `(` $extents `)` `strides` `(` $strides `)` attr-dict `:`
    qualified(type($pointer)) `,` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_LoadOp : Tile_Op<"load", [MemoryEffects<[MemRead]>, Tile_ViewAccess,
                                   Tile_Memory<["tensor_access"]>]> {
  let summary = "Load one tile of a view";
  let description = [{
    Tile coordinates count tiles, not elements. `full[d]` says that no element of this tile lies
    outside the tensor along dimension d, so that no mask is needed there.
    ```mlir
    %t = tile.load %x[%r, %j] full [true, false] : !tile.view<...> -> tensor<1x1024xf32>
    ```
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<I32>:$coordinates, DenseBoolArrayAttr:$full);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = [{
    $view `[` $coordinates `]` `full` $full attr-dict `:` type($view) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_StoreOp : Tile_Op<"store", [MemoryEffects<[MemWrite]>, Tile_ViewAccess,
                                     Tile_Memory<["tensor_access"]>]> {
  let summary = "Store one tile of a view";
  let arguments = (ins Tile_AnyTile:$value, Tile_ViewType:$view, Variadic<I32>:$coordinates,
                       DenseBoolArrayAttr:$full);
  let assemblyFormat = [{
    $value `,` $view `[` $coordinates `]` `full` $full attr-dict `:` type($value) `,` type($view)
  }];
  let hasVerifier = 1;
}

def Tile_GatherOp : Tile_Op<"gather", [MemoryEffects<[MemRead]>,
                                       AllTypesMatch<["other", "result"]>, Tile_LayoutRules,
                                       Tile_Memory<["tensor_access"]>]> {
  let summary = "Load the element at each offset";
  let description = [{
    Offsets are in elements from the pointer. Where the mask is false nothing is read and the result
    is `other`. Elementwise in its operands and result.
    ```mlir
    %t = tile.gather %p[%offsets] mask %m else %o : !llvm.ptr<1>, tensor<64xi64> -> tensor<64xf32>
    ```
  }];
  let arguments = (ins LLVM_AnyPointer:$pointer, RankedTensorOf<[I64]>:$offsets,
                       RankedTensorOf<[I1]>:$mask, Tile_AnyTile:$other);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = [{
    $pointer `[` $offsets `]` `mask` $mask `:` type($mask) `else` $other attr-dict `:`
    qualified(type($pointer)) `,` type($offsets) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_ScatterOp : Tile_Op<"scatter", [MemoryEffects<[MemWrite]>, Tile_LayoutRules,
                                         Tile_Memory<["tensor_access"]>]> {
  let summary = "Store an element at each offset";
  let description = [{
    As tile.gather. Where several elements have one offset, one of them is left there.
  }];
  let arguments = (ins Tile_AnyTile:$value, LLVM_AnyPointer:$pointer,
                       RankedTensorOf<[I64]>:$offsets, RankedTensorOf<[I1]>:$mask);
  let assemblyFormat = [{
    $value `,` $pointer `[` $offsets `]` `mask` $mask `:` type($mask) attr-dict `:` type($value)
    `,` qualified(type($pointer)) `,` type($offsets)
  }];
  let hasVerifier = 1;
}

def Tile_BarrierOp : Tile_Op<"barrier", [MemoryEffects<[MemRead, MemWrite]>,
                                         Tile_Memory<["joins_block"]>]> {
  let summary = "All threads of the block arrive; what they wrote before is seen after";
  let assemblyFormat = "attr-dict";
}

def Tile_NumProgramsOp : Tile_Op<"num_programs", [Pure]> {
  let summary = "The grid's extent along an axis";
  let arguments = (ins I32Attr:$axis);
  let results = (outs I32:$result);
  let assemblyFormat = "$axis attr-dict";
  let hasVerifier = 1;
}

def Tile_IotaOp : Tile_Op<"iota", [Pure, Tile_Layouts<["cycles_per_register"]>]> {
  let summary = "0, 1, ..., n-1";
  let results = (outs RankedTensorOf<[I32]>:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_SplatOp : Tile_Op<"splat", [Pure, Tile_Layouts<["cycles_per_register"]>]> {
  let summary = "A tile with one value everywhere";
  let arguments = (ins Tile_AnyScalar:$value);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "$value attr-dict `:` type($value) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_ToScalarOp : Tile_Op<"to_scalar", [Pure]> {
  let summary = "The one element of a tile, in every thread";
  let arguments = (ins Tile_AnyTile:$value);
  let results = (outs Tile_AnyScalar:$result);
  let assemblyFormat = "$value attr-dict `:` type($value) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_BroadcastOp : Tile_Op<"broadcast", [Pure, Tile_MovesNothing]> {
  let summary = "Repeat a tile along its extents of 1";
  let arguments = (ins Tile_AnyTile:$value);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "$value attr-dict `:` type($value) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_TransposeOp : Tile_Op<"transpose", [Pure, Tile_MovesNothing]> {
  let summary = "Permute the axes: axis i of the result was axis permutation[i]";
  let arguments = (ins Tile_AnyTile:$value, DenseI32ArrayAttr:$permutation);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "$value $permutation attr-dict `:` type($value) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_JoinOp : Tile_Op<"join", [Pure, AllTypesMatch<["first", "second"]>, Tile_Layouts<[
    "operand_layout", "result_layout", "link_layouts", "settle_layouts"]>]> {
  let summary = "Two tiles side by side along a new last axis";
  let arguments = (ins Tile_AnyTile:$first, Tile_AnyTile:$second);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "$first `,` $second attr-dict `:` type($first) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_SplitOp : Tile_Op<"split", [Pure, AllTypesMatch<["first", "second"]>, Tile_Layouts<[
    "operand_layout", "result_layout"]>]> {
  let summary = "The two halves of a tile along its last axis, of extent 2";
  let arguments = (ins Tile_AnyTile:$value);
  let results = (outs Tile_AnyTile:$first, Tile_AnyTile:$second);
  let assemblyFormat = "$value attr-dict `:` type($value) `->` type($first)";
  let hasVerifier = 1;
}

def Tile_ReshapeOp : Tile_Op<"reshape", [Pure, Tile_MovesNothing]> {
  let summary = "The same elements in row-major order under another shape";
  let arguments = (ins Tile_AnyTile:$value);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "$value attr-dict `:` type($value) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_Approximation : I32EnumAttr<"Approximation", "a function that the hardware approximates",
    [I32EnumAttrCase<"rsqrt", 0>, I32EnumAttrCase<"ex2", 1>, I32EnumAttrCase<"lg2", 2>]> {
  let cppNamespace = "::tegula::tile";
}

/// Vectors: what a combination becomes when it is lowered.
def Tile_F32Like : AnyTypeOf<[F32, RankedTensorOf<[F32]>, VectorOfNonZeroRankOf<[F32]>]>;

def Tile_ApproximateOp : Tile_Op<"approximate", [Pure, SameOperandsAndResultType,
                                                 Tile_Layouts<["cycles_per_register"]>]> {
  let summary = "One of the hardware's approximations, elementwise, f32";
  let description = [{
    PTX's `rsqrt.approx.f32`, `ex2.approx.f32`, `lg2.approx.f32`, subnormals kept. What expand-math builds functions from.
    ```mlir
    %y = tile.approximate ex2 %x : tensor<1x256xf32>
    ```
  }];
  let arguments = (ins Tile_Approximation:$kind, Tile_F32Like:$value);
  let results = (outs Tile_F32Like:$result);
  let assemblyFormat = "$kind $value attr-dict `:` type($value)";
}

def Tile_F32OrF64Like : AnyTypeOf<[F32, F64, RankedTensorOf<[F32, F64]>,
                                   VectorOfNonZeroRankOf<[F32, F64]>]>;

def Tile_RoundedOp : Tile_Op<"rounded", [Pure, SameOperandsAndResultType,
                                         Tile_Layouts<["cycles_per_register"]>]> {
  let summary = "Its operand, which as a product is not fused into a sum, elementwise";
  let description = [{
    ```mlir
    %y = tile.rounded %x : tensor<1x256xf32>
    ```
  }];
  let arguments = (ins Tile_F32OrF64Like:$value);
  let results = (outs Tile_F32OrF64Like:$result);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def Tile_ReduceKind : I32EnumAttr<"ReduceKind", "how elements are combined",
    [I32EnumAttrCase<"sum", 0>, I32EnumAttrCase<"min", 1>, I32EnumAttrCase<"max", 2>,
     I32EnumAttrCase<"bit_and", 3>, I32EnumAttrCase<"bit_or", 4>, I32EnumAttrCase<"bit_xor", 5>,
     I32EnumAttrCase<"umin", 6>, I32EnumAttrCase<"umax", 7>]> {
  let cppNamespace = "::tegula::tile";
}

def Tile_ReduceOp : Tile_Op<"reduce", [Pure, Tile_BlockScratch, Tile_Layouts<["operand_layout", "result_layout"]>]> {
  let summary = "Combine the elements along an axis; the axis stays, with extent 1";
  let description = [{
    f16 and bf16 are combined in f32 and rounded once. `min` and `max` of floats give NaN if any
    element is; of integers they are signed, `umin` and `umax` unsigned. The order is fixed by the layout: registers
    first, then lanes, then warps.
    ```mlir
    %s = tile.reduce sum %t axis 1 : tensor<4x256xf32> -> tensor<4x1xf32>
    ```
  }];
  let arguments = (ins Tile_ReduceKind:$kind, Tile_AnyTile:$value, I32Attr:$axis);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "$kind $value `axis` $axis attr-dict `:` type($value) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_ReduceWithOp : Tile_Op<"reduce_with", [Pure, IsolatedFromAbove, SingleBlock, Tile_BlockScratch,
                                                Tile_Layouts<["operand_layout", "result_layout",
                                                              "link_layouts", "settle_layouts"]>]> {
  let summary = "Combine the elements of several tiles along an axis by a function of the author's";
  let description = [{
    The region takes the scalars of two sets of elements, all of the left one first, and yields those of the
    combination, which must be associative and commutative. The axis stays, with extent 1. Layouts:
    one for all operands, and its reduced(axis) for the results. The order is fixed by the layout:
    registers first, then lanes, then warps.
    ```mlir
    %p = tile.reduce_with %t axis 1 : tensor<4x256xf32> -> tensor<4x1xf32> {
    ^bb0(%a: f32, %b: f32):
      %c = arith.mulf %a, %b : f32
      tile.yield %c : f32
    }
    ```
  }];
  let arguments = (ins Variadic<Tile_AnyTile>:$values, I32Attr:$axis);
  let results = (outs Variadic<Tile_AnyTile>:$results);
  let regions = (region SizedRegion<1>:$combination);
  let assemblyFormat = [{
    $values `axis` $axis attr-dict `:` type($values) `->` type($results) $combination
  }];
  let hasVerifier = 1;
}

def Tile_ScanWithOp : Tile_Op<"scan_with", [Pure, IsolatedFromAbove, SingleBlock, Tile_BlockScratch,
                                            Tile_Layouts<["settle_layouts"]>]> {
  let summary = "Inclusive prefixes along an axis, by a function of the author's";
  let description = [{
    Element i of the results combines the elements 0 to i of the axis, or i to the last if
    `reverse`. The region is as tile.reduce_with's; it must be associative, and its left side stands
    for the elements nearer to where the scan starts. One layout for operands and results.
    ```mlir
    %s = tile.scan_with %t axis 1 reverse : tensor<4x256xf32> -> tensor<4x256xf32> {
    ^bb0(%a: f32, %b: f32):
      %c = arith.addf %a, %b : f32
      tile.yield %c : f32
    }
    ```
  }];
  let arguments = (ins Variadic<Tile_AnyTile>:$values, I32Attr:$axis, UnitAttr:$reverse);
  let results = (outs Variadic<Tile_AnyTile>:$results);
  let regions = (region SizedRegion<1>:$combination);
  let assemblyFormat = [{
    $values `axis` $axis (`reverse` $reverse^)? attr-dict `:` type($values) `->` type($results)
    $combination
  }];
  let hasVerifier = 1;
}

def Tile_YieldOp : Tile_Op<"yield", [Pure, Terminator, ParentOneOf<["ReduceWithOp", "ScanWithOp"]>]> {
  let summary = "What a combination gives";
  let arguments = (ins Variadic<Tile_AnyScalar>:$values);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

def Tile_ConvertLayoutOp : Tile_Op<"convert_layout", [Pure, Tile_BlockScratch]> {
  let summary = "The same tile in another layout";
  let arguments = (ins Tile_AnyTile:$value);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "$value attr-dict `:` type($value) `->` type($result)";
  let hasVerifier = 1;
}

include "tile_atomics.td"
include "tile_async.td"
include "tile_cluster.td"
include "tile_debug.td"

#endif  // TEGULA_TILE_OPS
