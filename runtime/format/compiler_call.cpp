#include "runtime/format/compiler_call.h"

#include <new>
#include <string_view>

#include "tegula/compile_request.h"
#include "tegula/error.h"

namespace tegula::format {
namespace {

// The first four bytes say what is asked: "TgRq", "TgEm", "TgAs". Then the version of the rest.
constexpr std::uint32_t compile_magic = 0x71526754;
constexpr std::uint32_t emit_magic = 0x6d456754;
constexpr std::uint32_t assemblers_magic = 0x73416754;
constexpr std::uint32_t version = 1;
constexpr std::int64_t backend_count = 2;
constexpr std::int64_t error_code_count = 7;
static_assert(static_cast<int>(ErrorCode::corrupt_data) == error_code_count - 1);

enum class Outcome : std::uint8_t { bytes, error, internal_error, no_memory, other };
constexpr std::int64_t outcome_count = 5;

void put_head(Writer& writer, std::uint32_t magic) {
  writer.put(magic);
  writer.put(version);
}

void read_head(Reader& reader, std::uint32_t magic) {
  if (reader.get<std::uint32_t>() != magic) reader.fail("this is no such request");
  if (reader.get<std::uint32_t>() != version) reader.fail("the request is of another version");
}

void put(Writer& writer, const Target& target) {
  writer.put(target.backend);
  writer.put(target.arch);
}

Target read_target(Reader& reader) {
  Target target;
  target.backend = reader.get_enum<Target::Backend>(backend_count);
  target.arch = reader.get_string();
  return target;
}

constexpr std::string ErrorDetails::*detail_fields[] = {
    &ErrorDetails::where, &ErrorDetails::argument, &ErrorDetails::problem,
    &ErrorDetails::got,   &ErrorDetails::wanted,   &ErrorDetails::hint};

Bytes text_reply(Outcome outcome, std::string_view text) {
  Writer writer;
  writer.put(outcome);
  writer.put(text);
  return writer.take();
}

Bytes error_reply(const Error& error) {
  Writer writer;
  writer.put(Outcome::error);
  writer.put(static_cast<std::uint8_t>(error.code()));
  for (const auto field : detail_fields) writer.put(error.details().*field);
  return writer.take();
}

Error read_error(Reader& reader) {
  const auto code = reader.get<std::uint8_t>();
  if (code >= error_code_count) reader.fail("an error's code is out of range");
  ErrorDetails details;
  for (const auto field : detail_fields) details.*field = reader.get_string();
  reader.finish();
  return Error(static_cast<ErrorCode>(code), std::move(details));
}

}  // namespace

RequestKind request_kind(std::span<const std::byte> request) {
  Reader reader(request, "request to the compiler");
  switch (reader.get<std::uint32_t>()) {
    case compile_magic:
      return RequestKind::compile;
    case emit_magic:
      return RequestKind::emit;
    case assemblers_magic:
      return RequestKind::assemblers;
  }
  reader.fail("there is no such request");
}

Bytes serialise(const EmitRequest& request) {
  Writer writer;
  put_head(writer, emit_magic);
  put(writer, request.target);
  writer.put(request.stage);
  writer.put(std::span<const std::byte>(request.program));
  return writer.take();
}

EmitRequest read_emit_request(std::span<const std::byte> bytes) {
  Reader reader(bytes, "emit request");
  read_head(reader, emit_magic);
  EmitRequest request;
  request.target = read_target(reader);
  request.stage = reader.get_enum<Stage>(stage_count);
  request.program = reader.get_blob();
  reader.finish();
  return request;
}

Bytes serialise(const Emitted& emitted) {
  Writer writer;
  writer.put(std::span<const std::byte>(emitted.bytes));
  writer.put(std::span<const std::byte>(serialise(emitted.entry)));
  return writer.take();
}

Emitted read_emitted(std::span<const std::byte> bytes) {
  Reader reader(bytes, "emitted stage");
  Emitted emitted;
  emitted.bytes = reader.get_blob();
  emitted.entry = read_entry(reader.get_blob());
  reader.finish();
  return emitted;
}

Bytes assemblers_request() {
  Writer writer;
  put_head(writer, assemblers_magic);
  return writer.take();
}

Bytes serialise(const std::vector<AssemblerInfo>& assemblers) {
  Writer writer;
  writer.list(assemblers, [&](const AssemblerInfo& assembler) {
    writer.put(assembler.name);
    writer.put(assembler.version);
    writer.put(assembler.path);
  });
  return writer.take();
}

std::vector<AssemblerInfo> read_assemblers(std::span<const std::byte> bytes) {
  Reader reader(bytes, "list of assemblers");
  std::vector<AssemblerInfo> assemblers(reader.get_count(3 * sizeof(std::uint32_t)));
  for (AssemblerInfo& assembler : assemblers) {
    assembler.name = reader.get_string();
    assembler.version = reader.get_string();
    assembler.path = reader.get_string();
  }
  reader.finish();
  return assemblers;
}

Bytes reply(const std::function<Bytes()>& serve) {
  try {
    const Bytes bytes = serve();
    Writer writer;
    writer.put(Outcome::bytes);
    writer.put(std::span<const std::byte>(bytes));
    return writer.take();
  } catch (const Error& error) {
    return error_reply(error);
  } catch (const InternalError& error) {
    return text_reply(
        Outcome::internal_error,
        std::string_view(error.what()).substr(std::string_view(InternalError::preamble).size()));
  } catch (const std::bad_alloc&) {
    return text_reply(Outcome::no_memory, "");
  } catch (const std::exception& error) {
    return text_reply(Outcome::other, error.what());
  }
}

Bytes read_reply(std::span<const std::byte> reply) {
  Reader reader(reply, "reply of the compiler");
  const auto outcome = reader.get_enum<Outcome>(outcome_count);
  if (outcome == Outcome::error) throw read_error(reader);
  if (outcome == Outcome::bytes) {
    Bytes bytes = reader.get_blob();
    reader.finish();
    return bytes;
  }
  const std::string text = reader.get_string();
  reader.finish();
  if (outcome == Outcome::no_memory) throw std::bad_alloc();
  if (outcome == Outcome::internal_error) throw InternalError(text);
  throw std::runtime_error(text);
}

}  // namespace tegula::format

namespace tegula {

std::vector<std::byte> serialise(const CompileRequest& request) {
  format::Writer writer;
  format::put_head(writer, format::compile_magic);
  format::put(writer, request.target);
  writer.put(std::span<const std::byte>(request.program));
  return writer.take();
}

CompileRequest read_compile_request(std::span<const std::byte> bytes) {
  format::Reader reader(bytes, "compile request");
  format::read_head(reader, format::compile_magic);
  CompileRequest request;
  request.target = format::read_target(reader);
  request.program = reader.get_blob();
  reader.finish();
  return request;
}

}  // namespace tegula
