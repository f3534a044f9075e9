// The bytes of a compile request: a leaf, since both sides of the seam need them.
#include "runtime/format/bytes.h"
#include "tegula/compile.h"

namespace tegula {
namespace {

// "TgRq", then the version of what follows.
constexpr std::uint32_t request_magic = 0x71526754;
constexpr std::uint32_t request_version = 1;
constexpr std::int64_t backend_count = 2;

}  // namespace

std::vector<std::byte> serialise(const CompileRequest& request) {
  format::Writer writer;
  writer.put(request_magic);
  writer.put(request_version);
  writer.put(request.target.backend);
  writer.put(request.target.arch);
  writer.put(std::span<const std::byte>(request.program));
  return writer.take();
}

CompileRequest read_compile_request(std::span<const std::byte> bytes) {
  format::Reader reader(bytes, "compile request");
  if (reader.get<std::uint32_t>() != request_magic) reader.fail("this is no compile request");
  if (reader.get<std::uint32_t>() != request_version)
    reader.fail("the compile request is of another version");
  CompileRequest request;
  request.target.backend = reader.get_enum<Target::Backend>(backend_count);
  request.target.arch = reader.get_string();
  request.program = reader.get_blob();
  reader.finish();
  return request;
}

}  // namespace tegula
