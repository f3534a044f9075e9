// Which tensor argument an access falls in, and how to say that it falls in none.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tegula/device_interface.h"

namespace tegula::sim {

/// A global access of `size` bytes at `address`.
struct GlobalAccess {
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  bool is_store = false;
};

class ArgumentRanges {
 public:
  explicit ArgumentRanges(std::span<const ArgumentRange> arguments);

  /// The argument that holds all of the access and allows it. Arguments may share memory: a load is
  /// counted for the first that is only read, a store for the first that may be written.
  /// `hint` is the result for a similar access; it only makes the search faster.
  std::optional<std::size_t> find(const GlobalAccess& access, std::size_t hint) const {
    if (hint < ranges_.size() && alone_[hint] && allows(ranges_[hint], access)) return hint;
    return search(access);
  }
  std::size_t size() const { return ranges_.size(); }

  /// "store of 4 bytes at y+8192, 0 bytes past its end (tensor of 8192 bytes)".
  std::string describe_miss(const GlobalAccess& access) const;
  /// "y+8192", by the nearest argument; "address 0x10" if none is near.
  std::string name_address(std::uint64_t address) const;
  /// "; x and y overlap: 512 bytes from x+0 and y+64" if the byte belongs to two arguments, one of
  /// which may be written; else empty.
  std::string describe_overlap(std::uint64_t address) const;

 private:
  static bool holds(const ArgumentRange& r, const GlobalAccess& a) {
    return a.address >= r.begin && a.address <= r.end && a.size <= r.end - a.address;
  }
  static bool allows(const ArgumentRange& r, const GlobalAccess& a) {
    return holds(r, a) && (r.writable || !a.is_store);
  }
  std::optional<std::size_t> search(const GlobalAccess& access) const;
  const ArgumentRange* nearest(std::uint64_t address) const;

  std::span<const ArgumentRange> ranges_;
  std::vector<bool> alone_;  ///< shares no byte with another
};

}  // namespace tegula::sim
