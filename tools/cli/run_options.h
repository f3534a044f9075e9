// `tegula run`: the command line as given, and the call it asks for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tegula/simulator.h"
#include "tools/cli/op_text.h"
#include "tools/cli/values.h"

namespace tegula::cli {

struct RunOptions {
  std::string op, device, dtype, config, sim_checks = "all";
  std::vector<std::string> in, random, params, out;
  std::uint64_t seed = 0, sim_seed = 0;
  bool check = false, counters = false, json = false;
  bool sim_checks_given = false, sim_seed_given = false;
};

/// A tensor of the call before it is on a device.
struct HostTensor {
  DType dtype = DType::f32;
  Dims shape;
  std::vector<std::byte> bytes;
  std::vector<double> values() const;
};
using HostTensors = std::map<std::string, HostTensor, std::less<>>;

/// Everything that can be wrong with the line is found here, before a device is opened. All throw
/// Error{invalid_argument} that lists what is wanted.
HostTensors read_tensors(const OpCall& call, const RunOptions& options);
void read_params(OpCall& call, const RunOptions& options);
ConfigFields read_config(const OpBase& op, const RunOptions& options);
/// --out: the output's name and the file.
std::vector<std::pair<std::string, std::string>> read_destinations(const OpBase& op,
                                                                   const RunOptions& options);

/// `device` as a simulator with the options' checks and seed; null for another device. Throws if
/// the line asks that other device for what only the simulator does.
SimDevice* configure_simulator(Device& device, const RunOptions& options);

}  // namespace tegula::cli
