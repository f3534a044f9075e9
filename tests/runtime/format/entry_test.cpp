// Entries through bytes and back; damage never passes the checksum.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tegula/error.h"
#include "tests/runtime/format/sample_entry.h"

namespace tegula::format {
namespace {

std::string rejection(std::span<const std::byte> bytes) {
  try {
    read_entry(bytes);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::corrupt_data);
    return e.what();
  }
  return "";
}

TEST(Entry, SurvivesBytes) {
  const Entry entry = testing::sample_entry();
  const Bytes bytes = serialise(entry);
  const Entry again = read_entry(bytes);
  EXPECT_EQ(again.program, entry.program);
  EXPECT_EQ(again.arch, entry.arch);
  EXPECT_EQ(again.payload_kind, entry.payload_kind);
  EXPECT_EQ(again.assembler, entry.assembler);
  EXPECT_EQ(again.payload, entry.payload);
  EXPECT_EQ(again.resources.registers, 32);
  EXPECT_EQ(again.resources.shared_bytes, 4096);
  EXPECT_EQ(again.resources.barriers, 1);
  EXPECT_EQ(again.launch.function, entry.launch.function);
  EXPECT_EQ(again.milliseconds, entry.milliseconds);
  ASSERT_EQ(again.remarks.size(), 1u);
  EXPECT_EQ(again.remarks[0].text, entry.remarks[0].text);
  EXPECT_EQ(serialise(again), bytes);
}

TEST(Entry, EveryDamageIsFound) {
  const Bytes bytes = serialise(testing::sample_entry());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_NE(rejection(std::span(bytes).first(size)), "") << size;
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (unsigned flip = 1; flip < 256; flip *= 2) {
      Bytes damaged = bytes;
      damaged[at] ^= static_cast<std::byte>(flip);
      EXPECT_NE(rejection(damaged), "") << at;
    }
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_NE(rejection(longer), "");
}

TEST(Entry, SaysWhatIsWrong) {
  Bytes bytes = serialise(testing::sample_entry());
  bytes.back() ^= std::byte{1};
  EXPECT_THAT(rejection(bytes), ::testing::HasSubstr("checksum"));
  bytes[4] = std::byte{99};
  EXPECT_THAT(rejection(bytes), ::testing::HasSubstr("version is 99, not 3"));
  bytes[0] = std::byte{0};
  EXPECT_THAT(rejection(bytes), ::testing::HasSubstr("magic"));
}

}  // namespace
}  // namespace tegula::format
