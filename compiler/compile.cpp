#include <fmt/format.h>

#include "compiler/job.h"
#include "compiler/target/assembler.h"
#include "dsl/program/abi.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/raw_ostream.h"
#include "runtime/format/image.h"
#include "tegula/compile.h"
#include "tegula/compiler.h"
#include "tegula/error.h"

namespace tegula::compiler {
namespace {

format::Bytes as_bytes(std::string_view text) {
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

/// The entry without a payload, from what the job has by now.
format::Entry describe(const program::Program& program, std::string_view arch, Job& job) {
  format::Entry entry;
  entry.program = program::content_hash(program);
  entry.arch = arch;
  entry.launch = program::launch_record(program);
  entry.milliseconds = job.milliseconds;
  entry.remarks = job.remarks;
  return entry;
}

void assemble_into(format::Entry& entry, Job& job, std::string_view ptx, std::string_view arch) {
  Cubin cubin = job.timed("assemble", [&] { return assemble(ptx, arch); });
  entry.payload_kind = format::PayloadKind::cubin;
  entry.payload = std::move(cubin.bytes);
  entry.resources = cubin.resources;
  entry.assembler = cubin.assembler;
  entry.milliseconds = job.milliseconds;
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

std::vector<std::byte> compile_request(std::span<const std::byte> request_bytes) {
  const CompileRequest request = read_compile_request(request_bytes);
  const program::Program program = program::deserialise(request.program);
  const std::string& arch = request.target.arch;
  Job job(program, arch);
  job.import();
  job.assign_layouts();
  job.lower();
  job.translate();
  if (request.target.backend == Target::Backend::sim) {
    const format::Image image = job.encode();
    format::Entry entry = describe(program, arch, job);
    entry.payload_kind = format::PayloadKind::image;
    entry.payload = format::serialise(image);
    entry.resources.shared_bytes = image.shared_bytes;
    return format::serialise(entry);
  }
  const std::string ptx = job.emit_ptx();
  format::Entry entry = describe(program, arch, job);
  assemble_into(entry, job, ptx, arch);
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
  if (stage == Stage::ptx && assemblers().empty()) return result;
  assemble_into(result.entry, job, ptx, target.arch);
  if (stage == Stage::cubin) result.bytes = std::move(result.entry.payload);
  result.entry.payload.clear();
  return result;
}

}  // namespace tegula::compiler
