#include "runtime/cache/entry_file.h"

#include "tests/runtime/cache/sample_kernel.h"
#include "tests/runtime/expect_error.h"

namespace tegula {
namespace {

using testing::expect_error;
using testing::sample_bytes;
using testing::sample_key;

TEST(EntryFile, RoundTrips) {
  const auto bytes = cache::seal(sample_key(3), sample_bytes(3));
  const cache::EntryFile file = cache::unseal(bytes);
  EXPECT_EQ(file.key.identity, sample_key(3).identity);
  EXPECT_EQ(file.key.facts, sample_key(3).facts);
  EXPECT_EQ(file.entry, sample_bytes(3));
}

TEST(EntryFile, EveryFlippedByteIsFound) {
  const auto bytes = cache::seal(sample_key(3), sample_bytes(3, 100));
  int found = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (const int flip : {0x01, 0x80, 0xff}) {
      auto damaged = bytes;
      damaged[at] ^= static_cast<std::byte>(flip);
      expect_error(ErrorCode::corrupt_data, {"cache file"}, [&] { cache::unseal(damaged); });
      ++found;
    }
  std::printf("%d flips of %zu bytes, each found\n", found, bytes.size());
}

TEST(EntryFile, EveryTruncationIsFound) {
  const auto bytes = cache::seal(sample_key(3), sample_bytes(3, 100));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    expect_error(ErrorCode::corrupt_data, {"cache file"},
                 [&] { cache::unseal(std::span(bytes).first(size)); });
  std::printf("%zu truncations, each found\n", bytes.size());
}

TEST(EntryFile, BytesBehindTheEndAreFound) {
  auto bytes = cache::seal(sample_key(3), sample_bytes(3));
  bytes.push_back(std::byte{0});
  expect_error(ErrorCode::corrupt_data, {"cache file"}, [&] { cache::unseal(bytes); });
}

TEST(Key, NamesAreFixedLengthHexadecimal) {
  const std::string name = cache::name_of(sample_key(3).identity);
  EXPECT_TRUE(cache::is_name(name)) << name;
  for (const std::string other :
       {"", "..", "lock", "history", "../../../etc/passwd", "0123456789ABCDEF0123456789ABCDEF"})
    EXPECT_FALSE(cache::is_name(other)) << other;
}

TEST(Key, EveryPartOfTheIdentityTellsKernelsApart) {
  const cache::Identity one = sample_key(3).identity;
  std::vector<cache::Identity> others(5, one);
  others[0].program.low ^= 1;
  others[1].program.high ^= 1;
  others[2].target.backend = Target::Backend::ptx;
  others[3].target.arch = "sm_90a";
  others[4].compiler += "x";
  for (const cache::Identity& other : others) EXPECT_NE(cache::name_of(one), cache::name_of(other));
}

TEST(Key, FactsAreForPeopleAlone) {
  cache::Key key = sample_key(3);
  key.facts.clear();
  EXPECT_EQ(cache::name_of(key.identity), cache::name_of(sample_key(3).identity));
}

TEST(Key, IsAManifestLine) {
  EXPECT_EQ(cache::manifest_line(sample_key(64)),
            "scale x=*x4096:f32@4096,1%16 config=bn:64 arch=sim:sm_80");
}

}  // namespace
}  // namespace tegula
