// Operations of a cluster: blocks that run at the same time and read each other's shared memory.

def Tile_ClusterReduceOp : Tile_Op<"cluster_reduce", [MemoryEffects<[MemRead, MemWrite]>,
    SameOperandsAndResultType, Tile_LayoutRules, DeclareOpInterfaceMethods<Tile_ScratchUser, ["scratch_use", "scratch_bytes"]>, Tile_Memory<["joins_block"]>]> {
  let summary = "Combine the tiles of a cluster's blocks, element by element";
  let description = [{
    Every block of the cluster comes here and gets the same result, combined in the order of the
    blocks. Elementwise in its operand and result, as far as layouts are concerned. Other blocks may
    read this one's shared memory until the tile.cluster_wait that follows.
    ```mlir
    %s = tile.cluster_reduce sum %t over 4 : tensor<8x1xf32>
    ```
  }];
  let arguments = (ins Tile_ReduceKind:$kind, Tile_AnyTile:$value, I32Attr:$blocks);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "$kind $value `over` $blocks attr-dict `:` type($value)";
  let hasVerifier = 1;
}

def Tile_ClusterWaitOp : Tile_Op<"cluster_wait", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "The cluster's other blocks have read what they want of this one's shared memory";
  let assemblyFormat = "attr-dict";
}
