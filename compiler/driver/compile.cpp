#include <fmt/format.h>

#include "compiler/backend/ptx/assembler.h"
#include "compiler/backend/ptx/resources.h"
#include "compiler/driver/dump.h"
#include "compiler/driver/job.h"
#include "dsl/program/abi.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/raw_ostream.h"
#include "runtime/format/image.h"
#include "tegula/compile_request.h"
#include "tegula/compiler.h"
#include "tegula/error.h"

namespace tegula::compiler {
namespace {

format::Bytes as_bytes(std::string_view text) {
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

/// The entry without a payload, from the job's state so far.
format::Entry describe(const program::Program& program, std::string_view arch, Job& job) {
  format::Entry entry;
  entry.program = program::content_hash(program);
  entry.arch = arch;
  entry.launch = program::launch_record(program);
  entry.launch.dynamic_shared = static_cast<std::uint32_t>(job.dynamic_shared_bytes());
  entry.milliseconds = job.milliseconds;
  entry.remarks = job.remarks;
  return entry;
}

std::string config_text(const program::Program& program) {
  std::string text;
  for (const program::ConfigField& field : program.config)
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", field.name, field.value);
  return text;
}

/// Throws Error{unsupported} if code is made for another architecture than the one requested.
void assemble_into(format::Entry& entry, Job& job, std::string_view ptx,
                   const std::string& config) {
  if (job.target().is_baseline())
    throw Error(ErrorCode::unsupported,
                {.argument = "arch",
                 .problem = "a cubin needs an architecture that is known; the driver's JIT makes "
                            "one from PTX",
                 .got = job.target().name,
                 .wanted = "one of " + format::architecture_names(),
                 .hint = "use the PTX"});
  Cubin cubin = job.timed("assemble", [&] { return assemble(ptx, job.target().name); });
  entry.payload_kind = format::PayloadKind::cubin;
  entry.payload = std::move(cubin.bytes);
  entry.resources = cubin.resources;
  if (entry.resources.shared_bytes >= 0)
    entry.resources.shared_bytes += entry.launch.dynamic_shared;
  entry.assembler = cubin.assembler;
  entry.milliseconds = job.milliseconds;
  check_resources(entry, config);
}

std::string print(mlir::ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream);
  return text + "\n";
}

std::string print(const llvm::Module& module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream, nullptr);
  return text;
}

}  // namespace

std::vector<std::byte> serve(std::span<const std::byte> request) {
  switch (format::request_kind(request)) {
    case format::RequestKind::compile:
      return compile_request(request);
    case format::RequestKind::emit: {
      const format::EmitRequest asked = format::read_emit_request(request);
      return format::serialise(emit(asked.program, asked.target, asked.stage));
    }
    case format::RequestKind::assemblers:
      return format::serialise(assemblers());
  }
  throw InternalError("a kind of request that nothing serves");
}

std::vector<std::byte> compile_request(std::span<const std::byte> request_bytes) {
  const CompileRequest request = read_compile_request(request_bytes);
  const program::Program program = program::deserialise(request.program);
  const std::string& arch = request.target.arch;
  Job job(program, arch);
  const Dump dump(program, arch);
  if (dump.is_on()) dump.write("program", program::to_text(program));
  job.import();
  if (dump.is_on()) dump.write("tile", print(job.module()));
  job.assign_layouts();
  if (dump.is_on()) dump.write("layout", print(job.module()));
  job.lower();
  job.translate();
  if (dump.is_on()) dump.write("llvm", print(job.llvm_module()));
  if (request.target.backend == Target::Backend::sim) {
    const format::Image image = job.encode();
    if (dump.is_on()) dump.write("sim", format::to_text(image));
    format::Entry entry = describe(program, arch, job);
    entry.payload_kind = format::PayloadKind::image;
    entry.payload = format::serialise(image);
    entry.resources.shared_bytes = image.shared_bytes + entry.launch.dynamic_shared;
    return format::serialise(entry);
  }
  const std::string ptx = job.emit_ptx();
  dump.write("ptx", ptx);
  format::Entry entry = describe(program, arch, job);
  if (job.target().is_baseline() || assemblers().empty()) {
    entry.payload_kind = format::PayloadKind::ptx;
    entry.payload = as_bytes(ptx);
  } else {
    assemble_into(entry, job, ptx, config_text(program));
    dump.write("cubin", entry.payload);
  }
  return format::serialise(entry);
}

Emitted emit(std::span<const std::byte> program_bytes, const Target& target, Stage stage) {
  const program::Program program = program::deserialise(program_bytes);
  Job job(program, target.arch);
  Emitted result;
  const auto finish = [&](format::Bytes bytes) -> Emitted& {
    result.bytes = std::move(bytes);
    result.entry = describe(program, target.arch, job);
    return result;
  };
  job.import();
  if (stage == Stage::tile) return finish(as_bytes(print(job.module())));
  job.assign_layouts();
  if (stage == Stage::layout) return finish(as_bytes(print(job.module())));
  job.lower();
  job.translate();
  if (stage == Stage::llvm) return finish(as_bytes(print(job.llvm_module())));
  if (stage == Stage::sim) return finish(as_bytes(format::to_text(job.encode())));
  const std::string ptx = job.emit_ptx();
  finish(as_bytes(ptx));
  // The PTX is good without an assembler; its resources are known only with one.
  if (stage == Stage::ptx && (assemblers().empty() || job.target().is_baseline())) return result;
  assemble_into(result.entry, job, ptx, config_text(program));
  if (stage == Stage::cubin) result.bytes = std::move(result.entry.payload);
  result.entry.payload.clear();
  return result;
}

}  // namespace tegula::compiler
