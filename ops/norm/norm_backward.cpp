// The norms backward: checks, destinations, three launches at the most.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "ops/common/destination.h"
#include "ops/norm/norm_call.h"
#include "runtime/tensor_checks.h"

namespace tegula::ops {
namespace {

void check_inputs(const ArgumentChecks& checks, const NormBwdCall& call) {
  const NormBwdOptions& o = call.options;
  checks.float_tensor(call.s, "s");
  if (call.s.rank() == 0) checks.fail("s", "wrong rank", "a scalar", "a tensor of shape (..., N)");
  const Dims statistics = leading(call.s.shape);
  const std::int64_t rows = element_count(statistics), n = call.s.shape.back();
  check_subsets(checks, call.extras, rows);

  Dims y = call.s.shape;
  if (call.extras.out_subset.present()) y = {call.extras.out_rows, n};
  checks.float_tensor(call.dy, "dy");
  check_norm_rows(checks, call.dy, "dy", y, "the shape of y");
  check_norm_rows(checks, o.dy1, "dy1", y, "the shape of y1");
  check_norm_rows(checks, o.dresidual_out, "dresidual_out", call.s.shape, "the shape of s");
  if (o.dy1.present() != o.weight1.present())
    checks.fail(o.dy1.present() ? "weight1" : "dy1", "the two come together",
                o.dy1.present() ? "dy1 alone" : "weight1 alone", "dy1 and weight1, or neither");
  if (o.bias1.present() && !o.weight1.present())
    checks.fail("bias1", "there is no second result it was added to", runtime::describe(o.bias1),
                "weight1 too, or no bias1");

  const auto vector = [&](const TensorRef& tensor, std::string_view name) {
    check_norm_vector(checks, tensor, name, n, "the last extent of s");
  };
  check_norm_weight(checks, call.weight, n, "the last extent of s");
  vector(o.bias, "bias");
  vector(o.weight1, "weight1");
  vector(o.bias1, "bias1");
  vector(call.extras.layerscale, "layerscale");

  const auto statistic = [&](const TensorRef& tensor, std::string_view name) {
    if (!tensor.present())
      checks.fail(name, "the tensor is absent", "no tensor",
                  fmt::format("{}:f32, what the forward gave", to_string(statistics)));
    checks.tensor_of(tensor, name, DType::f32, "as all statistics");
    checks.shape(tensor, name, statistics, "the shape of s without its last extent");
  };
  statistic(call.rstd, "rstd");
  if (call.kind == NormKind::layer)
    statistic(o.mean, "mean");
  else if (o.mean.present())
    checks.fail("mean", "an rms norm has no mean", runtime::describe(o.mean), "no tensor");
  check_rowscale(checks, o.rowscale, rows);
  if (o.rowscale.present() && o.has_x1)
    checks.fail("rowscale", "not with x1", "both", "x1, or rowscale, or neither");
}

/// The dtype of dx and dx1, and the checks of the destinations.
DType check_destinations(const ArgumentChecks& checks, const NormBwdCall& call, const Dims& x) {
  const NormBwdOptions& o = call.options;
  if (o.x_dtype && *o.x_dtype != DType::f32 && *o.x_dtype != DType::f16 &&
      *o.x_dtype != DType::bf16)
    checks.fail("x_dtype", "wrong dtype", std::string(dtype_name(*o.x_dtype)), "f32, f16 or bf16");
  if (o.x_dtype && o.dx.present()) checks.dtype(o.dx, "dx", *o.x_dtype, "x_dtype");
  const DType x_dtype =
      checks.output_dtype(o.dx, "dx", o.x_dtype, call.s.dtype, x, "the shape of x");
  const auto destination = [&](const TensorRef& given, bool has, std::string_view name, DType dtype,
                               std::string_view reason) {
    if (!given.present()) return;
    if (!has)
      checks.fail(name, "the forward had nothing that it is the gradient of",
                  runtime::describe(given),
                  fmt::format("no destination, or has_{}", name.substr(1)));
    checks.float_tensor(given, name);
    checks.shape(given, name, call.s.shape, "the shape of s");
    checks.dtype(given, name, dtype, reason);
  };
  destination(o.dresidual, o.has_residual, "dresidual", call.s.dtype, "the dtype of s");
  destination(o.dx1, o.has_x1, "dx1", x_dtype, "the dtype of dx");
  return x_dtype;
}

NormBwdTensors tensors_of(const ArgumentChecks& checks, const NormBwdCall& call) {
  const NormBwdOptions& o = call.options;
  const NormExtras& extras = call.extras;
  const auto destination = [&](const TensorRef& tensor, std::string_view name) {
    return tensor.present() ? checks.destination_rows(tensor, name) : TensorRef{};
  };
  NormBwdTensors t;
  t.dy = checks.rows(call.dy, "dy");
  t.s = checks.rows(call.s, "s");
  t.weight = checks.vector(call.weight, "weight");
  t.dy1 = rows_if(checks, o.dy1, "dy1");
  t.weight1 = vector_if(checks, o.weight1, "weight1");
  t.dresidual_out = rows_if(checks, o.dresidual_out, "dresidual_out");
  t.mean = flat_if(checks, o.mean, "mean");
  t.rstd = checks.flat(call.rstd, "rstd");
  t.rowscale = flat_if(checks, o.rowscale, "rowscale");
  t.layerscale = vector_if(checks, extras.layerscale, "layerscale");
  if (t.layerscale.present()) t.x = checks.rows(call.x, "x0");
  t.x_subset = flat_if(checks, extras.x_subset, "x0_subset");
  t.out_subset = flat_if(checks, extras.out_subset, "out_subset");
  t.dx = destination(o.dx, "dx");
  t.dresidual = destination(o.dresidual, "dresidual");
  t.dx1 = destination(o.dx1, "dx1");
  return t;
}

void check_overlaps(const ArgumentChecks& checks, const NormBwdTensors& t, const Dropout& dropout) {
  if (!t.dx.present() && !t.dresidual.present() && !t.dx1.present()) return;
  const NamedTensor outputs[] = {{t.dx, "dx"}, {t.dresidual, "dresidual"}, {t.dx1, "dx1"}};
  const NamedTensor inputs[] = {
      {t.dy, "dy"},
      {t.s, "s"},
      {t.weight, "weight"},
      {t.dy1, "dy1"},
      {t.weight1, "weight1"},
      {t.dresidual_out, "dresidual_out"},
      {t.mean, "mean"},
      {t.rstd, "rstd"},
      {t.rowscale, "rowscale"},
      {t.x, "x0"},
      {t.layerscale, "layerscale"},
      {t.x_subset, "x0_subset"},
      {t.out_subset, "out_subset"},
      {dropout.memory, "rng.memory"},
  };
  checks.disjoint(outputs, inputs);
}

/// Whether a gradient of x is the sum's gradient itself.
bool passes_through(const NormBwdCall& call, const Dropout& dropout) {
  const NormExtras& extras = call.extras;
  return !dropout.drops() && !call.options.rowscale.present() && !extras.layerscale.present() &&
         !extras.x_subset.present() && extras.rowscale_const == 1;
}

/// The gradients of the vectors, allocated.
NormBwdOut vector_gradients(Stream& stream, const NormBwdCall& call) {
  const NormBwdOptions& o = call.options;
  const auto like = [&](const TensorRef& vector) -> std::optional<Tensor> {
    if (!vector.present()) return std::nullopt;
    return stream.empty(vector.dtype, vector.shape);
  };
  NormBwdOut result;
  result.gradients.dweight = *like(call.weight);
  result.gradients.dbias = like(o.bias);
  result.gradients.dweight1 = like(o.weight1);
  result.gradients.dbias1 = like(o.bias1);
  result.dlayerscale = like(call.extras.layerscale);
  return result;
}

NormVectorGradients refs_of(const NormBwdOut& out) {
  const auto ref = [](const std::optional<Tensor>& tensor) {
    return tensor ? tensor->ref() : TensorRef{};
  };
  const NormGradients& g = out.gradients;
  return {g.dweight.ref(), ref(g.dbias), ref(g.dweight1), ref(g.dbias1), ref(out.dlayerscale)};
}

void fill_with_zeros(const Stream& stream, const NormVectorGradients& g) {
  for (const TensorRef* vector : {&g.dweight, &g.dbias, &g.dweight1, &g.dbias1, &g.dlayerscale}) {
    if (!vector->present() || vector->shape[0] == 0) continue;
    const std::vector<std::byte> zeros(
        static_cast<std::size_t>(vector->shape[0] * dtype_bytes(vector->dtype)));
    vector->device->copy_to_device(vector->data, zeros.data(), zeros.size(), stream.native());
  }
}

/// Threads of a multiprocessor that blocks of the backward kernels fill: as many as may have 128
/// registers each.
constexpr int resident_threads = 512;

/// How many blocks share the groups of rows, and so how many parts each sum has.
std::int64_t blocks_for(const Device& device, const NormConfig& c, std::int64_t rows,
                        std::int64_t n) {
  const std::int64_t groups = (rows + c.rows - 1) / c.rows, tiles = (n + c.bn - 1) / c.bn;
  const std::int64_t resident =
      std::int64_t{device.multiprocessors()} * std::max(resident_threads / (32 * c.warps), 1);
  return std::clamp<std::int64_t>(resident / tiles, 1, groups);
}

NormRowConfig choose_config(const NormBwdCall& call, std::int64_t rows, std::int64_t n,
                            bool clusters) {
  NormRowConfig config = choose_norm_bwd_config(rows, n, clusters);
  // A second result brings a weight and two sums more for each element that a thread has.
  constexpr int elements = 16;
  if (call.options.weight1.present() && config.rows * config.bn == 32 * config.warps * elements)
    config.warps = std::min(2 * config.warps, 32);
  return config;
}

}  // namespace

NormBwdOut norm_backward(Stream& stream, const NormBwdCall& call) {
  const ArgumentChecks checks(call.op, *stream.device());
  const NormBwdOptions& options = call.options;
  check_inputs(checks, call);
  Dropout dropout = check_dropout(checks, options.dropout_p, options.rng);
  dropout.scale *= call.extras.rowscale_const;
  const bool subset = call.extras.x_subset.present() || call.extras.out_subset.present();
  const Dims x_shape = call.x.present() ? call.x.shape : call.s.shape;
  const DType x_dtype = check_destinations(checks, call, x_shape);
  NormBwdTensors t = tensors_of(checks, call);
  const std::int64_t rows = t.s.shape[0], n = t.s.shape[1];
  const bool empty = rows == 0 || n == 0;
  const bool clusters = has_clusters(*stream.device());
  const NormConfig config =
      norm_config(checks,
                  {.pinned = options.config,
                   .n = n,
                   .single_rows = subset,
                   .draws = dropout.drops(),
                   .zero_centered = options.zero_centered_weight,
                   .has_clusters = clusters,
                   .arch = stream.device()->target().arch},
                  empty ? NormRowConfig{} : choose_config(call, rows, n, clusters));
  check_overlaps(checks, t, dropout);

  NormBwdOut result = vector_gradients(stream, call);
  NormGradients& g = result.gradients;
  g.dx = destination(stream, options.dx, x_dtype, x_shape);
  const bool same = passes_through(call, dropout);
  if (options.has_residual)
    g.dresidual = same && x_dtype == call.s.dtype && !options.dresidual.present()
                      ? g.dx
                      : destination(stream, options.dresidual, call.s.dtype, call.s.shape);
  if (options.has_x1)
    g.dx1 = same && !options.dx1.present()
                ? g.dx
                : destination(stream, options.dx1, x_dtype, call.s.shape);
  const NormVectorGradients vectors = refs_of(result);
  if (empty) return fill_with_zeros(stream, vectors), result;

  const auto store_to = [&](TensorRef& target, const std::optional<Tensor>& tensor,
                            std::string_view name) {
    if (!target.present() && tensor && tensor->data() != g.dx.data())
      target = checks.rows(*tensor, name);
  };
  if (!t.dx.present()) t.dx = checks.rows(g.dx, "dx");
  store_to(t.dresidual, g.dresidual, "dresidual");
  store_to(t.dx1, g.dx1, "dx1");

  const std::int64_t blocks = blocks_for(*stream.device(), config, rows, n);
  std::vector<Tensor> workspaces;  // until the launches are queued
  const auto workspace = [&](bool wanted, const Dims& shape) {
    return wanted ? workspaces.emplace_back(stream.empty(DType::f32, shape)).ref() : TensorRef{};
  };
  t.dweight_parts = workspace(true, {blocks, n});
  t.dbias_parts = workspace(vectors.dbias.present(), {blocks, n});
  t.dweight1_parts = workspace(vectors.dweight1.present(), {blocks, n});
  t.dbias1_parts = workspace(vectors.dbias1.present(), {blocks, n});
  t.dlayerscale_parts = workspace(vectors.dlayerscale.present(), {blocks, n});
  if (std::int64_t{config.bn} * config.cluster < n) {
    t.mean_gh = workspace(true, {rows});
    t.mean_g = workspace(call.kind == NormKind::layer, {rows});
    launch_norm_bwd_rows(stream, call.kind, config, t);
  }
  launch_norm_bwd(stream, call.kind, config, t, dropout);
  launch_column_sums(stream, t, vectors);
  return result;
}

NormGradients rms_norm_fn_bwd(Stream& stream, const TensorRef& dy, const TensorRef& s,
                              const TensorRef& rstd, const TensorRef& weight,
                              const NormBwdOptions& options) {
  return norm_backward(stream,
                       {"rms_norm_fn_bwd", NormKind::rms, dy, s, rstd, weight, options, {}, {}})
      .gradients;
}

NormGradients layer_norm_fn_bwd(Stream& stream, const TensorRef& dy, const TensorRef& s,
                                const TensorRef& rstd, const TensorRef& weight,
                                const NormBwdOptions& options) {
  const NormKind kind = options.is_rms_norm ? NormKind::rms : NormKind::layer;
  return norm_backward(stream, {"layer_norm_fn_bwd", kind, dy, s, rstd, weight, options, {}, {}})
      .gradients;
}

}  // namespace tegula::ops
