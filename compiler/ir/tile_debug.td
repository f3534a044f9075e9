// Operations for debugging a kernel. Included by tile_ops.td.
#ifndef TEGULA_TILE_DEBUG
#define TEGULA_TILE_DEBUG

def Tile_PrintOp : Tile_Op<"print", [MemoryEffects<[MemRead, MemWrite]>, Tile_BlockScratch]> {
  let summary = "One thread of the block prints a line";
  let description = [{
    In the text `{}` stands for a value, `{u}` for an integer without sign, `{{` and `}}` for the
    braces themselves. Of a tile the first elements are printed, in row-major order.
    ```mlir
    tile.print "row {} holds {}" %r, %t : i32, tensor<8xf32>
    ```
  }];
  let arguments = (ins StrAttr:$text, Variadic<AnyTypeOf<[Tile_AnyTile, Tile_AnyScalar]>>:$values);
  let assemblyFormat = "$text ($values^ `:` type($values))? attr-dict";
  let hasVerifier = 1;
}

def Tile_AssertOp : Tile_Op<"assert", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "The launch fails with the text unless every element is true";
  let arguments = (ins AnyTypeOf<[I1, RankedTensorOf<[I1]>]>:$mask, StrAttr:$text);
  let assemblyFormat = "$mask $text attr-dict `:` type($mask)";
}

#endif  // TEGULA_TILE_DEBUG
