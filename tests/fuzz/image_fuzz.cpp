// Any bytes as a simulator image: they are rejected with Error{corrupt_data}, or run with all
// checks on, without touching memory that is not theirs, for a limited time.
#include <cstdlib>
#include <span>

#include "runtime/format/opcode.h"
#include "tegula/error.h"
#include "tests/runtime/sim/run_image.h"

namespace {

using namespace tegula;

/// Larger ones are as good and slow.
constexpr std::size_t most_instructions = 2000;
constexpr std::uint64_t most_frame_bytes = 256 << 10;

bool is_small(const format::Image& image) {
  std::uint64_t bytes = 0;
  for (const format::Register& r : image.registers) bytes += 32ull * lane_bytes(r);
  return image.warps <= 8 && bytes <= most_frame_bytes && image.code.size() <= most_instructions;
}

void run(const format::Image& image) {
  alignas(64) static std::byte x[4096], y[4096];
  std::vector<testing::Argument> arguments;
  for (std::size_t k = 0; k < image.parameters.size(); ++k) {
    const bool wide = image.registers[image.parameters[k]].scalar == format::Scalar::i64;
    if (wide && k % 2 == 0)
      arguments.push_back({"x", x, sizeof x});
    else if (wide)
      arguments.push_back({"y", y, sizeof y, true});
    else
      arguments.push_back(testing::scalar(3));
  }
  const auto device = make_sim_device("sm_90a", {.seed = image.code.size() % 3,
                                                 .throw_on_report = false,
                                                 .show_prints = false,
                                                 .step_limit = 600});
  format::Image copy = image;
  copy.arch = "sm_90a";
  const auto& cluster = image.cluster;
  testing::run_image(*device, copy, arguments, {{2 * cluster[0], cluster[1], cluster[2]}, 64});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  format::Image image;
  try {
    image = format::read_image(std::as_bytes(std::span(data, size)));
  } catch (const Error& e) {
    if (e.code() != ErrorCode::corrupt_data) std::abort();
    return -1;
  }
  to_text(image);
  if (is_small(image)) run(image);
  return 0;
}
