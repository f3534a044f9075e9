// Events and what they ask of the driver.
#include "tegula/event.h"

#include "tests/runtime/cuda/cuda_fixture.h"

namespace tegula::testing {
namespace {

using CudaEvents = Cuda;

TEST_F(CudaEvents, TimesAreTheDrivers) {
  Stream stream(open_device("cuda:0"));
  Event from = Event::create(stream.device(), Event::Timing::on);
  Event to = Event::create(stream.device(), Event::Timing::on);
  fake.clock = 2;
  from.record(stream);
  fake.clock = 5.5;
  to.record(stream);
  fake.busy = true;
  EXPECT_FALSE(to.is_done());
  EXPECT_EQ(elapsed_ms(from, to), 3.5) << "waits first";
  EXPECT_TRUE(to.is_done());
  EXPECT_EQ(fake_cuda_current(), nullptr);
}

TEST_F(CudaEvents, EndWithTheirLastCopy) {
  {
    const Event event = Event::create(open_device("cuda:0"));
    EXPECT_FALSE(fake.events.at(event.native()).timing);
    Event copy = event;
    copy = Event::create(open_device("cuda:1"), Event::Timing::on);
    EXPECT_TRUE(fake.events.at(copy.native()).timing);
    EXPECT_EQ(fake.events.size(), 2U);
  }
  EXPECT_TRUE(fake.events.empty());
}

TEST_F(CudaEvents, AStreamWaitsForAnotherOfAnyGpu) {
  Stream first = Stream::create(open_device("cuda:0"));
  Stream second = Stream::create(open_device("cuda:0"));
  Stream elsewhere = Stream::create(open_device("cuda:1"));
  Event event = Event::create(first.device());
  event.record(first);
  second.wait(event);
  elsewhere.wait(event);
  using Wait = std::pair<void*, void*>;
  EXPECT_EQ(fake.waits, (std::vector{Wait(second.native(), event.native()),
                                     Wait(elsewhere.native(), event.native())}));
  EXPECT_EQ(fake.calls_of["cuEventSynchronize"], 0U) << "the host does not wait";
}

TEST_F(CudaEvents, OfAnotherDevice) {
  Stream stream(open_device("cuda:0")), other(open_device("cuda:1")), sim(open_device("sim"));
  Event event = Event::create(stream.device());
  expect_error(ErrorCode::invalid_argument,
               {"Event::record: error: stream: the stream is of another device (got cuda:1; wanted "
                "cuda:0)"},
               [&] { event.record(other); });
  event.record(stream);
  expect_error(ErrorCode::invalid_argument,
               {"Stream::wait: error: event: the event is of another kind of device (got cuda:0; "
                "wanted sim:sm_90a)",
                "event.synchronize()"},
               [&] { sim.wait(event); });
}

/// An event joins streams to a capture; what would ask for its time or end the capture is refused,
/// and events from before the capture stay of use.
TEST_F(CudaEvents, Captured) {
  Stream stream = Stream::create(open_device("cuda:0"));
  Stream joined = Stream::create(open_device("cuda:0"));
  Event before = Event::create(stream.device(), Event::Timing::on);
  Event captured = Event::create(stream.device(), Event::Timing::on);
  before.record(stream);
  fake.capturing.insert(stream.native());
  captured.record(stream);
  joined.wait(captured);
  EXPECT_EQ(fake.waits.size(), 1U);
  EXPECT_TRUE(before.is_done());
  before.synchronize();
  const auto refused = {"cuda:0", "(907)", "a place in the graph"};
  expect_error(ErrorCode::environment, refused, [&] { captured.is_done(); });
  expect_error(ErrorCode::environment, refused, [&] { captured.synchronize(); });
  expect_error(ErrorCode::environment, refused, [&] { elapsed_ms(before, captured); });
  fake.capturing.clear();
  captured.record(stream);
  EXPECT_TRUE(captured.is_done());
}

TEST_F(CudaEvents, AFaultOfAKernelShowsHere) {
  Stream stream(open_device("cuda:0"));
  Event event = Event::create(stream.device());
  event.record(stream);
  fake.fail_result = cuda::illegal_address;
  for (const char* call : {"cuEventSynchronize", "cuEventQuery"}) {
    fake.fail_function = call;
    expect_error(ErrorCode::device_fault, {"cuda:0", call, "(700)"}, [&] {
      if (fake.fail_function == "cuEventQuery")
        event.is_done();
      else
        event.synchronize();
    });
  }
}

TEST_F(CudaEvents, WhatFailsToBeRecordedIsNot) {
  Stream stream(open_device("cuda:0"));
  Event event = Event::create(stream.device());
  fake.fail_function = "cuEventRecord";
  EXPECT_THROW(event.record(stream), Error);
  EXPECT_FALSE(event.is_recorded());
  fake.fail_function = "cuEventCreate";
  EXPECT_THROW(Event::create(stream.device()), Error);
  EXPECT_EQ(fake.events.size(), 1U);
}

}  // namespace
}  // namespace tegula::testing
