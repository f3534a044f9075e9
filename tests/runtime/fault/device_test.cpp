// Faults of devices, compilers and memory. Each test is named after a row of the fault table in
// docs/faults.md.
#include <gmock/gmock.h>

#include <new>

#include "tests/runtime/cache/log_lines.h"
#include "tests/runtime/cache/temporary_directory.h"
#include "tests/runtime/device/fake_device.h"
#include "tests/runtime/expect_error.h"
#include "tests/runtime/fault/counting_compiler.h"
#include "tests/runtime/fault/failing_memory.h"

namespace tegula {
namespace {

using namespace testing;
using cache::DiskCache;
using ::testing::HasSubstr;

/// Refuses the first kernels that it is given.
class PickyDevice : public FakeDevice {
 public:
  explicit PickyDevice(int refusals) : refusals_(refusals) {}
  std::shared_ptr<LoadedKernel> load(const format::Entry& entry,
                                     std::vector<SourceLocation> locations) override {
    if (refusals_-- > 0)
      throw Error(ErrorCode::corrupt_data,
                  {.where = name(), .problem = "the driver rejects the binary: its log"});
    return FakeDevice::load(entry, std::move(locations));
  }

 private:
  int refusals_;
};

TEST(Fault, GoodChecksumButTheDriverRejectsIt) {
  const TemporaryDirectory root, count;
  const CountingCompiler compiler(count / "runs", 0);
  const LogLines log;
  DiskCache cache(settings_in(root.path()));
  store_sample(cache, 1);
  PickyDevice device(1);
  const auto ready = runtime::make_ready(device, traced_sample(1), cache);
  EXPECT_EQ(ready->source, "compiled");
  EXPECT_EQ(compiler.runs(), 1);
  EXPECT_EQ(cache.counters().quarantined, 1u);
  EXPECT_THAT(log.text(), HasSubstr("rejects"));
}

TEST(Fault, TheDriverRejectsTheFreshBinaryToo) {
  const TemporaryDirectory root, count;
  const CountingCompiler compiler(count / "runs", 0);
  const LogLines log;
  DiskCache cache(settings_in(root.path()));
  store_sample(cache, 1);
  PickyDevice device(100);
  expect_error(ErrorCode::corrupt_data, {"its log"},
               [&] { runtime::make_ready(device, traced_sample(1), cache); });
  EXPECT_EQ(compiler.runs(), 1);
}

TEST(Fault, CompilerOutOfMemory) {
  const TemporaryDirectory root;
  FakeDevice device;
  DiskCache cache(settings_in(root.path()));
  const CompileFunction before =
      set_compile_function([](std::span<const std::byte> request) -> std::vector<std::byte> {
        if (read_compile_request(request).program.at(0) == std::byte{1}) throw std::bad_alloc();
        return sample_bytes(2);
      });
  EXPECT_THROW(runtime::make_ready(device, traced_sample(1), cache), std::bad_alloc);
  EXPECT_TRUE(is_sample(*runtime::make_ready(device, traced_sample(2), cache), 2));
  EXPECT_FALSE(cache.find(sample_key(1).identity));
  EXPECT_EQ(cache.lock(sample_key(1).identity)->outcome(), cache::KeyLock::Outcome::alone);
  set_compile_function(before);
}

TEST(Fault, TheCompilersProcessDies) {
  const TemporaryDirectory root;
  FakeDevice device;
  DiskCache cache(settings_in(root.path()));
  const CompileFunction before =
      set_compile_function([](std::span<const std::byte>) -> std::vector<std::byte> {
        throw Error(ErrorCode::environment, {.where = "process", .problem = "it died"});
      });
  const auto traced = traced_sample(1);
  const std::string which = "process: error: " + cache::manifest_line(traced.key) + ": it died";
  expect_error(ErrorCode::environment, {which.c_str()},
               [&] { runtime::make_ready(device, traced, cache); });
  set_compile_function(before);
}

TEST(Fault, CompilerGivesGarbage) {
  const TemporaryDirectory root;
  FakeDevice device;
  DiskCache cache(settings_in(root.path()));
  const CompileFunction before =
      set_compile_function([](std::span<const std::byte>) -> std::vector<std::byte> {
        return std::vector<std::byte>(100, std::byte{7});
      });
  expect_error(ErrorCode::corrupt_data, {"entry"},
               [&] { runtime::make_ready(device, traced_sample(1), cache); });
  EXPECT_EQ(cache.counters().stores, 0u);
  set_compile_function(before);
}

TEST(Fault, MallocFails) {
  const TemporaryDirectory count;
  const CountingCompiler compiler(count / "runs", 0);
  int nth = 0;
  for (bool failed = true; failed; ++nth) {
    const TemporaryDirectory root;
    const auto traced = traced_sample(2);
    FakeDevice device;
    DiskCache cache(settings_in(root.path()));
    store_sample(cache, 1);
    const LogLines log;
    const long before = FailingMemory::live();
    try {
      FailingMemory memory(nth + 1);
      const auto ready = runtime::make_ready(device, traced, cache);
      memory.stop();
      ASSERT_TRUE(is_sample(*ready, 2)) << nth;
    } catch (const std::bad_alloc&) {
    }
    failed = FailingMemory::failed();
    // What static objects take at their first use stays; the later rounds are exact.
    if (nth > 3) {
      EXPECT_LE(FailingMemory::live() - before, 2) << "allocation " << nth + 1;
    }
    EXPECT_TRUE(is_sample(*runtime::make_ready(device, traced, cache), 2)) << nth;
    EXPECT_TRUE(is_sample(*runtime::make_ready(device, traced_sample(1), cache), 1)) << nth;
  }
  std::printf("%d allocations, each failing once\n", nth - 1);
  EXPECT_GT(nth, 20);
}

}  // namespace
}  // namespace tegula
