// The base of Tile and Mask: the number of a value in the trace that is being recorded.
//
// Every live handle is linked into its tracer. That is how a plain assignment inside a plain `for`
// makes a traced loop carry a value: on entry the tracer points every live handle at an argument of
// the loop's body, and at the end it sees which ones were assigned.
#pragma once

#include <cstdint>

#pragma GCC visibility push(default)
namespace tegula::detail {

class Tracer;
using ValueId = std::uint32_t;

/// Numbers that stand for no value; using one is an error, with a message for each.
inline constexpr ValueId uninitialised = 0xffffffff;  ///< declared, never assigned
inline constexpr ValueId out_of_loop = 0xfffffffe;    ///< made in a traced loop that has ended
inline constexpr ValueId out_of_trace = 0xfffffffd;   ///< made in a trace that has ended
inline constexpr ValueId out_of_branch = 0xfffffffc;  ///< made in one branch of an if_, not in both
constexpr bool names_value(ValueId value) { return value < out_of_branch; }

class Handle {
 public:
  Handle();
  Handle(Tracer& tracer, ValueId value);
  Handle(const Handle& other);
  Handle& operator=(const Handle& other);
  ~Handle();

  ValueId value() const { return value_; }
  Tracer* tracer() const { return tracer_; }

 private:
  friend class Tracer;
  void link(Tracer* tracer);
  void unlink();

  ValueId value_ = uninitialised;
  Tracer* tracer_ = nullptr;  ///< null outside a trace
  Handle *previous_ = nullptr, *next_ = nullptr;
};

template <class>
inline constexpr bool always_false = false;

}  // namespace tegula::detail
#pragma GCC visibility pop
