// golden: runs the same kernels on the same inputs on two devices, and tells where results differ
// in a single bit.
//
//   golden A B [--out DIR] [--samples N] [--filter TEXT]
//
// A and B are devices (sim:sm_90a, cuda:0); A may be sim, the simulator of B's architecture. N is
// how many elements each function of one number is asked for (default 1048576; others take a part
// of it). --filter: only cases whose names hold TEXT. Prints the cases that differ and writes
// DIR/golden.json: for each case the elements, how many differ, how far apart, examples with their
// inputs' bits, and for functions each device's worst errors against the value in long double.
#include "tests/golden/golden.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tegula/error.h"
#include "tests/golden/approximation.h"
#include "tests/golden/compare.h"

namespace tegula::golden {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string a, b, out, filter;
  std::int64_t samples = 1 << 20;
};

constexpr const char* usage = "usage: golden A B [--out DIR] [--samples N] [--filter TEXT]\n";

/// False: wrong usage.
bool parse(int argc, char** argv, Options& options) {
  int names = 0;
  for (int k = 1; k < argc; ++k) {
    const std::string_view word = argv[k];
    if (!word.starts_with("--")) {
      if (names == 2) return false;
      (names++ == 0 ? options.a : options.b) = word;
      continue;
    }
    if (k + 1 == argc) return false;
    const char* value = argv[++k];
    if (word == "--out")
      options.out = value;
    else if (word == "--filter")
      options.filter = value;
    else if (word == "--samples" && std::atoll(value) > 0)
      options.samples = std::atoll(value);
    else
      return false;
  }
  return names == 2;
}

std::vector<Tensor> upload(Stream& stream, const std::vector<Host>& hosts) {
  std::vector<Tensor> tensors;
  for (const Host& host : hosts) {
    tensors.push_back(stream.empty(host.dtype, host.shape));
    tensors.back().copy_from_host(host.bytes.data(), host.bytes.size());
  }
  return tensors;
}

std::vector<Host> run(const Case& one, const std::shared_ptr<Device>& device) {
  Stream stream(device);
  const std::vector<Tensor> inputs = upload(stream, one.inputs);
  const std::vector<Tensor> outputs = upload(stream, one.outputs);
  one.run(stream, inputs, outputs);
  std::vector<Host> results = one.outputs;
  for (std::size_t k = 0; k < results.size(); ++k)
    outputs[k].copy_to_host(results[k].bytes.data(), results[k].bytes.size());
  return results;
}

Json to_json(const Case& one, const Comparison& c) {
  Json json = {{"elements", c.elements}, {"differ", c.differ}};
  if (c.differ == 0) return json;
  json["furthest"] = c.furthest;
  for (const auto& example : c.examples) {
    Json e = {{"element", example.element}};
    for (const Host& input : one.inputs)
      if (element_count(input.shape) == c.elements)
        e["in"].push_back(fmt::format("{:#x}", bits_of(input, example.element)));
    e["a"] = fmt::format("{:#x}", example.a);
    e["b"] = fmt::format("{:#x}", example.b);
    json["examples"].push_back(std::move(e));
  }
  return json;
}

Json to_json(const Errors& errors) {
  return {{"ulps", errors.ulps},
          {"relative", errors.relative},
          {"absolute", errors.absolute},
          {"wrong_kind", errors.wrong_kind}};
}

/// How many elements differ; -1 if it cannot be run.
std::int64_t compare_case(const Case& one, const std::shared_ptr<Device>& a,
                          const std::shared_ptr<Device>& b, Json& json) {
  json = {{"name", one.name}, {"exact", one.exact}};
  try {
    const std::vector<Host> on_a = run(one, a), on_b = run(one, b);
    std::int64_t differ = 0, furthest = 0;
    for (std::size_t k = 0; k < on_a.size(); ++k) {
      const Comparison c = compare(on_a[k], on_b[k]);
      differ += c.differ;
      furthest = c.furthest < 0 ? c.furthest : std::max(furthest, c.furthest);
      json["outputs"].push_back(to_json(one, c));
    }
    if (one.reference != nullptr) {
      json["worst_a"] = to_json(worst_errors(one.inputs[0], on_a[0], one.reference));
      json["worst_b"] = to_json(worst_errors(one.inputs[0], on_b[0], one.reference));
    }
    if (differ != 0)
      std::printf("%-9s %-40s %lld differ, furthest %lld\n", one.exact ? "WRONG" : "differs",
                  one.name.c_str(), static_cast<long long>(differ),
                  static_cast<long long>(furthest));
    return differ;
  } catch (const std::exception& error) {
    json["error"] = error.what();
    // bf16 has no atomic_add before sm_90: not a difference.
    const auto* ours = dynamic_cast<const Error*>(&error);
    if (ours != nullptr && ours->code() == ErrorCode::unsupported) return 0;
    std::printf("%-9s %-40s %s\n", "FAILED", one.name.c_str(), error.what());
    return -1;
  }
}

void write(const std::string& folder, const Json& json) {
  std::filesystem::create_directories(folder);
  std::ofstream file(folder + "/golden.json");
  file << json.dump() << "\n";
  if (!file.flush()) throw std::runtime_error("cannot write " + folder + "/golden.json");
}

int run_all(const Options& options) {
  const std::shared_ptr<Device> b = open_device(options.b);
  const std::shared_ptr<Device> a =
      open_device(options.a == "sim" ? "sim:" + b->target().arch : options.a);
  Json json = {{"a", a->name()}, {"b", b->name()}, {"b_arch", b->target().arch}};
  json["samples"] = options.samples;
  int ran = 0, same = 0, wrong = 0, failed = 0;
  const std::function<std::vector<Case>()> groups[] = {
      [&] { return approximation_cases(options.samples); },
      [&] { return scalar_cases(options.samples); }, [&] { return cast_cases(options.samples); },
      collective_cases, op_cases};
  for (const auto& group : groups) {
    for (const Case& one : group()) {
      if (one.name.find(options.filter) == std::string::npos) continue;
      Json result;
      const std::int64_t differ = compare_case(one, a, b, result);
      ++ran;
      same += differ == 0;
      failed += differ < 0;
      wrong += differ > 0 && one.exact;
      json["cases"].push_back(std::move(result));
    }
    std::fflush(stdout);
    // After each group: the next one may take the GPU down.
    if (!options.out.empty()) write(options.out, json);
  }
  std::printf("golden: %s against %s: %d cases, %d the same, %d differ that must not, %d failed\n",
              a->name().c_str(), b->name().c_str(), ran, same, wrong, failed);
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    throw std::runtime_error("standard output cannot be written");
  return ran == 0 || wrong > 0 || failed > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (argc == 2 && std::string_view(argv[1]) == "--help") return std::printf("%s", usage) < 0;
  if (!parse(argc, argv, options)) return std::fprintf(stderr, "%s", usage), 2;
  try {
    return run_all(options);
  } catch (const Error& error) {
    const bool missing = error.code() == ErrorCode::environment;
    std::fprintf(stderr, "golden: %s%s\n", missing ? "no GPU: " : "", error.what());
    return missing ? 3 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "golden: %s\n", error.what());
    return 1;
  }
}

}  // namespace tegula::golden
