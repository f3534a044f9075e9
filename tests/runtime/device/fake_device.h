// A device that keeps memory on the host and remembers launches.
#pragma once

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "runtime/format/entry.h"
#include "runtime/launch/launch.h"
#include "tegula/device.h"

namespace tegula::testing {

struct FakeKernel : LoadedKernel {};

/// What one launch passed, copied out of the caller's memory.
struct FakeLaunch {
  std::array<std::uint32_t, 3> grid;
  std::uint32_t threads, dynamic_shared;
  std::vector<std::uint64_t> parameters;
  struct Range {
    std::string name;
    std::uintptr_t begin, end;
    bool writable;
  };
  std::vector<Range> arguments;
};

class FakeDevice : public Device {
 public:
  explicit FakeDevice(std::string name = "fake:0") : name_(std::move(name)) {}
  std::string name() const override { return name_; }
  Target target() const override { return {Target::Backend::sim, "sm_80"}; }
  int multiprocessors() const override { return 1; }

  void* allocate(std::size_t bytes, NativeStream) override {
    allocated_bytes.push_back(bytes);
    ++live;
    return std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  }
  void deallocate(void* data, NativeStream) noexcept override {
    --live;
    std::free(data);
  }
  void copy_to_device(void* target, const void* source, std::size_t bytes, NativeStream) override {
    std::memcpy(target, source, bytes);
  }
  void copy_to_host(void* target, const void* source, std::size_t bytes, NativeStream) override {
    std::memcpy(target, source, bytes);
  }
  std::shared_ptr<LoadedKernel> load(const format::Entry&, std::vector<SourceLocation>) override {
    return std::make_shared<FakeKernel>();
  }
  void launch(const LoadedKernel&, const LaunchCall& call) override {
    FakeLaunch launch{call.grid, call.threads, call.dynamic_shared, {}, {}};
    for (const void* parameter : call.parameters) {
      std::uint64_t value = 0;
      std::memcpy(&value, parameter, sizeof value);
      launch.parameters.push_back(value);
    }
    for (const ArgumentRange& range : call.arguments)
      launch.arguments.push_back({std::string(range.name), range.begin, range.end, range.writable});
    launches.push_back(std::move(launch));
  }
  void synchronize(NativeStream) override {}
  bool is_capturing(NativeStream) override { return capturing; }

  bool capturing = false;
  std::vector<std::size_t> allocated_bytes;
  int live = 0;
  std::vector<FakeLaunch> launches;

 private:
  std::string name_;
};

/// A kernel copy(x, bias, y, scale): x is (m, n) f32, bias is absent, y is (m, n), grid cdiv(m, 4).
inline runtime::ReadyKernel copy_kernel(Device& device) {
  using format::ArgumentRecord;
  using format::Expression;
  using format::KernelParameter;
  using Kind = ArgumentRecord::Kind;
  using Access = ArgumentRecord::Access;
  using Op = Expression::Op;
  runtime::ReadyKernel kernel;
  format::LaunchRecord& record = kernel.entry.launch;
  record.function = "copy";
  record.arguments = {{"x", Kind::tensor, Access::in, DType::f32, 2},
                      {"bias", Kind::absent_tensor, Access::in, DType::f32, 0},
                      {"y", Kind::tensor, Access::out, DType::f32, 2},
                      {"scale", Kind::scalar, Access::in, DType::f32, 0}};
  record.parameters = {{KernelParameter::Source::pointer, 0, 0, DType::i64},
                       {KernelParameter::Source::extent, 0, 0, DType::i32},
                       {KernelParameter::Source::stride, 0, 0, DType::i64},
                       {KernelParameter::Source::pointer, 2, 0, DType::i64},
                       {KernelParameter::Source::scalar, 3, 0, DType::f32}};
  const Expression::Node rows{Op::extent, 0, 0, 0};
  record.grid[0].nodes = {rows, {Op::constant, 4, 0, 0}, {Op::cdiv, 0, 0, 0}};
  record.requirements = {{2, 0, {{rows}}}, {2, 1, {{{Op::extent, 0, 0, 1}}}}};
  record.threads = 128;
  record.dynamic_shared = 1024;
  kernel.loaded = device.load(kernel.entry, {});
  return kernel;
}

}  // namespace tegula::testing
