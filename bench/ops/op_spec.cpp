#include "bench/ops/op_spec.h"

#include <algorithm>
#include <array>
#include <bit>

#include <fmt/format.h>

namespace tegula::bench {
namespace {

using Call = std::function<void(Stream&, const Pin&)>;
using Bytes = std::int64_t;

constexpr std::int64_t head = 128;        // elements of a head, of rotary
constexpr std::int64_t positions = 2048;  // of a sequence, of rotary
constexpr std::int64_t f32_bytes = 4, i64_bytes = 8;

std::optional<ops::RowConfig> row_config(const Pin& pin) {
  const auto* config = std::get_if<ops::RowConfig>(&pin);
  return config == nullptr ? std::nullopt : std::optional(*config);
}

std::optional<ops::NormRowConfig> norm_config(const Pin& pin) {
  if (const auto* config = std::get_if<ops::NormRowConfig>(&pin)) return *config;
  if (const auto config = row_config(pin)) return ops::NormRowConfig(*config);
  return std::nullopt;
}

bool any_length(std::int64_t) { return true; }
bool whole_heads(std::int64_t n) { return n % head == 0 && n <= 256 * head; }

/// Rows of up to 16,384 columns in one tile, of all above by loops too; 4 to 128 elements a thread.
std::vector<Pin> row_configs(std::int64_t rows, std::int64_t n, bool parts) {
  const auto whole = static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(n)));
  std::vector<Pin> pins;
  for (std::int64_t bn = 256; bn <= 32768; bn *= 2) {
    if (bn > whole || (bn < whole && !parts && whole <= 8192)) continue;
    for (int r = 1; r <= 32 && r <= rows; r *= 2) {
      if (r > 1 && bn > 4096) break;
      for (int warps = 1; warps <= 32; warps *= 2) {
        const std::int64_t each = r * bn / (32 * warps);
        if (each >= 4 && each <= 128)
          pins.push_back(ops::RowConfig{r, static_cast<int>(bn), warps});
      }
    }
  }
  return pins;
}
std::vector<Pin> configs_of_rows(std::int64_t rows, std::int64_t n) {
  return row_configs(rows, n, false);
}
/// And long rows over clusters, which a device without them refuses.
std::vector<Pin> configs_of_norms(std::int64_t rows, std::int64_t n) {
  std::vector<Pin> pins = configs_of_rows(rows, n);
  if (n < 8192) return pins;
  for (const int cluster : {2, 4, 8}) {
    const auto bn =
        static_cast<int>(std::bit_ceil(static_cast<std::uint64_t>((n + cluster - 1) / cluster)));
    for (int warps = 4; warps <= 32; warps *= 2)
      if (bn / (32 * warps) >= 4 && bn / (32 * warps) <= 64)
        pins.push_back(ops::NormRowConfig(ops::RowConfig{1, bn, warps}, cluster));
  }
  return pins;
}
std::vector<Pin> configs_of_elements(std::int64_t rows, std::int64_t n) {
  std::vector<Pin> pins = row_configs(rows, n, true);
  std::erase_if(pins, [](const Pin& pin) { return std::get<ops::RowConfig>(pin).bn > 8192; });
  return pins;
}
std::vector<Pin> configs_of_rotary(std::int64_t, std::int64_t) {
  std::vector<Pin> pins;
  for (const int bs : {4, 8, 16, 32, 64})
    for (const int bh : {1, 2, 4})
      for (const int turns : {1, 4, 16})
        for (const int warps : {2, 4, 8})
          if (bs * bh * (head / 2) / (32 * warps) >= 4 && bs * bh * (head / 2) / (32 * warps) <= 64)
            pins.push_back(ops::RotaryConfig{bs, bh, turns, warps});
  return pins;
}

/// Kinds of norms: alone; with a residual stream in the dtype of x; the same with dropout; with one
/// in f32, and a bias.
enum class Norm { plain, residual, dropout, f32_residual };
constexpr float dropped = 0.1F;

template <Norm kind, auto op>
Call norm(Stream& s, DType dtype, std::int64_t rows, std::int64_t n) {
  const Tensor x = random_tensor(s, dtype, {rows, n}, 1), w = random_tensor(s, dtype, {n}, 2);
  const Tensor y = s.empty(dtype, {rows, n}), rstd = s.empty(f32, {rows});
  Tensor residual, residual_out, bias;
  if (kind != Norm::plain) {
    const DType stream_dtype = kind == Norm::f32_residual ? f32 : dtype;
    residual = random_tensor(s, stream_dtype, {rows, n}, 3);
    residual_out = s.empty(stream_dtype, {rows, n});
  }
  if (kind == Norm::f32_residual) bias = random_tensor(s, dtype, {n}, 4);
  return [=](Stream& stream, const Pin& pin) {
    op(stream, x, w,
       {.bias = bias,
        .residual = residual,
        .dropout_p = kind == Norm::dropout ? dropped : 0,
        .out = y,
        .residual_out = residual_out,
        .rstd = rstd,
        .rng = ops::RngState{.seed = 1},
        .config = norm_config(pin)});
  };
}

/// The gradients, of the sum's too where there is a residual: what comes back through the residual
/// stream is added, and passed on.
template <Norm kind, auto op, auto op_bwd>
Call norm_bwd(Stream& s, DType dtype, std::int64_t rows, std::int64_t n) {
  const Tensor x = random_tensor(s, dtype, {rows, n}, 1), w = random_tensor(s, dtype, {n}, 2);
  const Tensor dy = random_tensor(s, dtype, {rows, n}, 5), dx = s.empty(dtype, {rows, n});
  Tensor dresidual_out, dresidual;
  if (kind != Norm::plain) dresidual_out = random_tensor(s, dtype, {rows, n}, 6);
  if (kind == Norm::dropout) dresidual = s.empty(dtype, {rows, n});
  const ops::NormOut saved = op(s, x, w, {});
  const Tensor rstd = *saved.rstd, mean = saved.mean.value_or(Tensor());
  return [=](Stream& stream, const Pin& pin) {
    op_bwd(stream, dy, x, rstd, w,
           {.mean = mean,
            .dresidual_out = dresidual_out,
            .dropout_p = kind == Norm::dropout ? dropped : 0,
            .rng = ops::RngState{.seed = 1},
            .has_residual = kind != Norm::plain,
            .dx = dx,
            .dresidual = dresidual,
            .config = norm_config(pin)});
  };
}

template <auto op>
Call forward(Stream& s, DType dtype, std::int64_t rows, std::int64_t n) {
  const Tensor x = random_tensor(s, dtype, {rows, n}, 1), y = s.empty(dtype, {rows, n});
  return
      [=](Stream& stream, const Pin& pin) { op(stream, x, {.out = y, .config = row_config(pin)}); };
}
template <auto op>
Call backward(Stream& s, DType dtype, std::int64_t rows, std::int64_t n) {
  const Tensor dy = random_tensor(s, dtype, {rows, n}, 1),
               y = random_tensor(s, dtype, {rows, n}, 2);
  const Tensor dx = s.empty(dtype, {rows, n});
  return [=](Stream& stream, const Pin& pin) {
    op(stream, dy, y, {.out = dx, .config = row_config(pin)});
  };
}

Call cross_entropy(Stream& s, DType dtype, std::int64_t rows, std::int64_t n) {
  const Tensor x = random_tensor(s, dtype, {rows, n}, 1), t = random_tensor(s, i64, {rows}, 2, n);
  const Tensor loss = s.empty(f32, {rows}), lse = s.empty(f32, {rows});
  return [=](Stream& stream, const Pin& pin) {
    ops::cross_entropy(stream, x, t, {.loss = loss, .lse = lse, .config = row_config(pin)});
  };
}
Call cross_entropy_bwd(Stream& s, DType dtype, std::int64_t rows, std::int64_t n) {
  const Tensor x = random_tensor(s, dtype, {rows, n}, 1), t = random_tensor(s, i64, {rows}, 2, n);
  const Tensor dloss = random_tensor(s, f32, {rows}, 3), dx = s.empty(dtype, {rows, n});
  const Tensor lse = ops::cross_entropy(s, x, t).lse;
  return [=](Stream& stream, const Pin& pin) {
    ops::cross_entropy_bwd(stream, dloss, x, lse, t, {.out = dx, .config = row_config(pin)});
  };
}

Call swiglu(Stream& s, DType dtype, std::int64_t rows, std::int64_t n) {
  const Tensor a = random_tensor(s, dtype, {rows, n}, 1), b = random_tensor(s, dtype, {rows, n}, 2);
  const Tensor y = s.empty(dtype, {rows, n});
  return [=](Stream& stream, const Pin& pin) {
    ops::swiglu(stream, a, b, {.out = y, .config = row_config(pin)});
  };
}
Call swiglu_bwd(Stream& s, DType dtype, std::int64_t rows, std::int64_t n) {
  const Tensor a = random_tensor(s, dtype, {rows, n}, 1), b = random_tensor(s, dtype, {rows, n}, 2);
  const Tensor dy = random_tensor(s, dtype, {rows, n}, 3);
  const Tensor da = s.empty(dtype, {rows, n}), db = s.empty(dtype, {rows, n});
  return [=](Stream& stream, const Pin& pin) {
    ops::swiglu_bwd(stream, dy, a, b, {.da = da, .db = db, .config = row_config(pin)});
  };
}

Call dropout(Stream& s, DType dtype, std::int64_t rows, std::int64_t n) {
  const Tensor x = random_tensor(s, dtype, {rows, n}, 1), y = s.empty(dtype, {rows, n});
  return [=](Stream& stream, const Pin& pin) {
    ops::dropout(
        stream, x,
        {.dropout_p = 0.1F, .rng = ops::RngState{.seed = 1}, .out = y, .config = row_config(pin)});
  };
}

/// A row is one position of one batch entry, all its heads.
template <bool interleaved>
Call rotary(Stream& s, DType dtype, std::int64_t rows, std::int64_t n) {
  const std::int64_t length = std::min(rows, positions), batch = std::max(rows / length, Bytes{1});
  const Dims shape = {batch, length, n / head, head};
  const Tensor x = random_tensor(s, dtype, shape, 1), y = s.empty(dtype, shape);
  const Tensor cosine = random_tensor(s, dtype, {length, head / 2}, 2);
  const Tensor sine = random_tensor(s, dtype, {length, head / 2}, 3);
  return [=](Stream& stream, const Pin& pin) {
    ops::RotaryOptions options = {.interleaved = interleaved, .out = y};
    if (const auto* config = std::get_if<ops::RotaryConfig>(&pin)) options.config = *config;
    ops::rotary(stream, x, cosine, sine, options);
  };
}

template <int tensors>
Bytes elements(DType dtype, std::int64_t n) {
  return tensors * n * dtype_bytes(dtype);
}

/// Tensors of x's dtype, and statistics of so many bytes.
template <int tensors, Bytes statistics>
Bytes rows_and(DType dtype, std::int64_t n) {
  return elements<tensors>(dtype, n) + statistics;
}

const std::array specs = {
    OpSpec{"rms_norm_fn", "plain", rows_and<2, 4>, any_length, norm<Norm::plain, ops::rms_norm_fn>,
           configs_of_norms},
    OpSpec{"rms_norm_fn", "residual", rows_and<4, 4>, any_length,
           norm<Norm::residual, ops::rms_norm_fn>, configs_of_norms},
    OpSpec{"rms_norm_fn", "dropout", rows_and<4, 4>, any_length,
           norm<Norm::dropout, ops::rms_norm_fn>, configs_of_norms},
    OpSpec{
        "rms_norm_fn", "f32_residual_bias",
        [](DType d, std::int64_t n) { return elements<2>(d, n) + elements<2>(f32, n) + f32_bytes; },
        any_length, norm<Norm::f32_residual, ops::rms_norm_fn>, configs_of_norms},
    OpSpec{"rms_norm_fn_bwd", "plain", rows_and<3, 4>, any_length,
           norm_bwd<Norm::plain, ops::rms_norm_fn, ops::rms_norm_fn_bwd>, configs_of_norms},
    OpSpec{"rms_norm_fn_bwd", "residual", rows_and<4, 4>, any_length,
           norm_bwd<Norm::residual, ops::rms_norm_fn, ops::rms_norm_fn_bwd>, configs_of_norms},
    OpSpec{"rms_norm_fn_bwd", "dropout", rows_and<5, 4>, any_length,
           norm_bwd<Norm::dropout, ops::rms_norm_fn, ops::rms_norm_fn_bwd>, configs_of_norms},
    OpSpec{"layer_norm_fn", "plain", rows_and<2, 8>, any_length,
           norm<Norm::plain, ops::layer_norm_fn>, configs_of_norms},
    OpSpec{"layer_norm_fn_bwd", "plain", rows_and<3, 8>, any_length,
           norm_bwd<Norm::plain, ops::layer_norm_fn, ops::layer_norm_fn_bwd>, configs_of_norms},
    OpSpec{"softmax", "plain", elements<2>, any_length, forward<ops::softmax>, configs_of_rows},
    OpSpec{"softmax_bwd", "plain", elements<3>, any_length, backward<ops::softmax_bwd>,
           configs_of_rows},
    OpSpec{"log_softmax", "plain", elements<2>, any_length, forward<ops::log_softmax>,
           configs_of_rows},
    OpSpec{"log_softmax_bwd", "plain", elements<3>, any_length, backward<ops::log_softmax_bwd>,
           configs_of_rows},
    OpSpec{"cross_entropy", "plain",
           [](DType d, std::int64_t n) { return elements<1>(d, n) + i64_bytes + 2 * f32_bytes; },
           any_length, cross_entropy, configs_of_rows},
    OpSpec{"cross_entropy_bwd", "plain",
           [](DType d, std::int64_t n) { return elements<2>(d, n) + i64_bytes + 2 * f32_bytes; },
           any_length, cross_entropy_bwd, configs_of_elements},
    OpSpec{"rotary", "halves", elements<2>, whole_heads, rotary<false>, configs_of_rotary},
    OpSpec{"rotary", "interleaved", elements<2>, whole_heads, rotary<true>, configs_of_rotary},
    OpSpec{"swiglu", "plain", elements<3>, any_length, swiglu, configs_of_elements},
    OpSpec{"swiglu_bwd", "plain", elements<5>, any_length, swiglu_bwd, configs_of_elements},
    OpSpec{"dropout", "plain", elements<2>, any_length, dropout, configs_of_elements},
};

}  // namespace

std::span<const OpSpec> op_specs() { return specs; }

std::string to_string(const Pin& pin) {
  if (const auto* c = std::get_if<ops::RowConfig>(&pin))
    return fmt::format("{}x{}x{}", c->rows, c->bn, c->warps);
  if (const auto* c = std::get_if<ops::NormRowConfig>(&pin))
    return fmt::format("{}x{}x{}x{}", c->rows, c->bn, c->warps, c->cluster);
  if (const auto* c = std::get_if<ops::RotaryConfig>(&pin))
    return fmt::format("{}x{}x{}x{}", c->bs, c->bh, c->turns, c->warps);
  return "default";
}

}  // namespace tegula::bench
