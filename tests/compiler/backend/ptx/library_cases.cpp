#include "tests/compiler/backend/ptx/library_cases.h"

#include <algorithm>
#include <ostream>

#include "runtime/format/architecture.h"
#include "tools/cli/specialisation.h"

namespace tegula::compiler {

void PrintTo(const LibraryCase& c, std::ostream* stream) { *stream << c.name; }

namespace {

const std::vector<LibraryCase>& recorded_cases() {
  // Two weights, dropout, x1, an f32 residual stream: four sums stay in registers.
  static const std::vector<std::string> every_gradient = {"s=64x4096:f32",
                                                          "dy=64x4096:bf16",
                                                          "weight=4096:bf16",
                                                          "dy1=64x4096:bf16",
                                                          "weight1=4096:bf16",
                                                          "dresidual_out=64x4096:f32",
                                                          "dx=64x4096:bf16",
                                                          "dresidual=64x4096:f32",
                                                          "dx1=64x4096:bf16",
                                                          "dbias_parts=132x4096:f32",
                                                          "dweight1_parts=132x4096:f32",
                                                          "dbias1_parts=132x4096:f32"};
  static const std::vector<LibraryCase> all = {
      // Every kernel at 4096 columns of bf16: its example.
      {"rms_norm_4096", "rms_norm_fwd", {}, ""},
      {"layer_norm_4096", "layer_norm_fwd", {}, ""},
      {"dropout_4096", "dropout", {}, "drops=1"},
      {"dropout_mask_4096", "dropout_mask", {}, "drops=1"},
      {"softmax_4096", "softmax_fwd", {}, ""},
      {"softmax_bwd_4096", "softmax_bwd", {}, ""},
      {"log_softmax_4096", "log_softmax_fwd", {}, ""},
      {"log_softmax_bwd_4096", "log_softmax_bwd", {}, ""},
      {"cross_entropy_4096", "cross_entropy_fwd", {}, ""},
      {"cross_entropy_bwd_4096", "cross_entropy_bwd", {}, ""},
      {"rotary_64", "rotary_fwd", {}, ""},
      {"swiglu_4096", "swiglu_fwd", {}, ""},
      {"swiglu_bwd_4096", "swiglu_bwd", {}, ""},
      // With options, other dtypes, other lengths.
      {"rms_norm_4096_residual_bias",
       "rms_norm_fwd",
       {"residual=64x4096:bf16", "bias=4096:bf16"},
       ""},
      {"rms_norm_4096_f32",
       "rms_norm_fwd",
       {"x=64x4096:f32", "weight=4096:f32", "y=64x4096:f32", "residual=64x4096:f32"},
       ""},
      {"rms_norm_1000_f16",
       "rms_norm_fwd",
       {"x=64x1000:f16", "weight=1000:f32", "y=64x1000:f16"},
       "rows=1,bn=1024,warps=4"},
      {"rms_norm_77",
       "rms_norm_fwd",
       {"x=64x77:bf16", "weight=77:bf16", "y=64x77:bf16"},
       "rows=8,bn=128,warps=4"},
      {"rms_norm_16384",
       "rms_norm_fwd",
       {"x=64x16384:bf16", "weight=16384:bf16", "y=64x16384:bf16", "residual=64x16384:bf16"},
       "rows=1,bn=16384,warps=16"},
      {"rms_norm_65536",
       "rms_norm_fwd",
       {"x=64x65536:bf16", "residual=64x65536:bf16", "bias=65536:bf16"},
       ""},
      {"rms_norm_4096_dropout",
       "rms_norm_fwd",
       {"residual=64x4096:bf16", "mask=64x4096:i1"},
       "dropout=1"},
      {"rms_norm_4096_parallel",
       "rms_norm_fwd",
       {"residual=64x4096:f32", "x1=64x4096:bf16", "weight1=4096:bf16", "bias=4096:bf16",
        "bias1=4096:bf16"},
       "dropout=1"},
      {"layer_norm_4096_dropout_f32",
       "layer_norm_fwd",
       {"x=64x4096:f32", "residual=64x4096:f32", "bias=4096:f32"},
       "dropout=1"},
      {"layer_norm_16384", "layer_norm_fwd", {"x=64x16384:bf16", "residual=64x16384:bf16"}, ""},
      {"layer_norm_65536", "layer_norm_fwd", {"x=64x65536:bf16"}, ""},
      {"softmax_16384_f32", "softmax_fwd", {"x=64x16384:f32"}, ""},
      {"softmax_65536", "softmax_fwd", {"x=64x65536:bf16"}, ""},
      {"softmax_bwd_16384", "softmax_bwd", {"dy=64x16384:bf16"}, ""},
      {"log_softmax_77", "log_softmax_fwd", {"x=64x77:bf16"}, ""},
      {"log_softmax_16384", "log_softmax_fwd", {"x=64x16384:bf16"}, ""},
      {"log_softmax_bwd_16384", "log_softmax_bwd", {"dy=64x16384:bf16"}, ""},
      {"log_softmax_bwd_65536", "log_softmax_bwd", {"dy=64x65536:bf16"}, ""},
      {"cross_entropy_16384", "cross_entropy_fwd", {"x=64x16384:bf16"}, "smoothing=1"},
      {"cross_entropy_32000_f32", "cross_entropy_fwd", {"x=64x32000:f32"}, "smoothing=1"},
      {"cross_entropy_bwd_16384", "cross_entropy_bwd", {"x=64x16384:bf16"}, ""},
      {"cross_entropy_bwd_128256", "cross_entropy_bwd", {"x=64x128256:bf16"}, ""},
      {"rotary_interleaved_48_of_128",
       "rotary_fwd",
       {"x=2x512x16x128:bf16", "cos=512x48:f32", "seqlen_offsets=2:i32"},
       "interleaved=1"},
      // Those that take the most registers: loops of constant length are unrolled.
      {"softmax_bwd_65536_f32", "softmax_bwd", {"dy=64x65536:f32"}, ""},
      {"log_softmax_bwd_65536_f32", "log_softmax_bwd", {"dy=64x65536:f32"}, ""},
      {"cross_entropy_bwd_8191_f32", "cross_entropy_bwd", {"x=64x8191:f32"}, ""},
      {"rotary_77", "rotary_fwd", {"x=2x64x8x77:f32"}, ""},
      {"swiglu_14336", "swiglu_fwd", {"a=64x14336:bf16"}, ""},
      {"swiglu_bwd_14336", "swiglu_bwd", {"a=64x14336:bf16"}, ""},
      {"rms_norm_bwd_4096", "rms_norm_bwd", {}, ""},
      {"rms_norm_bwd_4096_dropout", "rms_norm_bwd", {}, "dropout=1"},
      {"layer_norm_bwd_4096", "layer_norm_bwd", {}, ""},
      {"rms_norm_bwd_rows_4096", "rms_norm_bwd_rows", {"s=64x4096:bf16"}, "bn=4096,warps=8"},
      {"layer_norm_bwd_rows_4096", "layer_norm_bwd_rows", {"s=64x4096:bf16"}, "bn=4096,warps=8"},
      {"norm_column_sums_4096", "norm_column_sums", {}, ""},
      {"rms_norm_4096_layerscale_subset",
       "rms_norm_fwd",
       {"x=48x4096:bf16", "residual=64x4096:f32", "layerscale=4096:bf16", "x_subset=64:i32",
        "out_subset=64:i32", "residual_out=64x4096:f32", "rstd=64:f32"},
       "dropout=1"},
      {"layer_norm_bwd_4096_layerscale_subset",
       "layer_norm_bwd",
       {"s=64x4096:f32", "x=48x4096:bf16", "dx=48x4096:bf16", "layerscale=4096:bf16",
        "x_subset=64:i32", "out_subset=64:i32", "dlayerscale_parts=132x4096:f32", "rstd=64:f32",
        "mean=64:f32"},
       "dropout=1"},
      {"dropout_4096_mask_f32_state",
       "dropout",
       {"x=64x4096:f32", "mask=64x4096:i1", "state=2:i64"},
       ""},
      // Backward.
      {"layer_norm_bwd_4096_f32",
       "layer_norm_bwd",
       {"s=64x4096:f32", "dresidual_out=64x4096:f32", "dbias_parts=132x4096:f32"},
       "dropout=1"},
      {"layer_norm_bwd_4096_parallel",
       "layer_norm_bwd",
       {"weight1=4096:bf16", "dbias_parts=132x4096:f32", "dbias1_parts=132x4096:f32",
        "dx1=64x4096:bf16", "dresidual_out=64x4096:bf16"},
       "dropout=1"},
      {"rms_norm_bwd_4096_mixed",
       "rms_norm_bwd",
       {"s=64x4096:f32", "dy=64x4096:bf16", "weight=4096:bf16", "dx=64x4096:bf16",
        "dresidual=64x4096:f32", "dresidual_out=64x4096:f32"},
       "dropout=1"},
      {"rms_norm_bwd_4096_layerscale",
       "rms_norm_bwd",
       {"x=64x4096:bf16", "layerscale=4096:bf16", "dlayerscale_parts=132x4096:f32",
        "dresidual_out=64x4096:bf16", "dresidual=64x4096:bf16"},
       "dropout=1"},
      {"rms_norm_bwd_4096_all", "rms_norm_bwd", every_gradient, "dropout=1", 80, true},
      {"layer_norm_bwd_4096_all", "layer_norm_bwd", every_gradient, "dropout=1", 80, true},
      {"rms_norm_bwd_77", "rms_norm_bwd", {"s=64x77:bf16"}, ""},
      {"rms_norm_bwd_65536", "rms_norm_bwd", {"s=64x65536:bf16", "mean_gh=64:f32"}, ""},
      {"rms_norm_bwd_rows_65536", "rms_norm_bwd_rows", {"s=64x65536:bf16"}, ""},
      {"layer_norm_bwd_rows_65536", "layer_norm_bwd_rows", {"s=64x65536:bf16"}, ""},
      // Rows over a cluster.
      {"rms_norm_65536_cluster",
       "rms_norm_fwd",
       {"x=64x65536:bf16", "residual=64x65536:bf16"},
       "bn=16384,warps=16,cluster=4",
       90},
      {"layer_norm_262144_cluster",
       "layer_norm_fwd",
       {"x=64x262144:bf16", "residual=64x262144:bf16"},
       "bn=32768,warps=32,cluster=8",
       90},
      {"layer_norm_bwd_16384_cluster",
       "layer_norm_bwd",
       {"s=64x16384:bf16", "dresidual_out=64x16384:bf16", "dbias_parts=132x16384:f32"},
       "bn=4096,warps=8,cluster=4,dropout=1",
       90},
      {"dropout_77", "dropout", {"x=64x77:bf16", "mask=64x77:i1"}, ""},
  };
  return all;
}

}  // namespace

const std::vector<LibraryCase>& library_cases() {
  static const std::vector<LibraryCase> all = [] {
    std::vector<LibraryCase> cases = recorded_cases();
    for (const KernelBase* kernel : tegula::kernels())
      if (std::ranges::find(cases, kernel->name(), &LibraryCase::kernel) == cases.end())
        cases.push_back({kernel->name() + "_example", kernel->name(), {}, "", 80, false, false});
    return cases;
  }();
  return all;
}

bool is_for(const LibraryCase& c, const std::string& arch) {
  return format::compute_of(arch).value_or(0) >= c.oldest_compute;
}

Assembled assemble_case(const LibraryCase& c, const std::string& arch) {
  const cli::Specialisation specialisation = cli::specialise(c.kernel, c.bindings, c.config);
  return {specialisation.kernel->to_text(specialisation.config),
          emit(specialisation.program, {Target::Backend::ptx, arch}, Stage::cubin)};
}

}  // namespace tegula::compiler
