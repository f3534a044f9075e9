// What a caller must know to launch a kernel, taken from its Program: the order of the compiled
// function's parameters, and the grid and the requirements as formulas of the arguments.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "dsl/program/program.h"
#include "runtime/format/launch_record.h"

namespace tegula::program {

/// The compiled function's parameters, argument by argument: for a present tensor its pointer, then
/// each dynamic extent (i32), then each dynamic stride (i64); for a scalar its value. Absent
/// tensors have none.
std::vector<format::KernelParameter> kernel_parameters(const Program& program);

/// The formula of an integer scalar that depends only on extents and constants. Throws
/// Error{kernel}, at the author's line, if `value` depends on anything else.
format::Expression host_expression(const Program& program, ValueId value);

/// The blocks of a cluster along each axis of the grid.
std::array<std::uint32_t, 3> cluster_shape(const Program& program);

/// Everything but dynamic_shared, which only the compiler knows.
format::LaunchRecord launch_record(const Program& program);

}  // namespace tegula::program
