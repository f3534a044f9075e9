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
/// instruction, intrinsic or constant that the image has no way to say: it shows the instruction,
/// at the author's line.
format::Image encode_image(const llvm::Module& module, const program::Program& program,
                           std::string_view arch, std::uint32_t warps);

}  // namespace tegula::compiler
