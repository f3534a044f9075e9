#include <cstdio>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "ops/reference/number_format.h"
#include "ops/reference/transfer.h"
#include "runtime/cache/disk_cache.h"
#include "tegula/reference.h"
#include "tools/cli/command.h"
#include "tools/cli/device_choice.h"
#include "tools/cli/explain_text.h"
#include "tools/cli/run_options.h"
#include "tools/cli/run_result.h"
#include "tools/common/standard_output.h"
#include "tools/npy/npy.h"

namespace tegula::cli {
namespace {

Tensor upload(Stream& stream, const HostTensor& host) {
  Tensor tensor = stream.empty(host.dtype, host.shape);
  tensor.copy_from_host(host.bytes.data(), host.bytes.size());
  return tensor;
}

/// Floats as float32, masks as bool.
void save(const std::string& path, const Tensor& tensor, const std::vector<double>& values) {
  const DType dtype = tensor.dtype() == DType::i1 ? DType::i1 : DType::f32;
  npy::write_file(path, {dtype, tensor.shape(), reference::encode(dtype, values)});
}

/// An op with all that it is called with.
struct Prepared {
  explicit Prepared(const OpBase& op) : call(op) {}
  OpCall call;
  HostTensors host;
  ConfigFields config;
  std::vector<std::pair<std::string, std::string>> destinations;
  std::shared_ptr<Device> device;
  SimDevice* simulator = nullptr;
  std::optional<Stream> stream;
  std::vector<Tensor> tensors;  ///< what the call's refer to
};

std::unique_ptr<Prepared> prepare(const RunOptions& options) {
  const OpBase& op = find_op(options.op);
  auto prepared = std::make_unique<Prepared>(op);
  Prepared& p = *prepared;
  p.host = read_tensors(p.call, options);
  read_params(p.call, options);
  p.config = read_config(op, options);
  p.destinations = read_destinations(op, options);
  p.device = choose_device(options.device);
  p.simulator = configure_simulator(*p.device, options);
  p.stream.emplace(p.device);
  for (const auto& [name, tensor] : p.host) {
    p.tensors.push_back(upload(*p.stream, tensor));
    p.call.set(name, p.tensors.back());
  }
  return prepared;
}

/// What the call gave, against what its reference says.
void check(const OpCall& call, const std::map<std::string, std::vector<double>>& values,
           std::vector<OutputResult>& outputs) {
  using reference::Precision;
  const std::string& op = call.op().name();
  const auto [function, factor] = reference::find(op);
  if (function == nullptr)
    usage_error("--check", fmt::format("{} has no reference", op), "", "an op that has one",
                "tegula/reference.h says how an op gets one");
  const reference::Call seen(call);
  const reference::Outputs ref64 = function(seen, Precision::fp64),
                           plain = function(seen, Precision::plain),
                           roundoff = function(seen, Precision::roundoff);
  for (OutputResult& output : outputs) {
    const std::vector<double>& got = values.at(output.name);
    const auto expected = [&](const reference::Outputs& outputs) -> const std::vector<double>& {
      const auto found = outputs.find(output.name);
      if (found == outputs.end())
        usage_error("--check", fmt::format("the reference of {} gives no {}", op, output.name));
      if (found->second.size() != got.size())
        usage_error("--check",
                    fmt::format("the reference of {} gives another number of elements of {}", op,
                                output.name),
                    std::to_string(found->second.size()), std::to_string(got.size()));
      return found->second;
    };
    if (is_float(output.dtype))
      output.accuracy = reference::compare(got, expected(ref64), expected(plain), output.dtype,
                                           factor, expected(roundoff));
    else
      output.accuracy = reference::compare(got, expected(ref64), expected(ref64), output.dtype);
  }
}

/// That of the first input that is given; without inputs that of the first output.
DType dtype_of(const OpCall& call, const HostTensors& given,
               const std::vector<std::pair<std::string, Tensor>>& outputs) {
  for (const OpTensor* input : call.inputs())
    if (const auto found = given.find(input->name); found != given.end())
      return found->second.dtype;
  return outputs.empty() ? DType::f32 : outputs.front().second.dtype();
}

int run(const RunOptions& options) {
  const std::unique_ptr<Prepared> prepared = prepare(options);
  OpCall& call = prepared->call;
  Stream& stream = *prepared->stream;
  SimDevice* const simulator = prepared->simulator;

  const runtime::LaunchRecorder recorder;
  call.run(stream, prepared->config);
  stream.synchronize();
  const std::vector<std::pair<std::string, Tensor>> outputs = call.outputs();

  RunResult result;
  result.op = call.op().name();
  result.device = prepared->device->name();
  result.dtype = dtype_of(call, prepared->host, outputs);
  for (const auto& [name, tensor] : prepared->host) result.shapes[name] = tensor.shape;
  result.launches = recorder.launches();
  result.simulator = simulator;
  result.show_counters = options.counters;
  result.checks = options.sim_checks == "all";

  std::map<std::string, std::vector<double>> values;
  for (const auto& [name, tensor] : outputs) {
    result.outputs.push_back({name, tensor.dtype(), tensor.shape(), {}});
    values[name] = reference::download(tensor);
  }
  if (options.check) check(call, values, result.outputs);
  for (const auto& [name, path] : prepared->destinations) {
    if (!values.contains(name))
      usage_error("--out", "this call gives no such output", "'" + name + "'");
    for (const auto& [output, tensor] : outputs)
      if (output == name) save(path, tensor, values.at(name));
  }

  tools::put(options.json ? to_json(result) + "\n" : to_text(result));
  if (simulator != nullptr)
    for (const SimReport& report : simulator->reports())
      std::fprintf(stderr, "tegula: %s\n", report.message.c_str());
  return result.passed() ? done : check_failed;
}

int explain_miss(const RunOptions& options) {
  const std::unique_ptr<Prepared> prepared = prepare(options);
  const runtime::KeyRecorder recorder;
  prepared->call.run(*prepared->stream, prepared->config);
  const auto& directories = cache::DiskCache::instance().directories();
  std::vector<KernelExplanation> kernels;
  for (const cache::Key& key : recorder.keys())
    kernels.push_back({key, cache::explain(key, directories)});
  tools::put(options.json ? to_json(kernels) + "\n" : to_text(kernels));
  return done;
}

std::string help_of_op_names() {
  std::vector<std::string> names;
  for (const OpBase* op : described_ops()) names.push_back(op->name());
  return "one of " + join(names);
}

/// What stands below the options: the ops, or the one that is asked about.
std::string help_of_ops(const CLI::Option& chosen) {
  const std::vector<const OpBase*> ops = described_ops();
  for (const OpBase* op : ops)
    if (chosen.count() > 0 && chosen.results().front() == op->name()) return help_of(*op);
  std::string text = "Ops ('tegula run OP --help' has tensors and parameters of one):\n";
  for (const OpBase* op : ops) text += fmt::format("  {:<18} {}\n", op->name(), op->summary());
  return text;
}

void add_command(CLI::App& app, Action& action, const char* name, const char* description,
                 int (*run)(const RunOptions&)) {
  CLI::App* command = app.add_subcommand(name, description);
  auto options = std::make_shared<RunOptions>();
  const auto list = [&](const char* name, std::vector<std::string>& target, const char* what) {
    command->add_option(name, target, what)->allow_extra_args(false);
  };
  const CLI::Option* op = command->add_option("OP", options->op, help_of_op_names())->required();
  command->footer([op] { return help_of_ops(*op); });
  list("--in", options->in, "name=FILE.npy[:DTYPE]: a tensor from a file (repeatable)");
  list("--random", options->random, "name=SHAPE:DTYPE: a random tensor (repeatable)");
  const auto seed_option = [&](const char* name, std::uint64_t& target, const char* what) {
    const auto parse = [options, name, &target](const std::string& text) {
      target = parse_unsigned(text, name);
    };
    return command->add_option_function<std::string>(name, parse, what);
  };
  seed_option("--seed", options->seed, "of the random tensors (default 0)");
  list("--param", options->params, "name=VALUE (repeatable)");
  command->add_option("--dtype", options->dtype, "of all floating inputs that name none");
  list("--out", options->out, "name=FILE.npy: save an output as float32 (repeatable)");
  command->add_option("--device", options->device, "cuda:N, sim or sim:ARCH");
  auto* checks = command->add_option("--sim-checks", options->sim_checks, "all or none");
  auto* seed = seed_option("--sim-seed", options->sim_seed, "order of blocks and warps");
  command->add_option("--config", options->config, "name=N,...: pin the kernel's configuration");
  command->add_flag("--check", options->check, "compare with the fp64 reference; exit 1 if beyond");
  command->add_flag("--counters", options->counters, "report what the simulated run did");
  command->add_flag("--json", options->json, "one JSON object on standard output");
  command->callback([&action, options, checks, seed, run] {
    options->sim_checks_given = checks->count() > 0;
    options->sim_seed_given = seed->count() > 0;
    action = [options, run] { return run(*options); };
  });
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
  add_command(app, action, "run", "run one op on given or random tensors", run);
}

void add_explain_miss(CLI::App& cache, Action& action) {
  add_command(cache, action, "explain-miss",
              "why the cache lacks the kernels of a call; takes what run takes", explain_miss);
}

}  // namespace tegula::cli
