// Events on devices that have done everything when a call returns.
#include "tegula/event.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tegula/simulator.h"
#include "tests/runtime/expect_error.h"

namespace tegula {
namespace {

using testing::expect_error;

TEST(Events, TimesBetweenThem) {
  Stream stream(make_sim_device("sm_80"));
  Event from = Event::create(stream.device(), Event::Timing::on);
  Event to = Event::create(stream.device(), Event::Timing::on);
  EXPECT_FALSE(from.is_recorded());
  from.record(stream);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  to.record(stream);
  EXPECT_TRUE(to.is_recorded());
  EXPECT_TRUE(to.is_done());
  to.synchronize();
  const double first = elapsed_ms(from, to);
  EXPECT_GE(first, 20);
  EXPECT_EQ(elapsed_ms(to, from), -first);
  EXPECT_EQ(elapsed_ms(to, to), 0);
  to.record(stream);
  EXPECT_GT(elapsed_ms(from, to), first) << "recorded again";
}

TEST(Events, CopiesAreTheSameEvent) {
  Stream stream(make_sim_device("sm_80"));
  Event event = Event::create(stream.device());
  const Event copy = event;
  const Event moved = std::move(event);
  event.record(stream);
  EXPECT_TRUE(copy.is_recorded());
  EXPECT_TRUE(moved.is_done());
}

TEST(Events, StreamsWait) {
  Stream stream(make_sim_device("sm_80")), other(make_sim_device("sm_90a"));
  Event event = Event::create(stream.device());
  expect_error(ErrorCode::invalid_argument,
               {"Stream::wait: error: event: the event was not recorded", "record(stream)"},
               [&] { stream.wait(event); });
  event.record(stream);
  stream.wait(event);
  other.wait(event);
}

TEST(Events, WhatIsNotRecorded) {
  const auto device = make_sim_device("sm_80");
  const Event event = Event::create(device, Event::Timing::on);
  expect_error(ErrorCode::invalid_argument,
               {"Event::is_done: error: event: the event was not recorded"},
               [&] { event.is_done(); });
  expect_error(ErrorCode::invalid_argument, {"Event::synchronize: error: event: the event was"},
               [&] { event.synchronize(); });
  expect_error(ErrorCode::invalid_argument, {"elapsed_ms: error: event: the event was not"},
               [&] { elapsed_ms(event, event); });
}

TEST(Events, OfAnotherDevice) {
  Stream stream(make_sim_device("sm_80")), other(make_sim_device("sm_90a"));
  Event event = Event::create(stream.device(), Event::Timing::on);
  Event of_other = Event::create(other.device(), Event::Timing::on);
  expect_error(ErrorCode::invalid_argument,
               {"Event::record: error: stream: the stream is of another device (got sim:sm_90a; "
                "wanted sim:sm_80)"},
               [&] { event.record(other); });
  Stream twin(make_sim_device("sm_80"));
  expect_error(ErrorCode::invalid_argument, {"opened twice: share one device"},
               [&] { event.record(twin); });
  event.record(stream);
  of_other.record(other);
  expect_error(ErrorCode::invalid_argument,
               {"elapsed_ms: error: to: the events are of two devices", "got sim:sm_90a"},
               [&] { elapsed_ms(event, of_other); });
  expect_error(ErrorCode::invalid_argument, {"Event::create: error: device: no device is given"},
               [] { Event::create(nullptr); });
}

TEST(Events, WithoutTimes) {
  Stream stream(make_sim_device("sm_80"));
  Event timed = Event::create(stream.device(), Event::Timing::on);
  Event plain = Event::create(stream.device());
  timed.record(stream), plain.record(stream);
  expect_error(ErrorCode::invalid_argument,
               {"elapsed_ms: error: to: the event keeps no time", "Event::Timing::on"},
               [&] { elapsed_ms(timed, plain); });
  expect_error(ErrorCode::invalid_argument, {"elapsed_ms: error: from: the event keeps no time"},
               [&] { elapsed_ms(plain, timed); });
}

}  // namespace
}  // namespace tegula
