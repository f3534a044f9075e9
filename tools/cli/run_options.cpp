#include "tools/cli/run_options.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "ops/reference/number_format.h"
#include "tegula/error.h"
#include "tools/cli/command.h"
#include "tools/cli/random.h"
#include "tools/common/memory.h"
#include "tools/npy/npy.h"

namespace tegula::cli {
namespace {

template <class Specs>
std::vector<std::string> names_of(const Specs& specs) {
  std::vector<std::string> names;
  for (const auto& spec : specs) names.push_back(spec.name);
  return names;
}

const TensorSpec& find_tensor(const std::string& op, const std::vector<TensorSpec>& specs,
                              const std::string& name, const char* option) {
  for (const TensorSpec& spec : specs)
    if (spec.name == name) return spec;
  usage_error(option, fmt::format("{} has no such tensor", op), "'" + name + "'",
              join(names_of(specs)));
}

void add(HostTensors& tensors, const std::string& name, HostTensor tensor) {
  if (!tensors.emplace(name, std::move(tensor)).second)
    usage_error(name, "the tensor is given twice", name, "one --in or --random");
}

/// A tensor takes its values in double twice, for the reference too, and its bytes here and on the
/// device. `argument`: "--random x".
void check_memory(const std::string& argument, const Dims& shape, DType dtype) {
  const double bytes =
      static_cast<double>(element_count(shape)) * (2 * sizeof(double) + 2 * dtype_bytes(dtype));
  const double memory = tools::physical_memory();
  if (bytes <= memory) return;
  throw Error(ErrorCode::out_of_resources,
              {.argument = argument,
               .problem = "it takes more memory than this machine has",
               .got = fmt::format("{}:{}, {:.0f} bytes with its values in fp64", to_string(shape),
                                  dtype_name(dtype), bytes),
               .wanted = fmt::format("at most {:.0f} bytes", memory)});
}

/// Whether a conversion to `dtype` that gives `after` keeps `value`. To a float it may round.
bool keeps(DType dtype, double value, double after) {
  if (is_float(dtype)) return std::isfinite(after) || !std::isfinite(value);
  // What saturates at 2^63 - 1 or 2^64 - 1 is that power again in double.
  const double limit = dtype == DType::u64 ? 0x1p64 : 0x1p63;
  return value == after && value < limit;
}

HostTensor from_file(const std::string& name, const std::string& value,
                     const std::optional<DType>& default_dtype) {
  const auto [path, dtype] = parse_file(value, "--in");
  npy::Array array = npy::read_file(path);
  HostTensor tensor{array.dtype, array.shape, std::move(array.data)};
  DType wanted = array.dtype;
  if (dtype)
    wanted = *dtype;
  else if (default_dtype && is_float(array.dtype))
    wanted = *default_dtype;
  check_memory("--in " + name, tensor.shape, wanted);
  if (wanted == tensor.dtype) return tensor;

  const std::vector<double> values = tensor.values();
  tensor.bytes = reference::encode(wanted, values);
  tensor.dtype = wanted;
  const std::vector<double> converted = tensor.values();
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!keeps(wanted, values[i], converted[i]))
      usage_error("--in " + name, fmt::format("{} has no such number", dtype_name(wanted)),
                  fmt::format("{}, element {} of {}", values[i], i, path),
                  is_float(wanted) ? "finite numbers in its range" : "whole numbers in its range");
  return tensor;
}

/// `tensors`: those that are made already.
HostTensor from_random(const TensorSpec& spec, const std::string& value,
                       const std::optional<DType>& default_dtype, std::uint64_t seed,
                       const HostTensors& tensors) {
  const ShapeAndDType parsed = parse_shape(value, "--random");
  const auto dtype = parsed.dtype ? parsed.dtype : default_dtype;
  if (!dtype)
    usage_error("--random", fmt::format("no dtype for {}", spec.name), "'" + value + "'",
                "SHAPE:DTYPE, or --dtype");
  check_memory("--random " + spec.name, parsed.shape, *dtype);
  const auto count = static_cast<std::size_t>(element_count(parsed.shape));
  const auto indexed = tensors.find(spec.values.into);
  std::vector<double> values;
  if (!is_float(*dtype) && indexed != tensors.end() && !indexed->second.shape.empty() &&
      indexed->second.shape.back() > 0)
    values = random_indices(count, seed, spec.name, indexed->second.shape.back());
  else
    values = random_values(count, seed, spec.name, spec.values.kind);
  return {*dtype, parsed.shape, reference::encode(*dtype, values)};
}

OpValue parse_value(const OpParameter& parameter, const std::string& text) {
  const std::string argument = "--param " + parameter.name;
  switch (parameter.kind) {
    case OpParameter::Kind::flag:
      return parse_flag(text, argument);
    case OpParameter::Kind::integer:
      return parse_integer(text, argument);
    case OpParameter::Kind::number:
      return parse_number(text, argument);
    default:
      break;
  }
  if (text.empty()) return std::optional<DType>();
  return std::optional<DType>(parse_dtype_value(text, argument));
}

}  // namespace

std::vector<double> HostTensor::values() const { return reference::decode(dtype, bytes); }

HostTensors read_tensors(const OpCall& call, const RunOptions& options) {
  const std::string& op = call.op().name();
  const std::vector<TensorSpec> specs = tensors_of(call);
  std::optional<DType> default_dtype;
  if (!options.dtype.empty()) {
    default_dtype = parse_dtype_value(options.dtype, "--dtype");
    if (!is_float(*default_dtype))
      usage_error("--dtype", "no floating dtype", options.dtype, "f32, f16, bf16 or f64");
  }
  HostTensors tensors;
  for (const std::string& text : options.in) {
    const auto [name, value] = split_assignment(text, "--in");
    find_tensor(op, specs, name, "--in");
    add(tensors, name, from_file(name, value, default_dtype));
  }
  // Indices come last: what they index says how far they may go.
  for (const bool indices : {false, true})
    for (const std::string& text : options.random) {
      const auto [name, value] = split_assignment(text, "--random");
      const TensorSpec& spec = find_tensor(op, specs, name, "--random");
      if (indices == !spec.values.into.empty())
        add(tensors, name, from_random(spec, value, default_dtype, options.seed, tensors));
    }
  for (const TensorSpec& spec : specs)
    if (spec.required && !tensors.contains(spec.name))
      usage_error(
          spec.name, fmt::format("{} needs this tensor", op), "nothing",
          fmt::format("--in {0}=FILE.npy or --random {0}=SHAPE:DTYPE, {1}", spec.name, spec.shape));
  return tensors;
}

void read_params(OpCall& call, const RunOptions& options) {
  const std::vector<ParamSpec> specs = params_of(call);
  const std::vector<std::string> names = names_of(specs);
  std::optional<ops::RngState> rng;
  if (std::ranges::find(names, "seed") != names.end()) rng = ops::RngState{};
  std::vector<std::string> given;
  for (const std::string& text : options.params) {
    const auto [name, value] = split_assignment(text, "--param");
    if (std::ranges::find(names, name) == names.end())
      usage_error("--param",
                  fmt::format("this version's {} has no such parameter", call.op().name()),
                  "'" + name + "'", join(names));
    if (std::ranges::find(given, name) != given.end())
      usage_error("--param", "a parameter is given twice", name);
    given.push_back(name);
    if (rng && name == "seed")
      rng->seed = parse_unsigned(value, "--param seed");
    else if (rng && name == "offset")
      rng->offset = parse_unsigned(value, "--param offset");
    else
      call.set(name, parse_value(*call.find_parameter(name), value));
  }
  for (const OpParameter* parameter : call.parameters())
    if (parameter->kind == OpParameter::Kind::rng) call.set(parameter->name, OpValue(rng));
}

ConfigFields read_config(const OpBase& op, const RunOptions& options) {
  ConfigFields fields = parse_config(options.config, "--config");
  const std::vector<std::string> known = config_fields_of(op);
  for (const auto& [name, value] : fields)
    if (std::ranges::find(known, name) == known.end())
      usage_error("--config", fmt::format("{} has no such field", op.name()), "'" + name + "'",
                  join(known));
  return fields;
}

std::vector<std::pair<std::string, std::string>> read_destinations(const OpBase& op,
                                                                   const RunOptions& options) {
  const std::vector<std::string> outputs = names_of(outputs_of(op));
  std::vector<std::pair<std::string, std::string>> destinations;
  for (const std::string& text : options.out) {
    destinations.push_back(split_assignment(text, "--out"));
    const auto& [name, path] = destinations.back();
    if (std::ranges::find(outputs, name) == outputs.end())
      usage_error("--out", fmt::format("{} has no such output", op.name()), "'" + name + "'",
                  join(outputs));
    if (path.empty()) usage_error("--out", "no file is named", "'" + text + "'", "name=FILE.npy");
  }
  return destinations;
}

SimDevice* configure_simulator(Device& device, const RunOptions& options) {
  if (options.sim_checks != "all" && options.sim_checks != "none")
    usage_error("--sim-checks", "no such choice", "'" + options.sim_checks + "'", "all or none");
  auto* simulator = dynamic_cast<SimDevice*>(&device);
  if (simulator == nullptr) {
    if (options.counters || options.sim_checks_given || options.sim_seed_given)
      usage_error("--device", "--counters, --sim-checks and --sim-seed are the simulator's",
                  device.name(), "sim or sim:ARCH");
    return nullptr;
  }
  simulator->options().checks = options.sim_checks == "all";
  simulator->options().seed = options.sim_seed;
  simulator->options().throw_on_report = false;  // the report belongs in the result
  return simulator;
}

}  // namespace tegula::cli
