// Calls: the markers and intrinsics that the image has opcodes for.
#pragma once

namespace llvm {
class CallInst;
}

namespace tegula::compiler {

class SimWriter;

/// Throws Unencodable for a call of anything else.
void encode_call(SimWriter& writer, const llvm::CallInst& call);

}  // namespace tegula::compiler
