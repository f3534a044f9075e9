// The markers of print and assert:
//   tegula.print.N(values..., i1 predicate)    a line, printed by lanes whose predicate is true
//   tegula.assert.N(i1 or <n x i1> truths)     a fault unless all are true
// Each call has a function of its own (N), whose attribute `tegula.text` is the text. In it `{}`
// stands for a value, `{u}` for an integer without sign, `{{` and `}}` for braces.
#pragma once

#include <string>
#include <string_view>

namespace llvm {
class CallInst;
class Function;
}  // namespace llvm

namespace tegula::compiler {

inline constexpr std::string_view print_marker_prefix = "tegula.print.";
inline constexpr std::string_view assert_marker_prefix = "tegula.assert.";
inline constexpr std::string_view marker_text_attribute = "tegula.text";

bool is_print_marker(std::string_view name);
bool is_assert_marker(std::string_view name);
/// The text of a print or assert marker.
std::string marker_text(const llvm::Function& function);

void annotate_author_marker(llvm::Function& function);

/// PTX only: calls of `vprintf`, which the driver's linker knows. A line of more values than CUDA
/// prints at once (32) takes several calls, between which other blocks may print.
void replace_print(llvm::CallInst& call);
/// PTX only: a call of `__assertfail`, which the driver's linker knows, where a truth is false. It
/// reports the text, the author's line and the block, and ends the launch.
void replace_assert(llvm::CallInst& call);

}  // namespace tegula::compiler
