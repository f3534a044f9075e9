// The simulator as a device: memory is the host's, a launch runs to its end at once.
#include <fmt/format.h>

#include <cstdio>
#include <cstring>
#include <mutex>
#include <new>

#include "runtime/format/architecture.h"
#include "runtime/format/entry.h"
#include "runtime/sim/exec/launch.h"

namespace tegula {
namespace sim {
namespace {

constexpr std::align_val_t memory_alignment{256};
/// Between allocations, so that running over a tensor's end does not reach the next one at once.
constexpr std::size_t red_zone = 4096;
/// More than any host has; asking the allocator for it would only alarm sanitizers.
constexpr std::size_t most_bytes = std::size_t{1} << 46;
constexpr std::uint32_t max_shared_bytes = 256 << 10;

class SimKernel : public LoadedKernel {
 public:
  SimKernel(Program program, std::vector<SourceLocation> locations)
      : program(std::move(program)), locations(std::move(locations)) {}
  std::size_t bytes() const override {
    std::size_t bytes = sizeof(SimKernel) + program.bytes();
    for (const SourceLocation& location : locations)
      bytes += sizeof(SourceLocation) + location.file.capacity();
    return bytes;
  }
  const Program program;
  const std::vector<SourceLocation> locations;
};

/// Checks that the parameters of the image have the sizes that the launch record gives them: the
/// launch path packs by the record, and the simulator reads by the image.
void check_parameters(const format::Entry& entry, const format::Image& image) {
  const auto& recorded = entry.launch.parameters;
  bool same = recorded.size() == image.parameters.size();
  for (std::size_t k = 0; same && k < recorded.size(); ++k)
    same =
        dtype_bytes(recorded[k].dtype) == scalar_bytes(image.registers[image.parameters[k]].scalar);
  if (!same)
    throw Error(ErrorCode::corrupt_data,
                {.argument = image.kernel,
                 .problem = "the image's parameters are not those of the launch record"});
}

class Simulator : public SimDevice {
 public:
  Simulator(const format::Architecture& architecture, const SimOptions& options)
      : architecture_(architecture), options_(options) {}

  std::string name() const override { return fmt::format("sim:{}", architecture_.name); }
  Target target() const override { return {Target::Backend::sim, std::string(architecture_.name)}; }
  int multiprocessors() const override { return architecture_.multiprocessors; }

  void* allocate(std::size_t bytes, NativeStream) override {
    void* data = bytes > most_bytes
                     ? nullptr
                     : ::operator new(bytes + red_zone, memory_alignment, std::nothrow);
    if (data == nullptr)
      throw Error(ErrorCode::out_of_resources,
                  {.where = name(), .problem = fmt::format("cannot allocate {} bytes", bytes)});
    return data;
  }
  void deallocate(void* data, NativeStream) noexcept override {
    ::operator delete(data, memory_alignment);
  }
  void copy_to_device(void* target, const void* source, std::size_t bytes, NativeStream) override {
    if (bytes > 0) std::memcpy(target, source, bytes);
  }
  void copy_to_host(void* target, const void* source, std::size_t bytes, NativeStream) override {
    if (bytes > 0) std::memcpy(target, source, bytes);
  }

  std::shared_ptr<LoadedKernel> load(const format::Entry& entry,
                                     std::vector<SourceLocation> locations) override;
  void launch(const LoadedKernel& kernel, const LaunchCall& call) override;
  void synchronize(NativeStream) override {}

  SimOptions& options() override { return options_; }
  const SimCounters& counters() const override { return counters_; }
  const std::vector<SimReport>& reports() const override { return reports_; }
  const std::vector<SimPrint>& prints() const override { return prints_; }
  void reset_statistics() override {
    const std::lock_guard lock(mutex_);
    counters_ = {};
    reports_.clear();
    prints_.clear();
  }

 private:
  void check_call(const Program& program, const LaunchCall& call) const;
  [[noreturn]] void reject(ErrorCode code, const Program& program, std::string problem,
                           std::string got, std::string wanted) const {
    throw Error(code, {.where = name(),
                       .argument = program.kernel,
                       .problem = std::move(problem),
                       .got = std::move(got),
                       .wanted = std::move(wanted)});
  }

  const format::Architecture& architecture_;
  SimOptions options_;
  std::mutex mutex_;  ///< one launch at a time: launches share the workspaces and the statistics
  Workspaces workspaces_;
  GlobalShadow global_shadow_;
  SimCounters counters_;
  std::vector<SimReport> reports_;
  std::vector<SimPrint> prints_;
};

std::shared_ptr<LoadedKernel> Simulator::load(const format::Entry& entry,
                                              std::vector<SourceLocation> locations) {
  if (entry.payload_kind != format::PayloadKind::image)
    throw Error(ErrorCode::invalid_argument,
                {.where = name(),
                 .argument = entry.launch.function,
                 .problem = "this entry was not compiled for the simulator",
                 .got = entry.payload_kind == format::PayloadKind::cubin ? "a cubin" : "PTX",
                 .wanted = "a simulator image"});
  if (!entry.launch.tensor_maps.empty())
    throw Error(ErrorCode::unsupported,
                {.where = name(),
                 .argument = entry.launch.function,
                 .problem = "the simulator runs no kernel that takes tensor "
                            "maps",
                 .hint = "launch it on a GPU of sm_90 or newer"});
  const format::Image image = format::read_image(entry.payload);
  for (const std::string& arch : {entry.arch, image.arch})
    if (arch != architecture_.name)
      throw Error(ErrorCode::invalid_argument,
                  {.where = name(),
                   .argument = entry.launch.function,
                   .problem = "this entry was compiled for another architecture",
                   .got = arch,
                   .wanted = std::string(architecture_.name)});
  check_parameters(entry, image);
  return std::make_shared<SimKernel>(decode(image), std::move(locations));
}

void Simulator::check_call(const Program& program, const LaunchCall& call) const {
  const auto text = [](std::uint64_t n) { return fmt::format("{}", n); };
  if (call.threads != program.warps * warp_lanes)
    reject(ErrorCode::invalid_argument, program, "the number of threads does not suit the kernel",
           text(call.threads), text(program.warps * warp_lanes));
  for (std::size_t axis = 0; axis < call.grid.size(); ++axis)
    if (call.grid[axis] % program.cluster[axis] != 0)
      reject(ErrorCode::invalid_argument, program,
             fmt::format("axis {} of the grid is no multiple of the cluster's extent", axis),
             text(call.grid[axis]), fmt::format("a multiple of {}", program.cluster[axis]));
  if (call.parameters.size() != program.parameters.size())
    reject(ErrorCode::invalid_argument, program, "the number of parameters is wrong",
           text(call.parameters.size()), text(program.parameters.size()));
  if (std::uint64_t{program.shared_bytes} + call.dynamic_shared > max_shared_bytes)
    reject(ErrorCode::out_of_resources, program, "too much shared memory",
           text(std::uint64_t{program.shared_bytes} + call.dynamic_shared),
           fmt::format("at most {}", max_shared_bytes));
}

void Simulator::launch(const LoadedKernel& kernel, const LaunchCall& call) {
  const auto* loaded = dynamic_cast<const SimKernel*>(&kernel);
  if (loaded == nullptr)
    throw Error(ErrorCode::invalid_argument,
                {.where = name(), .problem = "this kernel was loaded by another device"});
  const Program& program = loaded->program;
  check_call(program, call);

  const std::lock_guard lock(mutex_);
  const SimOptions options = options_;
  const std::uint64_t blocks = std::uint64_t{call.grid[0]} * call.grid[1] * call.grid[2];
  global_shadow_.start_launch(options.checks ? call.arguments : std::span<const ArgumentRange>(),
                              program.features.global_cell, blocks);
  Launch launch{program,
                call,
                options,
                program.shared_bytes + call.dynamic_shared,
                global_shadow_,
                {},
                ArgumentRanges(call.arguments),
                Reports(program.kernel, loaded->locations),
                {}};
  run(launch, workspaces_, counters_);
  for (SimReport& report : launch.reports.take_reports()) reports_.push_back(std::move(report));
  for (SimPrint& print : launch.reports.take_prints()) {
    if (options.show_prints) std::fputs((print.text + "\n").c_str(), stdout);
    if (prints_.size() < Reports::print_limit) prints_.push_back(std::move(print));
  }
  if (options.throw_on_report) launch.reports.throw_first();
}

}  // namespace
}  // namespace sim

std::shared_ptr<SimDevice> make_sim_device(std::string_view arch, const SimOptions& options) {
  const format::Architecture* architecture = format::find_architecture(arch);
  if (architecture == nullptr)
    throw Error(ErrorCode::invalid_argument,
                {.where = "make_sim_device",
                 .argument = "arch",
                 .problem = "the simulator does not know this architecture",
                 .got = fmt::format("\"{}\"", arch),
                 .wanted = format::architecture_names()});
  return std::make_shared<sim::Simulator>(*architecture, options);
}

}  // namespace tegula
