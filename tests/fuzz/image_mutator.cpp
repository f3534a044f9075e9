// How image_fuzz changes its inputs: mostly whole fields of valid images, since changed bytes alone
// hardly ever pass validation.
#include <cstring>
#include <random>
#include <span>

#include "runtime/format/image.h"
#include "runtime/format/opcode.h"
#include "tegula/error.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

using namespace tegula;

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
  switch (below(11)) {
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
    case 9:
      image.cluster[below(3)] = static_cast<std::uint32_t>(below(5));
      break;
    default:
      if (!image.constants.empty()) {
        format::Constant& c = image.constants[below(image.constants.size())];
        if (!c.bits.empty()) c.bits[below(c.bits.size())] = below(3) == 0 ? random() : below(300);
      }
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  std::minstd_rand random(seed);
  if (random() % 8 == 0) return LLVMFuzzerMutate(data, size, most);
  try {
    const format::Image valid = format::read_image(std::as_bytes(std::span(data, size)));
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
