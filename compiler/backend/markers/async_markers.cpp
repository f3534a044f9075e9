#include "compiler/backend/markers/async_markers.h"

#include <charconv>

#include "llvm/IR/Constants.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/ModRef.h"

namespace tegula::compiler {
namespace {

constexpr std::string_view copy_prefix = "tegula.async_copy.", commit_name = "tegula.async_commit",
                           wait_prefix = "tegula.async_wait.";

/// The whole text as a number.
std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string AsyncMarker::name() const {
  if (kind == Kind::commit) return std::string(commit_name);
  if (kind == Kind::wait) return std::string(wait_prefix) + std::to_string(pending);
  return std::string(copy_prefix) + (cached ? "l1." : "l2.") + std::to_string(bytes);
}

std::optional<AsyncMarker> parse_async_marker(std::string_view name) {
  AsyncMarker marker;
  if (name == commit_name) {
    marker.kind = AsyncMarker::Kind::commit;
  } else if (name.starts_with(wait_prefix)) {
    const auto pending = number(name.substr(wait_prefix.size()));
    if (!pending) return std::nullopt;
    marker.kind = AsyncMarker::Kind::wait;
    marker.pending = *pending;
  } else if (name.starts_with(copy_prefix)) {
    name.remove_prefix(copy_prefix.size());
    marker.cached = name.starts_with("l1.");
    const auto bytes = number(name.substr(3));
    if (!bytes) return std::nullopt;
    marker.bytes = *bytes;
  } else {
    return std::nullopt;
  }
  return marker;
}

void annotate_async_marker(llvm::Function& function) {
  function.setDoesNotThrow();
  function.setWillReturn();
  function.setNoSync();
  function.setMemoryEffects(llvm::MemoryEffects::argMemOnly());
  if (function.arg_size() < 2) return;
  function.addParamAttr(0, llvm::Attribute::WriteOnly);
  function.addParamAttr(1, llvm::Attribute::ReadOnly);
}

void replace_async(llvm::CallInst& call, const AsyncMarker& marker) {
  llvm::IRBuilder<> b(&call);
  std::string text, constraints;
  llvm::SmallVector<llvm::Value*> values;
  switch (marker.kind) {
    case AsyncMarker::Kind::commit:
      text = "cp.async.commit_group;";
      break;
    case AsyncMarker::Kind::wait:
      text = llvm::formatv("cp.async.wait_group {0};", marker.pending);
      break;
    case AsyncMarker::Kind::copy: {
      values = {call.getArgOperand(0), call.getArgOperand(1)};
      constraints = "r,l,";
      const auto* whole = llvm::dyn_cast<llvm::ConstantInt>(call.getArgOperand(2));
      const bool is_whole =
          whole != nullptr && whole->getZExtValue() == static_cast<std::uint64_t>(marker.bytes);
      if (!is_whole) {
        values.push_back(call.getArgOperand(2));
        constraints += "r,";
      }
      text = llvm::formatv("cp.async.{0}.shared.global [$0], [$1], {1}{2};",
                           marker.cached ? "ca" : "cg", marker.bytes, is_whole ? "" : ", $2");
    }
  }
  constraints += "~{memory}";
  llvm::SmallVector<llvm::Type*> types;
  for (llvm::Value* v : values) types.push_back(v->getType());
  auto* assembly = llvm::InlineAsm::get(llvm::FunctionType::get(b.getVoidTy(), types, false), text,
                                        constraints, /*hasSideEffects=*/true);
  b.CreateCall(assembly, values);
}

}  // namespace tegula::compiler
