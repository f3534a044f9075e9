// The command line of bench_ops.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tegula/dtype.h"

namespace tegula::bench {

struct Options {
  std::string device = "cuda:0", out;
  std::vector<std::string> ops;  ///< "swiglu" or "rms_norm_fn/residual"; empty: all
  std::vector<DType> dtypes = {bf16, f32};
  std::vector<std::int64_t> lengths = {256,   1024,  2048,  4096,   8192,
                                       16384, 32768, 65536, 131072, 262144};
  std::int64_t rows = 0;                       ///< 0: as many as make `bytes`
  std::int64_t bytes = std::int64_t{1} << 30;  ///< moved by a call, at least
  int reps = 30;
  int seconds = 0;  ///< begins nothing new after that long; 0: no limit
  bool sweep = false;
  bool help = false;
};

extern const char* const usage;

/// Throws Error{invalid_argument} naming the option.
Options parse_options(int argc, char** argv);

}  // namespace tegula::bench
