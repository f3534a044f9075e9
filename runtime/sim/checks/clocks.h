// Happens-before inside a block: vector clocks of its agents, as in FastTrack (Flanagan and Freund,
// PLDI 2009). Agents are warps and, one for each mbarrier, the bulk copies that complete there.
// Times come from one counter that only grows, so that nothing needs clearing between blocks: an
// access of agent a at time t came before what warp w does now if w knows of a up to t.
//
// A warp knows of itself only up to its last synchronisation: since then, only accesses of the same
// lane are ordered.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace tegula::sim {

using Time = std::uint32_t;
inline constexpr Time last_time = (Time{1} << 30) - 1;

inline constexpr std::uint32_t first_copy_agent = 64;  ///< below: warps
inline constexpr std::uint32_t copy_agents = 56;
// Agents that nobody ever knows of: an access that meets one of their records takes the slow path.
inline constexpr std::uint32_t several_agent = 124;   ///< readers that are listed elsewhere
inline constexpr std::uint32_t mbarrier_agent = 125;  ///< an mbarrier lives there
inline constexpr std::uint32_t reading_agent = 126;   ///< a bulk store has yet to read
inline constexpr std::uint32_t arriving_agent = 127;  ///< a copy has yet to write
inline constexpr std::uint32_t agent_count = 128;

/// For each agent, up to when its accesses are known.
struct Clock {
  std::array<Time, agent_count> known = {};
  /// Of the first `agents`.
  void join(const Clock& other, std::size_t agents = agent_count) {
    for (std::size_t a = 0; a < agents; ++a) known[a] = std::max(known[a], other.known[a]);
  }
};

/// What one agent passes to another when they synchronise. `proxied`: the part that bulk copies may
/// see, too.
struct Knowledge {
  Clock generic, proxied;
};

class Clocks {
 public:
  /// `copies`: whether there are agents other than warps; `proxies`: whether `proxied` is needed.
  void start_launch(std::size_t warps, bool copies, bool proxies);
  /// False if all times have been used: then forget all records and call reset().
  bool start_block();
  void reset() { now_ = 1; }

  Time now() const { return now_; }
  /// Accesses up to here belong to earlier blocks.
  Time base() const { return base_; }
  const Clock& of(std::uint32_t warp) const { return warps_[warp].generic; }
  const Clock& proxied(std::uint32_t warp) const { return warps_[warp].proxied; }

  /// The warp passes what it did and knows to `to`.
  void release(std::uint32_t warp, Knowledge& to);
  void acquire(std::uint32_t warp, const Knowledge& from);
  /// The time of an action by an agent that is no warp; only `to` knows of it.
  Time act(std::uint32_t agent, Knowledge& to);
  /// Adds what `from` knows to `to`.
  void merge(Knowledge& to, const Knowledge& from) const;
  /// Makes `knowledge` empty.
  void clear(Knowledge& knowledge) const;
  /// Orders the accesses of the warp's lanes among each other.
  void sync_warp(std::uint32_t warp);
  /// Lets bulk copies see what the warp knows.
  void fence_proxies(std::uint32_t warp);

 private:
  Time now_ = 1, base_ = 0;
  std::size_t agents_ = agent_count;
  bool proxies_ = false;
  std::vector<Knowledge> warps_;
};

/// One access as shadow memory keeps it.
class Record {
 public:
  static constexpr std::uint32_t several_lanes = 63;

  constexpr Record() = default;
  constexpr explicit Record(std::uint64_t bits) : bits_(bits) {}
  constexpr Record(Time time, bool atomic, std::uint32_t agent, std::uint32_t lane,
                   std::uint32_t pc)
      : bits_(std::uint64_t{time} << 34 | std::uint64_t{atomic} << 33 | std::uint64_t{agent} << 26 |
              std::uint64_t{lane} << 20 | pc) {}

  constexpr std::uint64_t bits() const { return bits_; }
  constexpr Time time() const { return static_cast<Time>(bits_ >> 34); }
  constexpr bool atomic() const { return (bits_ >> 33 & 1) != 0; }
  constexpr std::uint32_t agent() const { return static_cast<std::uint32_t>(bits_ >> 26) & 127; }
  constexpr std::uint32_t lane() const { return static_cast<std::uint32_t>(bits_ >> 20) & 63; }
  constexpr std::uint32_t pc() const { return static_cast<std::uint32_t>(bits_) & 0xfffff; }
  constexpr Record with_lane(std::uint32_t lane) const {
    return Record((bits_ & ~(std::uint64_t{63} << 20)) | std::uint64_t{lane} << 20);
  }
  constexpr Record with_agent(std::uint32_t agent) const {
    return Record((bits_ & ~(std::uint64_t{127} << 26)) | std::uint64_t{agent} << 26);
  }
  bool known_to(const Clock& clock) const { return time() <= clock.known[agent()]; }
  bool same_lane(Record other) const {
    return ((bits_ ^ other.bits_) >> 20 & 0x1fff) == 0 && lane() != several_lanes;
  }

 private:
  std::uint64_t bits_ = 0;
};

}  // namespace tegula::sim
