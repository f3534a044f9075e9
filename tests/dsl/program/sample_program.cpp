#include "tests/dsl/program/sample_program.h"

#include <vector>

#include "tegula/dsl.h"

namespace tegula::testing {
namespace {

struct NoConfig {};

void everything(const NoConfig&, In x, In index, InOut count, Out y) {
  auto [i] = grid({1});
  auto k = index.tiles({64}).load({i});
  auto t = x.gather({k}, k < 640, -1);
  count.scatter(7, {k}, k >= 0);
  count.atomic_add(1, {k});
  count.atomic_compare_exchange(0, k, {k});
  auto part = x.narrow(0, index.gather({0}), 8).tiles({64}).load({i});
  auto grid_of_two = join(t, part).T();
  auto [left, right] = split(grid_of_two.T());
  Tile total = left + cumsum(right, 0) + reduce_max(t, 0) + (k << 2).to(f32);
  total += argmax(t, 0).value + umulhi(k.to(u32), 5).to(f32);
  if_(x.dim(0) > 5, [&] { total = exp(total); });
  Tile n = x.dim(0);
  while_([&] { return n > 3; }, [&] { n = n / 2; });
  print("{} of {}", i, n);
  assert_that(total > 0, "positive");
  y.tiles({64}).store(total, {n});
}
}  // namespace

program::Program sample_program() {
  const auto k = kernel("everything", everything, {"x", "index", "count", "y"});
  const auto tensor = KernelArgument::example;
  const std::vector<KernelArgument> arguments = {tensor(f32, {640}), tensor(i32, {64}),
                                                 tensor(i32, {640}), tensor(f32, {64})};
  program::Program program =
      program::deserialise(k.base().trace_program(k.with({}).config(), arguments));
  program.overlaps = {{.parameter = 3, .with = 0, .same = false}};
  return program;
}

}  // namespace tegula::testing
