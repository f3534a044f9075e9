// Markers: operations without an LLVM intrinsic, as calls to functions named `tegula.*`. The
// lowering calls them by name, LLVM's passes know what memory they touch, the PTX target replaces
// them as its last step, and for the simulator each encodes itself as instructions of the image.
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

  /// "tegula.WORD.WORD...". Functions of one marker that differ in attributes or types have a
  /// number appended: "tegula.print.3".
  const std::string& name() const { return name_; }

  /// What LLVM may assume of a call: what memory it touches, and that it returns.
  virtual void annotate(llvm::Function& function) const = 0;
  /// PTX only: inserts the replacement before the call, and replaces the call's value.
  virtual void replace(llvm::CallInst& call) const = 0;
  /// The simulator only: appends its instructions. Throws Unencodable.
  virtual void encode(SimWriter& writer, const llvm::CallInst& call) const = 0;

 private:
  std::string name_;
};

using Markers = std::vector<std::unique_ptr<const Marker>>;

}  // namespace tegula::compiler
