// Any bytes as a simulator image: they are rejected with Error{corrupt_data}, or run with all
// checks on, without touching memory that is not theirs, for a limited time.
#include <cstdlib>
#include <random>
#include <span>

#include "runtime/format/opcode.h"
#include "tegula/error.h"
#include "tests/sim/run_image.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

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
  std::vector<test::Argument> arguments;
  for (std::size_t k = 0; k < image.parameters.size(); ++k) {
    const bool wide = image.registers[image.parameters[k]].scalar == format::Scalar::i64;
    if (wide && k % 2 == 0)
      arguments.push_back({"x", x, sizeof x});
    else if (wide)
      arguments.push_back({"y", y, sizeof y, true});
    else
      arguments.push_back(test::scalar(3));
  }
  const auto device = make_sim_device("sm_90a", {.seed = image.code.size() % 3,
                                                 .throw_on_report = false,
                                                 .show_prints = false,
                                                 .step_limit = 600});
  format::Image copy = image;
  copy.arch = "sm_90a";
  test::run_image(*device, copy, arguments, {{2, 1, 1}, 64});
}

std::span<const std::byte> bytes_of(const std::uint8_t* data, std::size_t size) {
  return std::as_bytes(std::span(data, size));
}

/// Changes one thing in a valid image; it may no longer be valid.
void change(format::Image& image, std::minstd_rand& random) {
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
  const auto some_register = [&] {
    return below(8) == 0 ? format::no_register
                         : static_cast<std::uint32_t>(below(image.registers.size() + 1));
  };
  const std::size_t at = below(image.code.size());
  format::ImageInstruction& i = image.code[at];
  const std::int64_t immediates[] = {0, 1, 2, 4, 8, 16, 32, -1, 16 * 64 + 1, 15, 512};
  switch (below(10)) {
    case 0:
      i.opcode = static_cast<format::Opcode>(below(format::opcode_count));
      break;
    case 1:
      i.modifier = static_cast<std::uint8_t>(below(36));
      break;
    case 2:
    case 3:
      i.operands[below(format::Operands::most)] = some_register();
      break;
    case 4:
      i.result = some_register();
      break;
    case 5:
      i.immediate = immediates[below(std::size(immediates))];
      break;
    case 6:
      i.targets[below(2)] = static_cast<std::uint32_t>(below(image.code.size()));
      break;
    case 7:
      image.code.insert(image.code.begin() + static_cast<std::ptrdiff_t>(at),
                        format::ImageInstruction(image.code[below(image.code.size())]));
      break;
    case 8:
      image.code.erase(image.code.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    default:
      if (!image.constants.empty()) {
        format::Constant& c = image.constants[below(image.constants.size())];
        if (!c.bits.empty()) c.bits[below(c.bits.size())] = below(3) == 0 ? random() : below(300);
      }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  format::Image image;
  try {
    image = format::read_image(bytes_of(data, size));
  } catch (const Error& e) {
    if (e.code() != ErrorCode::corrupt_data) std::abort();
    return -1;
  }
  to_text(image);
  if (is_small(image)) run(image);
  return 0;
}

/// Mostly whole fields of valid images: changed bytes alone hardly ever pass validation.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  std::minstd_rand random(seed);
  if (random() % 8 == 0) return LLVMFuzzerMutate(data, size, most);
  try {
    const format::Image valid = format::read_image(bytes_of(data, size));
    for (int attempt = 0; attempt < 20; ++attempt) {
      format::Image image = valid;
      for (std::size_t k = random() % 3 + 1; k > 0 && !image.code.empty(); --k)
        change(image, random);
      const format::Bytes bytes = serialise(image);
      if (bytes.size() > most) continue;
      try {
        validate(image);
      } catch (const Error&) {
        if (attempt < 19) continue;
      }
      std::memcpy(data, bytes.data(), bytes.size());
      return bytes.size();
    }
  } catch (const Error&) {
  }
  return LLVMFuzzerMutate(data, size, most);
}
