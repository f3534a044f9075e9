// bench_ops: what each op of the library reaches of the memory's speed.
//
// For each op, dtype and row length one JSON line: rows, bytes that must move, median and least
// time of many calls by the device's events with the L2 cache overwritten before each, GB/s, and
// the share of what a copy of as many bytes reaches in the same run, by our own kernel and by the
// driver. With --sweep a line for each configuration, the default's first. On the simulator times
// are the host's and say nothing: that mode is there to keep this program in order.
#include "bench/ops/bench_ops.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/ops/op_spec.h"
#include "bench/ops/options.h"
#include "bench/ops/timing.h"
#include "tegula/error.h"

namespace tegula::bench {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t gpu_flush = std::int64_t{256} << 20, sim_flush = 4096;

bool chosen(const OpSpec& spec, const std::vector<std::string>& names) {
  if (names.empty()) return true;
  const std::string full = spec.op->name() + "/" + spec.variant;
  for (const std::string& name : names)
    if (name == spec.op->name() || name == full) return true;
  return false;
}

/// Compiles on several threads what is to be measured one after the other: a thread's call makes
/// its kernel ready for all. What fails here fails there, too.
void make_ready(const std::shared_ptr<Device>& device, const OpCall& call,
                const std::vector<Pin>& pins) {
  std::atomic<std::size_t> next{0};
  std::vector<std::jthread> threads;
  const unsigned cores = std::max(1U, std::min(16U, std::thread::hardware_concurrency()));
  for (unsigned t = 0; t < cores; ++t)
    threads.emplace_back([&] {
      Stream stream = Stream::create(device);
      const std::unique_ptr<OpCall> own = call.clone();
      for (std::size_t k = next++; k < pins.size(); k = next++) {
        try {
          own->pin(stream, pins[k]);
          own->run_again(stream);
          stream.synchronize();
        } catch (const std::exception&) {
        }
      }
    });
}

/// Said already.
struct DeviceLost {};
/// What is measured from here on could not be told.
struct OutputLost {};

class Bench {
 public:
  Bench(const Options& options, std::shared_ptr<Device> device, std::ostream& out)
      : options_(options),
        out_(out),
        device_(std::move(device)),
        on_gpu_(device_->target().backend == Target::Backend::ptx),
        timer_(stream_, on_gpu_ ? gpu_flush : sim_flush, options.reps) {}

  /// How many could not be measured.
  int run() {
    const std::int64_t bytes = options_.rows > 0 ? 1 << 20 : options_.bytes;
    rates_ = copy_rates(stream_, timer_, bytes);
    write({{"copy", options_.device},
           {"arch", device_->target().arch},
           {"multiprocessors", device_->multiprocessors()},
           {"bytes", bytes},
           {"kernel_gb_per_s", rates_.kernel},
           {"kernel_config", rates_.kernel_config},
           {"memcpy_gb_per_s", rates_.memcpy}});
    for (const OpSpec& spec : op_specs())
      for (const DType dtype : options_.dtypes)
        for (const std::int64_t n : options_.lengths)
          if (chosen(spec, options_.ops) && spec.takes(n) && !out_of_time())
            measure(spec, dtype, n);
    return failed_;
  }

 private:
  void write(const Json& json) {
    if (!(out_ << json.dump() << std::endl)) throw OutputLost();
  }

  bool out_of_time() const {
    return options_.seconds > 0 && Clock::now() - start_ > std::chrono::seconds(options_.seconds);
  }

  void measure(const OpSpec& spec, DType dtype, std::int64_t n) {
    const std::int64_t each = spec.bytes_of_row(dtype, n);
    const std::int64_t rows =
        options_.rows > 0 ? options_.rows : (options_.bytes + each - 1) / each;
    Json json = {{"impl", "tegula"},           {"op", spec.op->name()}, {"variant", spec.variant},
                 {"dtype", dtype_name(dtype)}, {"rows", rows},          {"n", n},
                 {"bytes", rows * each}};
    try {
      PreparedCall prepared(spec, stream_, dtype, rows, n);
      stream_.synchronize();
      std::vector<Pin> pins = {Pin()};
      if (options_.sweep) {
        const std::vector<Pin> all = spec.configs(dtype, rows, n);
        pins.insert(pins.end(), all.begin(), all.end());
        make_ready(device_, prepared.call(), pins);
      }
      for (const Pin& pin : pins)
        if (!out_of_time()) measure(prepared.call(), pin, rows * each, json);
    } catch (const std::exception& error) {
      report(json, error);
    }
  }

  void measure(OpCall& call, const Pin& pin, std::int64_t bytes, Json json) {
    json["config"] = to_string(pin);
    try {
      call.pin(stream_, pin);
      const Times times = timer_.measure([&] { call.run_again(stream_); });
      const double rate =
          times.median_us > 0 ? static_cast<double>(bytes) / times.median_us * 1e-3 : 0;
      json["us_median"] = times.median_us;
      json["us_min"] = times.min_us;
      json["reps"] = times.reps;
      json["gb_per_s"] = rate;
      if (rates_.kernel > 0) json["share_of_copy"] = rate / rates_.kernel;
      if (rates_.memcpy > 0) json["share_of_memcpy"] = rate / rates_.memcpy;
      write(json);
    } catch (const std::exception& error) {
      // A configuration that does not fit is no failure of the sweep.
      const auto code = code_of(error);
      const bool misfit =
          code == ErrorCode::out_of_resources || code == ErrorCode::invalid_argument;
      if (!misfit || pin.empty()) report(json, error);
    }
  }

  static std::optional<ErrorCode> code_of(const std::exception& error) {
    const auto* ours = dynamic_cast<const Error*>(&error);
    return ours == nullptr ? std::nullopt : std::optional(ours->code());
  }

  /// Throws where nothing more can be had of the device, since a kernel has lost it.
  void report(Json& json, const std::exception& error) {
    ++failed_;
    json["error"] = error.what();
    write(json);
    std::fprintf(stderr, "bench_ops: %s\n", json.dump().c_str());
    if (code_of(error) == ErrorCode::device_fault) throw DeviceLost();
  }

  const Options& options_;
  std::ostream& out_;
  std::shared_ptr<Device> device_;
  bool on_gpu_;
  Stream stream_{Stream::create(device_)};
  Timer timer_;
  CopyRates rates_;
  Clock::time_point start_ = Clock::now();
  int failed_ = 0;
};

}  // namespace

int ops_main(int argc, char** argv) {
  Options options;
  std::shared_ptr<Device> device;
  try {
    options = parse_options(argc, argv);
    if (options.help) return std::fputs(usage, stdout) < 0 || std::fflush(stdout) != 0;
    device = open_device(options.device);
  } catch (const Error& error) {
    std::fprintf(stderr, "bench_ops: %s\n", error.what());
    return error.code() == ErrorCode::environment ? 3 : 2;
  }
  std::ofstream file;
  if (!options.out.empty()) file.open(options.out);
  if (!file) {
    std::fprintf(stderr, "bench_ops: %s cannot be written\n", options.out.c_str());
    return 2;
  }
  try {
    return Bench(options, device, options.out.empty() ? std::cout : file).run() == 0 ? 0 : 1;
  } catch (const DeviceLost&) {
    return 1;
  } catch (const OutputLost&) {
    std::fprintf(stderr, "bench_ops: %s cannot be written\n",
                 options.out.empty() ? "standard output" : options.out.c_str());
    return 3;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_ops: %s\n", error.what());
    return 1;
  }
}

}  // namespace tegula::bench
