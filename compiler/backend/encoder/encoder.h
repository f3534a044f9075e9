// The sim target: LLVM module to simulator image. It encodes the same module that becomes PTX, so
// the simulator runs what the lowering has made.
#pragma once

#include <string>

#include "dsl/program/program.h"
#include "runtime/format/image.h"

namespace llvm {
class Module;
}

namespace tegula::compiler {

/// `program` gives instruction numbers for source lines. Throws Error{unsupported}, which shows the
/// instruction, at the author's line, for an instruction, intrinsic or constant that the image
/// cannot express.
format::Image encode_image(const llvm::Module& module, const program::Program& program,
                           std::string_view arch, std::uint32_t warps);

}  // namespace tegula::compiler
