// Markers: operations without an LLVM intrinsic, as calls to functions named `tegula.*`. The
// lowering calls them by name, LLVM's passes see what memory they touch, the PTX target replaces
// them as its last step, the simulator's encoder has them say themselves in its image's words.
//
// A family of markers is a file of this folder, NAME.cpp, which defines NAME_markers().
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace llvm {
class CallInst;
class Function;
}  // namespace llvm

namespace tegula::compiler {

class SimWriter;

class Marker {
 public:
  explicit Marker(std::string name) : name_(std::move(name)) {}
  virtual ~Marker() = default;

  /// "tegula.WORDS", with points between. Functions of one marker that differ in attributes or
  /// types have a number behind it: "tegula.print.3".
  const std::string& name() const { return name_; }

  /// What LLVM may assume of a call: what memory it touches, and that it returns.
  virtual void annotate(llvm::Function& function) const = 0;
  /// PTX only: puts something else before the call, and in the place of its value.
  virtual void replace(llvm::CallInst& call) const = 0;
  /// The simulator only: appends its instructions. Throws Unencodable.
  virtual void encode(SimWriter& writer, const llvm::CallInst& call) const = 0;

 private:
  std::string name_;
};

using Markers = std::vector<std::unique_ptr<const Marker>>;

}  // namespace tegula::compiler
