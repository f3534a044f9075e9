// Times of work on a device, by its own events, with nothing left in the L2 cache by what came
// before.
#pragma once

#include <functional>
#include <string>

#include "tegula/device.h"

namespace tegula::bench {

struct Times {
  double median_us = 0, min_us = 0;
  int reps = 0;
};

class Timer {
 public:
  /// `flush_bytes`: how much is overwritten before each repetition, several times the L2 cache.
  Timer(Stream& stream, std::int64_t flush_bytes, int reps);

  /// Warms up, then gives the device all repetitions at once: the host runs ahead of it.
  Times measure(const std::function<void()>& call);

 private:
  Stream& stream_;
  Tensor flush_;
  int reps_;
};

/// What a copy on the device moves, in GB/s, bytes read plus bytes written; 0 where it cannot be
/// measured.
struct CopyRates {
  double kernel = 0;  ///< the best of our own
  std::string kernel_config;
  double memcpy = 0;  ///< cuMemcpyDtoDAsync
};

/// `bytes`: read plus written.
CopyRates copy_rates(Stream& stream, Timer& timer, std::int64_t bytes);

}  // namespace tegula::bench
