// Tiles that are copied to shared memory while the block does something else. Included by
// tile_ops.td.
//
// A thread copies what it will read itself, so no thread waits for another. The copies that a thread
// has issued since its last async_commit are a group; groups arrive in order.
//
// An async_copy and the async_reads of the same queue agree on view, layout, offset and slots. The
// queue begins `offset` bytes into the kernel's queues (queue_bytes_attribute of the function) and
// has `slots` slots, each for one tile; `slot` is the number of one.
#ifndef TEGULA_TILE_ASYNC
#define TEGULA_TILE_ASYNC

def Tile_Queued : DeclareOpInterfaceMethods<Tile_ScratchUser, ["scratch_use", "scratch_offset"]>;

def Tile_AsyncCopyOp : Tile_Op<"async_copy", [MemoryEffects<[MemRead, MemWrite]>, Tile_ViewAccess,
                                               Tile_Queued, Tile_Memory<["tensor_access"]>]> {
  let summary = "Begin to copy a tile of a view to a slot of a queue in shared memory";
  let description = [{
    The coordinates are as tile.load's; elements outside the tensor become 0 in the slot. `tile` is
    the type that will be read. `cached`: by way of the L1 cache.
    ```mlir
    tile.async_copy %x[%r, %j] full [true, true] slot %s of 2 offset 0
        : !tile.view<...> -> tensor<1x1024xf32, #layout>
    ```
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<I32>:$coordinates, DenseBoolArrayAttr:$full,
                       I32:$slot, I32Attr:$slots, I64Attr:$offset, TypeAttrOf<Tile_AnyTile>:$tile,
                       UnitAttr:$cached);
  let assemblyFormat = [{
    $view `[` $coordinates `]` `full` $full `slot` $slot `of` $slots `offset` $offset
    (`cached` $cached^)? attr-dict `:` type($view) `->` $tile
  }];
  let hasVerifier = 1;
}

def Tile_AsyncCommitOp : Tile_Op<"async_commit", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "What the thread has begun to copy since the last one is a group";
  let assemblyFormat = "attr-dict";
}

def Tile_AsyncWaitOp : Tile_Op<"async_wait", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "Wait until all groups but the last `pending` have arrived";
  let arguments = (ins I32Attr:$pending);
  let assemblyFormat = "$pending attr-dict";
  let hasVerifier = 1;
}

def Tile_AsyncReadOp : Tile_Op<"async_read", [MemoryEffects<[MemRead]>, Tile_ViewAccess, Tile_Queued]> {
  let summary = "Take a tile out of a slot, as tile.load would have loaded it";
  let description = [{
    View, coordinates and `full` are those of the async_copy: they say where the padding is.
    ```mlir
    %t = tile.async_read %x[%r, %j] full [true, true] slot %s of 2 offset 0
        : !tile.view<...> -> tensor<1x1024xf32, #layout>
    ```
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<I32>:$coordinates, DenseBoolArrayAttr:$full,
                       I32:$slot, I32Attr:$slots, I64Attr:$offset);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = [{
    $view `[` $coordinates `]` `full` $full `slot` $slot `of` $slots `offset` $offset attr-dict `:`
    type($view) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif  // TEGULA_TILE_ASYNC
