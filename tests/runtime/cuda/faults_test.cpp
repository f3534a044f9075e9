// Every call of the driver failing in turn. The suite's name has it run before all others: the
// children that it forks could not use a driver that this process had opened.
#include <sys/wait.h>
#include <unistd.h>

#include "tegula/event.h"
#include "tests/runtime/cuda/cuda_fixture.h"

namespace tegula::testing {
namespace {

/// The N-th call of the driver fails, once and for good, for every N until none is left to fail:
/// an Error each time, nothing lost, and all is well afterwards.
TEST(CudaFaultsDeathTest, EveryCallThatCanFail) {
  for (const bool for_good : {false, true}) {
    int rounds = 0;
    for (std::uint64_t n = 1;; ++n) {
      int status = 0;
      const pid_t child = ::fork();
      if (child == 0) {
        FakeCuda& fake = *fake_cuda();
        set_compile_function(compile_for_cuda);
        fake.fail_at = n;
        fake.fail_for_good = for_good;
        const auto scenario = [] {
          Stream stream = Stream::create(open_device("cuda:0"));
          Event start = Event::create(stream.device(), Event::Timing::on);
          Event end = Event::create(stream.device(), Event::Timing::on);
          start.record(stream);
          Tensor x = stream.empty(f32, {5, 96});
          const Tensor y = stream.empty(f32, {5, 96});
          std::vector<float> values(5 * 96, 1);
          x.copy_from_host(values.data(), values.size() * sizeof(float));
          scale_kernel.launch(stream, x, y, 2.0f);
          y.copy_to_host(values.data(), values.size() * sizeof(float));
          end.record(stream);
          stream.wait(end);
          if (end.is_done()) elapsed_ms(start, end);
          stream.synchronize();
        };
        int code = 0;  // 0: nothing failed
        try {
          scenario();
        } catch (const Error&) {
          code = 1;
        } catch (...) {
          code = 2;
        }
        if (code == 1) {
          // A driver that refuses everything cannot be given anything back.
          const bool clean = for_good || (fake.memory.empty() && fake.events.empty() &&
                                          fake_cuda_current() == nullptr);
          fake.fail_at = 0;
          try {
            scenario();
          } catch (...) {
            code = 3;
          }
          if (!clean || (!for_good &&
                         (!fake.memory.empty() || !fake.streams.empty() || !fake.events.empty())))
            code = 4;
        }
        // The device stays open, and has one context and pool, however often opening it failed.
        if (code == 1 && (fake.retained.size() != 1 || fake.pools.size() != 1)) code = 6;
        if (!fake.misuses.empty()) code = 5;
        ::_exit(code);
      }
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      ASSERT_TRUE(WIFEXITED(status)) << "call " << n << " of the driver killed the process";
      const int code = WEXITSTATUS(status);
      ASSERT_LE(code, 1) << "call " << n << ", for good: " << for_good;
      if (code == 0 && n > 60) break;  // beyond the last call
      rounds += code;
    }
    EXPECT_GE(rounds, 35) << "calls that can fail";
    RecordProperty(for_good ? "failed_for_good" : "failed_once", rounds);
  }
}

}  // namespace
}  // namespace tegula::testing
