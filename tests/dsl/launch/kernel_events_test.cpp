// Events and counters, with a compiler that only copies the launch record.
#include "tegula/kernel_events.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/dsl/helpers.h"
#include "tests/dsl/launch/fake_compiler.h"
#include "tests/runtime/device/fake_device.h"

namespace tegula::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

void copy(const NoConfig&, In x, Out y) {
  auto [n] = dims1(x);
  require(y, {n});
  auto [i] = grid({cdiv(n, 64)});
  y.tiles({64}).store(x.tiles({64}).load({i}), {i});
}
const auto copy_kernel = kernel("copy_for_events", copy, {"x", "y"});

struct Seen {
  std::vector<std::string> lines;
};
void note(const KernelEvent& event, void* user) {
  constexpr const char* kinds[] = {"compiled", "loaded", "launched"};
  std::string line = kinds[static_cast<int>(event.kind)];
  line += " " + std::string(event.kernel) + " " + std::string(event.device);
  if (!event.line.empty()) line += " | " + std::string(event.line);
  static_cast<Seen*>(user)->lines.push_back(line);
}

class Events : public WithFakeCompiler {
 protected:
  ~Events() override { set_kernel_event_hook(nullptr); }
  Stream stream{std::make_shared<tegula::testing::FakeDevice>()};
  Tensor x = stream.empty(f32, {100}), y = stream.empty(f32, {100});
};

TEST_F(Events, OfCompilesAndLaunches) {
  Seen seen;
  set_kernel_event_hook(note, &seen);
  for (int n = 0; n < 2; ++n) copy_kernel.launch(stream, x, y);
  EXPECT_THAT(seen.lines, ElementsAre(HasSubstr("compiled copy_for_events fake:0 | "
                                                "copy_for_events x=*:f32@1%16 y=*:f32@1%16"),
                                      "launched copy_for_events ", "launched copy_for_events "));
  set_kernel_event_hook(nullptr);
  copy_kernel.launch(stream, x, y);
  EXPECT_EQ(seen.lines.size(), 3U);
}

void copy_rows(const NoConfig&, In x, Out y) {
  auto [m, n] = dims2(x);
  require(y, {m, n});
  auto [i, j] = grid({m, cdiv(n, 64)});
  y.tiles({1, 64}).store(x.tiles({1, 64}).load({i, j}), {i, j});
}
const auto copy_rows_kernel = kernel("copy_rows_for_events", copy_rows, {"x", "y"});

TEST_F(Events, TheLinesOfDifferentKernelsDiffer) {
  Seen seen;
  set_kernel_event_hook(note, &seen);
  for (const std::int64_t n : {3000, 3001, 3002, 3004, 3008})
    copy_rows_kernel.launch(stream, stream.empty(f32, {2, n}), stream.empty(f32, {2, n}));
  std::erase_if(seen.lines, [](const std::string& line) { return line.starts_with("launched"); });
  std::ranges::sort(seen.lines);
  EXPECT_GE(seen.lines.size(), 3U);
  EXPECT_EQ(std::ranges::adjacent_find(seen.lines), seen.lines.end());
  EXPECT_THAT(seen.lines, ::testing::Contains(HasSubstr("x=*x*:f32@*/8,1%16")));
}

TEST_F(Events, WhatFailsIsNone) {
  Seen seen;
  set_kernel_event_hook(note, &seen);
  const Tensor other = stream.empty(f32, {99});
  EXPECT_THROW(copy_kernel.launch(stream, x, other), Error);
  EXPECT_EQ(seen.lines.size(), 1U) << "compiled, not launched";
}

/// What a hook does that launches the kernel of which it hears.
struct Launching {
  Stream* stream = nullptr;
  TensorRef x, y;
  int heard = 0;
};

TEST_F(Events, AHookMayLaunchTheKernelThatWasJustMade) {
  Launching launching{&stream, x, y};
  set_kernel_event_hook(
      [](const KernelEvent& event, void* user) {
        auto& own = *static_cast<Launching*>(user);
        ++own.heard;
        if (event.kind == KernelEvent::Kind::compiled)
          copy_kernel.launch(*own.stream, own.x, own.y);
      },
      &launching);
  copy_kernel.launch(stream, x, y);
  EXPECT_EQ(compiled, 1);
  EXPECT_EQ(launching.heard, 3) << "compiled, and two launches";
}

std::uint64_t counter(const std::string& name) {
  const std::string text = metrics_text(), line = "\n" + name + " ";
  const std::size_t at = text.find(line);
  EXPECT_NE(at, std::string::npos) << text;
  return std::stoull(text.substr(at + line.size()));
}

TEST_F(Events, Counters) {
  const auto before = counter("tegula_compiles_total");
  EXPECT_EQ(counter("tegula_kernels_ready"), 0U);
  for (int n = 0; n < 2; ++n) copy_kernel.launch(stream, x, y);
  EXPECT_EQ(counter("tegula_compiles_total"), before + 1);
  EXPECT_EQ(counter("tegula_kernels_ready"), 1U);
  EXPECT_GT(counter("tegula_kernels_ready_bytes"), 100U);
  EXPECT_EQ(counter("tegula_kernels_ready_max_bytes"), 256U << 20);
  EXPECT_EQ(counter("tegula_kernels_evicted_total"), 0U);
  EXPECT_THAT(metrics_text(), HasSubstr("# TYPE tegula_compile_seconds_total counter\n"));
}

}  // namespace
}  // namespace tegula::testing
