#include "runtime/format/entry.h"

#include <fmt/format.h>

#include "tegula/error.h"

namespace tegula::format {
namespace {

constexpr std::uint32_t entry_magic = 0x454c4754;  // "TGLE"
constexpr std::size_t checksum_at = 8;             // behind magic and version
constexpr std::size_t fields_at = checksum_at + 16;

constexpr std::array<std::int64_t Resources::*, 6> resource_fields = {
    &Resources::registers,    &Resources::spill_store_bytes, &Resources::spill_load_bytes,
    &Resources::shared_bytes, &Resources::stack_bytes,       &Resources::barriers};

Bytes fields(const Entry& e) {
  Writer w;
  w.put(e.program.low);
  w.put(e.program.high);
  w.put(e.arch);
  w.put(e.payload_kind);
  w.put(e.assembler);
  w.put(std::span<const std::byte>(e.payload));
  for (const auto field : resource_fields) w.put(e.resources.*field);
  write(w, e.launch);
  w.list(e.milliseconds, [&](const auto& phase) {
    w.put(phase.first);
    w.put(phase.second);
  });
  w.list(e.remarks, [&](const Remark& remark) {
    w.put(remark.pass);
    w.put(remark.location);
    w.put(remark.text);
  });
  return w.take();
}

}  // namespace

Bytes serialise(const Entry& entry) {
  const Bytes body = fields(entry);
  const Hash128 checksum = hash128(body);
  Writer w;
  w.put(entry_magic);
  w.put(entry_version);
  w.put(checksum.low);
  w.put(checksum.high);
  w.raw(body);
  return w.take();
}

Entry read_entry(std::span<const std::byte> bytes) {
  Reader r(bytes, "entry");
  if (r.get<std::uint32_t>() != entry_magic) r.fail("this is no entry: the magic number is wrong");
  const auto version = r.get<std::uint32_t>();
  if (version != entry_version)
    r.fail(fmt::format("the format version is {}, not {}", version, entry_version));
  Hash128 checksum;
  checksum.low = r.get<std::uint64_t>();
  checksum.high = r.get<std::uint64_t>();
  // Magic and version need no cover: a change there has been found above.
  if (hash128(bytes.subspan(fields_at)) != checksum) r.fail("the checksum is wrong");

  Entry e;
  e.program.low = r.get<std::uint64_t>();
  e.program.high = r.get<std::uint64_t>();
  e.arch = r.get_string();
  e.payload_kind = r.get_enum<PayloadKind>(payload_kind_count);
  e.assembler = r.get_string();
  e.payload = r.get_blob();
  for (const auto field : resource_fields) e.resources.*field = r.get<std::int64_t>();
  e.launch = read_launch_record(r);
  e.milliseconds.resize(r.get_count(4 + 8));
  for (auto& phase : e.milliseconds) {
    phase.first = r.get_string();
    phase.second = r.get<double>();
  }
  e.remarks.resize(r.get_count(3 * 4));
  for (auto& remark : e.remarks) {
    remark.pass = r.get_string();
    remark.location = r.get_string();
    remark.text = r.get_string();
  }
  r.finish();
  return e;
}

}  // namespace tegula::format
