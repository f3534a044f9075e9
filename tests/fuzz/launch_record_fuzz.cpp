// Any bytes as a launch record: it is rejected with Error{corrupt_data}, or it is written again to
// the same bytes, its formulas print, and a launch with arguments of its own description ends in a
// launch or in an Error, of every size of tensors.
#include <cstdlib>
#include <limits>

#include "runtime/format/entry.h"
#include "runtime/launch/launch.h"
#include "tegula/error.h"
#include "tests/runtime/device/fake_device.h"

namespace {

using namespace tegula;
using format::ArgumentRecord;
using format::LaunchRecord;

/// Has little memory: a workspace can have any size.
class SmallDevice : public testing::FakeDevice {
 public:
  void* allocate(std::size_t bytes, NativeStream stream) override {
    if (bytes > std::size_t{1} << 12)
      throw Error(ErrorCode::out_of_resources, {.problem = "no such memory"});
    return FakeDevice::allocate(bytes, stream);
  }
};

void print_formulas(const LaunchRecord& record) {
  std::vector<std::string> names;
  for (const ArgumentRecord& argument : record.arguments) names.push_back(argument.name);
  for (const format::Expression& extent : record.grid)
    if (!extent.nodes.empty()) to_string(extent, names);
  for (const format::RequirementRecord& requirement : record.requirements)
    to_string(requirement.extent, names);
  for (const format::WorkspaceRecord& workspace : record.workspaces)
    for (const format::Expression& extent : workspace.extents) to_string(extent, names);
}

/// What the record asks for; every extent of every tensor is `extent`.
std::vector<KernelArgument> arguments_for(const LaunchRecord& record, std::int64_t extent,
                                          Device& device) {
  std::vector<KernelArgument> arguments;
  for (const ArgumentRecord& declared : record.arguments) {
    if (declared.kind == ArgumentRecord::Kind::workspace) break;
    TensorRef tensor;
    if (declared.kind == ArgumentRecord::Kind::tensor) {
      tensor.data = reinterpret_cast<void*>(std::uintptr_t{1} << 20);
      tensor.dtype = declared.dtype;
      tensor.device = &device;
      for (std::uint32_t d = 0; d < declared.rank; ++d) {
        tensor.shape.push_back(extent);
        tensor.strides.push_back(1);
      }
    }
    KernelArgument argument(tensor);
    if (declared.kind == ArgumentRecord::Kind::scalar) {
      argument = KernelArgument(1.0F);
      argument.dtype = declared.dtype;
    }
    arguments.push_back(argument);
  }
  return arguments;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  runtime::ReadyKernel kernel;
  try {
    format::Reader r(bytes, "launch record");
    kernel.entry.launch = format::read_launch_record(r);
    r.finish();
  } catch (const Error& e) {
    if (e.code() != ErrorCode::corrupt_data) std::abort();
    return 0;
  }
  const LaunchRecord& record = kernel.entry.launch;
  format::Writer again;
  format::write(again, record);
  if (!std::ranges::equal(again.bytes(), bytes)) std::abort();
  print_formulas(record);

  const auto device = std::make_shared<SmallDevice>();
  kernel.loaded = device->load(kernel.entry, {});
  Stream stream(device);
  for (const std::int64_t extent : {0, 1, 3, std::numeric_limits<std::int32_t>::max()}) {
    try {
      runtime::launch(stream, kernel, arguments_for(record, extent, *device));
    } catch (const Error&) {
    }
  }
  if (device->live != 0) std::abort();
  return 0;
}
