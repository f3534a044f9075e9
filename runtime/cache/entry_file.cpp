#include "runtime/cache/entry_file.h"

namespace tegula::cache {
namespace {

constexpr std::uint32_t magic = 0x434c4754;  // "TGLC"

}  // namespace

format::Bytes seal(const Key& key, std::span<const std::byte> entry) {
  format::Writer body;
  write(body, key);
  body.put(entry);
  const format::Hash128 checksum = format::hash128(body.bytes());
  format::Writer file;
  file.put(magic);
  file.put(entry_file_version);
  file.put(checksum.low);
  file.put(checksum.high);
  file.raw(body.bytes());
  return file.take();
}

EntryFile unseal(std::span<const std::byte> bytes) {
  format::Reader r(bytes, "cache file");
  if (r.get<std::uint32_t>() != magic) r.fail("this is no cache file");
  if (r.get<std::uint32_t>() != entry_file_version) r.fail("the file is of another version");
  format::Hash128 checksum;
  checksum.low = r.get<std::uint64_t>();
  checksum.high = r.get<std::uint64_t>();
  if (checksum != format::hash128(bytes.subspan(r.position()))) r.fail("the checksum is wrong");
  EntryFile file;
  file.key = read_key(r);
  file.entry = r.get_blob();
  r.finish();
  return file;
}

}  // namespace tegula::cache
