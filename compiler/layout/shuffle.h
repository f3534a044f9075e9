// Shuffles: a conversion that stays within each warp, as warp shuffles and selects.
//
// In a shuffle every lane reads one register of another lane; each reader may choose another lane,
// but every lane offers only one value. So the tile is moved in rounds, and in a round each lane
// sends at most one element and receives at most one.
//
// Let A be the span of the source's register columns and B the span of the target's. Take a
// subspace R of elements that has nothing but 0 in common with A or with B: two elements of R (or
// of x + R, which is R shifted by some x) are then never in the same lane, before or after. One
// round moves x + R, and there is a round for each x in B. R is a common complement (subspace.h),
// and it always exists: if source and target have no copies, both A and B leave the 5 dimensions
// that the lanes span.
//
// In a round lane l sends the register (constant of the round) ^ send(l), where send is linear: a
// register number that depends on the thread. Hardware cannot index registers, so they are permuted
// beforehand, by one select each for every dimension of send's image; and again afterwards, since
// the elements received in one round belong to different registers of the target in different
// lanes.
//
// Example: register bit 0 and lane bit 0 change roles; pairs of lanes swap half of their registers.
//
//      [64] register:(1) lane:(2 4 8 16 32)     to     [64] register:(2) lane:(1 4 8 16 32)
//
// R = {1^2, 4, 8, 16, 32}. Element 0 is in lane 0 and 3 is in lane 1, before and after: the round
// of R itself needs no shuffle. The round of 2 + R swaps element 2 (lane 1) with element 1 (lane
// 0). So lanes with bit 0 set swap their two registers, one shuffle follows, and they swap again.
//
// If the source has copies, lanes that hold the same elements may send different registers, which
// saves rounds. Elements narrower than 4 bytes that are neighbours in the registers of both sides
// move together in one word. The idea of R is from "Linear Layouts" (arXiv 2505.23819).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/layout/distributed.h"

namespace tegula::layout {

// In threads for which `thread & threads` has an odd number of set bits, word w becomes what word
// w ^ words was. Threads are numbered lane + 32 * warp.
struct SelectStage {
  uint32_t threads = 0;
  uint32_t words = 0;
};

// One word from each lane to at most each lane.
struct ShuffleRound {
  uint32_t source_word = 0;  // the word that is sent, after the `send` stages
  uint32_t lane = 0;         // received from lane: this ^ lanes(thread)
};

struct ShufflePlan {
  // How elements make words: word w of the source holds, lowest first, the registers
  // source_order[w * n] to source_order[w * n + n - 1], n = elements_per_word.
  int elements_per_word = 1;
  std::vector<uint32_t> source_order;
  // By target register: word * n + its element's position in the word, after the `receive` stages.
  std::vector<uint32_t> target_index;

  std::vector<SelectStage> send, receive;
  std::vector<ShuffleRound> rounds;  // round k gives word k, before the `receive` stages
  LinearMap lanes;                   // thread -> lane

  // Whether every lane reads lane ^ constant in each round: a butterfly.
  bool is_butterfly() const;
  // Shuffles of 4 bytes, and selects, for elements of this many bytes.
  int shuffles(int element_bytes) const;
  int selects(int element_bytes) const;
};

// A plan for a conversion that classify() finds to be of kind `lanes`; nullopt for others, and for
// the rare ones with copies that do not fit the scheme. `element_bytes`: 1, 2, 4, 8.
std::optional<ShufflePlan> plan_shuffles(const Distributed& source, const Distributed& target,
                                         int element_bytes);

// The same, but nullopt if shuffles cost more than shared memory would.
std::optional<ShufflePlan> plan_cheap_shuffles(const Distributed& source, const Distributed& target,
                                               int element_bytes);

// What a conversion costs, in cycles of a multiprocessor for one warp, from the throughputs in the
// CUDA C++ Programming Guide ("Arithmetic Instructions"): a shuffle 1, a select 1/2; through shared
// memory 1 for each 128 bytes stored and for each 128 bytes loaded, and 16 for the block's barrier
// and the wait for the loads. Renaming registers costs nothing.
double conversion_cost(const Distributed& source, const Distributed& target, int element_bytes);

}  // namespace tegula::layout
