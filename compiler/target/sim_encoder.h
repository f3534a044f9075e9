// The sim target: LLVM module to simulator image. It decodes the very module that becomes PTX, so
// what the simulator runs is true to the lowering.
#pragma once

#include <string>

#include "dsl/program/program.h"
#include "runtime/format/image.h"

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// `program` gives instruction numbers for source lines. Throws Error{unsupported} for an
/// instruction or intrinsic that the image has no opcode for, naming it.
format::Image encode_image(const llvm::Module& module, const program::Program& program,
                           std::string_view arch, std::uint32_t warps);

}  // namespace tegula::compiler
