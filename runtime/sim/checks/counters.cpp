#include "runtime/sim/checks/counters.h"

#include <algorithm>
#include <bit>
#include <string>

namespace tegula::sim {
namespace {

std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }

std::uint64_t requested_bytes(const Request& r) {
  return static_cast<std::uint64_t>(std::popcount(r.active)) * r.size;
}

}  // namespace

void LaunchCounters::global_request(const Request& request, bool contiguous,
                                    std::uint32_t relied_alignment) {
  const std::uint64_t bytes = requested_bytes(request);
  Footprint f;
  if (contiguous) {
    const std::uint64_t begin = request.address[request.first_lane()];
    f = {bytes, (begin + bytes - 1) / sector_bytes - begin / sector_bytes + 1};
  } else {
    f = footprint(request);
  }
  global_sectors_ += f.sectors;
  min_sectors_ += ceil_div(f.distinct_bytes, sector_bytes);
  global_bytes_ += bytes;
  if (std::min(request.size, relied_alignment) >= 16) global_bytes_128_ += bytes;
}

void LaunchCounters::shared_request(const Request& request, bool contiguous) {
  if (contiguous && request.active == all_lanes && request.address[0] % bank_bytes == 0) {
    const std::uint64_t wavefronts = std::max(1u, request.size / bank_bytes);
    shared_wavefronts_ += wavefronts;
    min_shared_wavefronts_ += wavefronts;
    return;
  }
  if (request.uniform()) {  // no more words than there are banks
    ++shared_wavefronts_;
    ++min_shared_wavefronts_;
    return;
  }
  shared_wavefronts_ += shared_wavefronts(request);
  min_shared_wavefronts_ += ceil_div(footprint(request).distinct_bytes, wavefront_bytes);
}

void LaunchCounters::add_to(SimCounters& total, const Program& program,
                            std::span<const ArgumentRange> arguments) const {
  for (std::size_t k = 0; k < arguments.size(); ++k) {
    auto& argument = total.arguments[std::string(arguments[k].name)];
    argument.load_bytes += arguments_[k].load_bytes;
    argument.store_bytes += arguments_[k].store_bytes;
  }
  total.global_sectors += global_sectors_;
  total.min_sectors += min_sectors_;
  total.global_bytes += global_bytes_;
  total.global_bytes_128 += global_bytes_128_;
  total.shared_wavefronts += shared_wavefronts_;
  total.min_shared_wavefronts += min_shared_wavefronts_;
  total.cluster_bytes += cluster_bytes_;
  total.barriers += barriers_;
  total.blocks += blocks_;

  std::array<std::uint64_t, format::instruction_class_count> by_class = {};
  std::int64_t warp_steps = 0, lane_steps = 0;
  for (std::size_t pc = 0; pc < program.classes.size(); ++pc) {
    warp_steps += warp_steps_[pc];
    lane_steps += lane_steps_[pc];
    by_class[static_cast<std::size_t>(program.classes[pc])] +=
        static_cast<std::uint64_t>(warp_steps);
    total.lane_instructions += static_cast<std::uint64_t>(lane_steps);
  }
  for (std::size_t c = 0; c < by_class.size(); ++c)
    total.instructions[std::string(
        instruction_class_name(static_cast<format::InstructionClass>(c)))] += by_class[c];
}

}  // namespace tegula::sim
