#include "runtime/format/compiler_call.h"

#include <gtest/gtest.h>

#include <new>

#include "tegula/compile_request.h"
#include "tegula/error.h"
#include "tests/runtime/format/sample_entry.h"

namespace tegula::format {
namespace {

Bytes bytes_of(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

/// Every truncation of what can be read throws Error{corrupt_data}.
template <class Read>
void expect_all_of_it_needed(const Bytes& bytes, Read read) {
  EXPECT_NO_THROW(read(bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    try {
      read(std::span(bytes).first(size));
      ADD_FAILURE() << size << " of " << bytes.size() << " bytes were enough";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
    }
  }
}

TEST(CompilerCall, KindsOfRequests) {
  EXPECT_EQ(request_kind(serialise(CompileRequest{})), RequestKind::compile);
  EXPECT_EQ(request_kind(serialise(EmitRequest{})), RequestKind::emit);
  EXPECT_EQ(request_kind(assemblers_request()), RequestKind::assemblers);
  EXPECT_THROW(request_kind(bytes_of({1, 2, 3, 4})), Error);
  EXPECT_THROW(request_kind({}), Error);
}

TEST(CompilerCall, EmitRequestsRoundTrip) {
  const EmitRequest request{bytes_of({5, 6, 7}), {Target::Backend::sim, "sm_80"}, Stage::cubin};
  const EmitRequest read = read_emit_request(serialise(request));
  EXPECT_EQ(read.program, request.program);
  EXPECT_EQ(read.target, request.target);
  EXPECT_EQ(read.stage, request.stage);
  expect_all_of_it_needed(serialise(request),
                          [](std::span<const std::byte> bytes) { read_emit_request(bytes); });
}

TEST(CompilerCall, EmittedStagesRoundTrip) {
  const Emitted emitted{bytes_of({1, 2, 3, 4}), testing::sample_entry()};
  const Emitted read = read_emitted(serialise(emitted));
  EXPECT_EQ(read.bytes, emitted.bytes);
  EXPECT_EQ(serialise(read.entry), serialise(emitted.entry));
  expect_all_of_it_needed(serialise(emitted),
                          [](std::span<const std::byte> bytes) { read_emitted(bytes); });
}

TEST(CompilerCall, AssemblersRoundTrip) {
  const auto bytes = serialise(
      std::vector<AssemblerInfo>{{"nvJitLink", "13.0", "/a/b.so"}, {"ptxas", "13.0.88", "/c"}});
  const auto read = read_assemblers(bytes);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[1].name + read[1].version + read[1].path, "ptxas13.0.88/c");
  expect_all_of_it_needed(bytes, [](std::span<const std::byte> part) { read_assemblers(part); });
}

TEST(CompilerReply, CarriesBytes) {
  const Bytes bytes = bytes_of({9, 8, 7});
  EXPECT_EQ(read_reply(reply([&] { return bytes; })), bytes);
  expect_all_of_it_needed(reply([&] { return bytes; }),
                          [](std::span<const std::byte> part) { read_reply(part); });
}

TEST(CompilerReply, CarriesEveryFieldOfAnError) {
  const auto serve = []() -> Bytes {
    throw Error(ErrorCode::out_of_resources, {"a.cpp:1", "x", "too much", "9", "8", "take less"});
  };
  try {
    read_reply(reply(serve));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::out_of_resources);
    EXPECT_STREQ(error.what(), "a.cpp:1: error: x: too much (got 9; wanted 8); take less");
    EXPECT_EQ(error.details().hint, "take less");
  }
}

TEST(CompilerReply, CarriesOtherExceptions) {
  EXPECT_THROW(read_reply(reply([]() -> Bytes { throw std::bad_alloc(); })), std::bad_alloc);
  try {
    read_reply(reply([]() -> Bytes { throw InternalError("a broken promise"); }));
    FAIL() << "nothing was thrown";
  } catch (const InternalError& error) {
    EXPECT_EQ(error.what(), std::string(InternalError::preamble) + "a broken promise");
  }
  EXPECT_THROW(read_reply(reply([]() -> Bytes { throw std::length_error("too long"); })),
               std::runtime_error);
}

TEST(CompilerReply, RefusesWhatIsNone) {
  EXPECT_THROW(read_reply(bytes_of({77})), Error);         // no such outcome
  EXPECT_THROW(read_reply(bytes_of({1, 200, 0})), Error);  // no such code
}

}  // namespace
}  // namespace tegula::format
