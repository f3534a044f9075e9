// Rotary position embedding.
#pragma once

#include <cstdint>
#include <optional>

#include "tegula/device.h"
#include "tegula/tensor.h"

#pragma GCC visibility push(default)
namespace tegula::ops {

/// How the rotary kernel is cut: a block of `warps` warps takes `bs` positions of `turns` times
/// `bh` heads of one batch entry, one tile of bs by bh after the other, with one load of cos and
/// sin for all turns. bs, bh and warps are powers of two, warps at most 32, turns at most 64.
struct RotaryConfig {
  int bs = 16;
  int bh = 1;
  int turns = 4;
  int warps = 4;
};

/// The configuration that rotary uses unless one is pinned: positions enough that a thread has 8
/// pairs of a head to rotate, heads in their place where positions are few, up to 4 turns.
RotaryConfig choose_rotary_config(std::int64_t positions, std::int64_t heads, std::int64_t pairs);

struct RotaryOptions {
  bool interleaved = false;                 ///< pairs are neighbours (GPT-J), not halves (GPT-NeoX)
  bool inverse = false;                     ///< rotate by the opposite angle
  std::int64_t seqlen_offset = 0;           ///< the position of x's first element in the tables
  TensorRef seqlen_offsets = {};            ///< int32 (b,): an offset for each batch entry, added
  std::optional<DType> out_dtype = {};      ///< of y; that of `out` if given, else that of x
  TensorRef out = {};                       ///< destination of y, shape of x; may be x itself
  std::optional<RotaryConfig> config = {};  ///< pins the kernel's configuration
};

/// Rotates pairs of the first 2 r elements of each head by the angles of their position; elements
/// beyond 2 r pass (Su et al., arXiv:2104.09864; the arguments are FlashAttention's
/// apply_rotary_emb):
///
///   y1 = x1 * cos[p] - x2 * sin[p],  y2 = x1 * sin[p] + x2 * cos[p]
///
/// p = s + seqlen_offset + seqlen_offsets[b]; element k of x1 and x2 is element k and r + k of the
/// head, or 2 k and 2 k + 1 if interleaved; inverse negates sin.
///
/// x: (b, s, h, d), f32, f16 or bf16, last stride 1, the others any. cos and sin: (t, r) with
/// 2 r <= d, f32, f16 or bf16, last stride 1. Arithmetic is f32. NaN and Inf propagate within their
/// pair. Positions that seqlen_offsets leads outside the tables pass unrotated (as in
/// FlashAttention); without it t must be at least s + seqlen_offset. Nothing to do: succeeds,
/// launches nothing. The destination may be x, element on element, and overlaps no input otherwise.
///
/// Throws Error{invalid_argument} before anything is launched, naming the argument: rank, shape,
/// dtype, stride, device, null pointer, offset, overlap, config.
Tensor rotary(Stream& stream, const TensorRef& x, const TensorRef& cos, const TensorRef& sin,
              const RotaryOptions& options = {});

/// The gradient: dx from dy, which is rotary() of dy with the opposite angle. Options are those of
/// the forward call; `out` is then the destination of dx, which may be dy itself.
Tensor rotary_bwd(Stream& stream, const TensorRef& dy, const TensorRef& cos, const TensorRef& sin,
                  const RotaryOptions& options = {});

}  // namespace tegula::ops
#pragma GCC visibility pop
