#include <cstdio>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "ops/reference/number_format.h"
#include "ops/reference/transfer.h"
#include "runtime/cache/disk_cache.h"
#include "tools/cli/command.h"
#include "tools/cli/device_choice.h"
#include "tools/cli/explain_text.h"
#include "tools/cli/run_options.h"
#include "tools/cli/run_result.h"
#include "tools/common/standard_output.h"
#include "tools/npy/npy.h"

namespace tegula::cli {
namespace {

InputTensor upload(Stream& stream, const HostTensor& host) {
  InputTensor input{stream.empty(host.dtype, host.shape), host.values()};
  input.tensor.copy_from_host(host.bytes.data(), host.bytes.size());
  return input;
}

/// Floats as float32, masks as bool.
void save(const std::string& path, const Tensor& tensor, const std::vector<double>& values) {
  const DType dtype = tensor.dtype() == DType::i1 ? DType::i1 : DType::f32;
  npy::write_file(path, {dtype, tensor.shape(), reference::encode(dtype, values)});
}

/// An op with all that it is called with.
struct Prepared {
  const OpEntry& op;
  HostTensors host;
  OpCall call;
  std::vector<std::pair<std::string, std::string>> destinations;
  std::shared_ptr<Device> device;
  SimDevice* simulator = nullptr;
  Stream stream;
};

Prepared prepare(const RunOptions& options) {
  const OpEntry& op = find_op(options.op);
  HostTensors host = read_tensors(op, options);
  OpCall call{{}, read_params(op, options), read_config(op, options)};
  auto destinations = read_destinations(op, options);
  std::shared_ptr<Device> device = choose_device(options.device);
  SimDevice* simulator = configure_simulator(*device, options);
  Prepared prepared{op,     std::move(host), std::move(call), std::move(destinations),
                    device, simulator,       Stream(device)};
  for (const auto& [name, tensor] : prepared.host)
    prepared.call.tensors.emplace(name, upload(prepared.stream, tensor));
  return prepared;
}

int run(const RunOptions& options) {
  Prepared prepared = prepare(options);
  const OpEntry& op = prepared.op;
  const auto& [host, call, destinations, device, simulator] = std::tie(
      prepared.host, prepared.call, prepared.destinations, prepared.device, prepared.simulator);
  Stream& stream = prepared.stream;

  const runtime::LaunchRecorder recorder;
  const std::vector<Output> all = op.run(stream, call);
  stream.synchronize();
  std::vector<Output> outputs;
  for (const Output& output : all)
    if (output.given) outputs.push_back(output);

  RunResult result;
  result.op = op.name;
  result.device = device->name();
  result.dtype =
      op.tensors.empty() ? outputs.front().tensor.dtype() : host.at(op.tensors.front().name).dtype;
  for (const auto& [name, tensor] : host) result.shapes[name] = tensor.shape;
  result.launches = recorder.launches();
  result.simulator = simulator;
  result.show_counters = options.counters;
  result.checks = options.sim_checks == "all";

  std::map<std::string, std::vector<double>> values;
  for (const Output& output : outputs) {
    result.outputs.push_back({output.name, output.tensor.dtype(), output.tensor.shape(), {}});
    values[output.name] = reference::download(output.tensor);
  }
  if (options.check) {
    const std::vector<ExpectedOutput> expected = op.expect(call, all);
    for (std::size_t i = 0; i < outputs.size(); ++i)
      result.outputs[i].accuracy =
          reference::compare(values.at(outputs[i].name), expected[i].ref64, expected[i].plain,
                             outputs[i].tensor.dtype(), expected[i].factor, expected[i].roundoff);
  }
  for (const auto& [name, path] : destinations) {
    if (!values.contains(name))
      usage_error("--out", "this call gives no such output", "'" + name + "'");
    for (const Output& output : outputs)
      if (output.name == name) save(path, output.tensor, values.at(name));
  }

  tools::put(options.json ? to_json(result) + "\n" : to_text(result));
  if (simulator != nullptr)
    for (const SimReport& report : simulator->reports())
      std::fprintf(stderr, "tegula: %s\n", report.message.c_str());
  return result.passed() ? done : check_failed;
}

int explain_miss(const RunOptions& options) {
  Prepared prepared = prepare(options);
  const runtime::KeyRecorder recorder;
  prepared.op.run(prepared.stream, prepared.call);
  const auto& directories = cache::DiskCache::instance().directories();
  std::vector<KernelExplanation> kernels;
  for (const cache::Key& key : recorder.keys())
    kernels.push_back({key, cache::explain(key, directories)});
  tools::put(options.json ? to_json(kernels) + "\n" : to_text(kernels));
  return done;
}

std::string help_of_op_names() {
  std::vector<std::string> names;
  for (const OpEntry* op : op_table()) names.push_back(op->name);
  return "one of " + join(names);
}

std::string help_of_op(const OpEntry& op) {
  std::string text = fmt::format("{}: {}\n  tensors\n", op.name, op.summary);
  for (const TensorSpec& spec : op.tensors)
    text += fmt::format("    {:<17} {}{}\n", spec.name, spec.meaning,
                        spec.required ? "" : "; may be left out");
  text += fmt::format("  outputs\n    {}\n", join(op.outputs));
  if (!op.params.empty()) text += "  parameters\n";
  for (const ParamSpec& spec : op.params)
    text += fmt::format("    {:<17} {}\n", spec.name + "=" + spec.default_value, spec.meaning);
  return text + fmt::format("  config fields\n    {}\n", join(op.config_fields));
}

/// What stands below the options: the ops, or the one that is asked about.
std::string help_of_ops(const CLI::Option& chosen) {
  for (const OpEntry* op : op_table())
    if (chosen.count() > 0 && chosen.results().front() == op->name) return help_of_op(*op);
  std::string text = "Ops ('tegula run OP --help' has tensors and parameters of one):\n";
  for (const OpEntry* op : op_table()) text += fmt::format("  {:<18} {}\n", op->name, op->summary);
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
