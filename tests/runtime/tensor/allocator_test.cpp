// Streams with an allocator of the caller's.
#include "tegula/allocator.h"

#include <map>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "tests/runtime/device/fake_device.h"
#include "tests/runtime/expect_error.h"

namespace tegula {
namespace {

using testing::expect_error;
using testing::FakeDevice;

/// One block of the device's memory, dealt out from its start; all of it is free again when the
/// last piece was taken back.
class BumpAllocator : public Allocator {
 public:
  BumpAllocator(std::shared_ptr<Device> device, std::size_t capacity)
      : device_(std::move(device)),
        capacity_(capacity),
        block_(static_cast<std::byte*>(device_->allocate(capacity))) {}
  ~BumpAllocator() override { device_->deallocate(block_); }

  void* allocate(Device& device, std::size_t bytes, NativeStream) override {
    const std::lock_guard lock(mutex_);
    const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    if (&device != device_.get() || rounded > capacity_ - used_) return nullptr;
    void* data = block_ + used_;
    used_ += rounded;
    ++live_;
    return data;
  }
  void deallocate(Device&, void*, std::size_t, NativeStream) noexcept override {
    const std::lock_guard lock(mutex_);
    if (--live_ == 0) used_ = 0;
  }
  std::size_t used() const { return used_; }

 private:
  const std::shared_ptr<Device> device_;
  const std::size_t capacity_;
  std::byte* const block_;
  std::mutex mutex_;
  std::size_t used_ = 0, live_ = 0;
};

TEST(Allocator, ServesTheTensorsOfItsStream) {
  auto device = std::make_shared<FakeDevice>();
  auto bump = std::make_shared<BumpAllocator>(device, 4096);
  Stream plain(device);
  Stream stream = plain.with_allocator(bump);
  EXPECT_EQ(plain.allocator(), nullptr);
  EXPECT_EQ(stream.allocator(), bump);
  EXPECT_EQ(stream.device(), plain.device());
  Stream copy = stream;
  {
    const Tensor x = stream.empty(f32, {3, 5});
    const Tensor y = copy.empty(bf16, {200});
    const Tensor nothing = copy.empty(bf16, {0, 4});
    EXPECT_EQ(bump->used(), 256U + 512U);
    EXPECT_EQ(static_cast<std::byte*>(y.data()) - static_cast<std::byte*>(x.data()), 256);
    EXPECT_EQ(nothing.data(), nullptr);
  }
  EXPECT_EQ(bump->used(), 0U);
  EXPECT_EQ(device->allocated_bytes, std::vector<std::size_t>{4096});
  const Tensor other = stream.with_allocator(nullptr).empty(f32, {3});
  EXPECT_EQ(device->allocated_bytes.size(), 2U);
}

TEST(Allocator, LivesAsLongAsItsTensors) {
  auto device = std::make_shared<FakeDevice>();
  std::weak_ptr<BumpAllocator> alive;
  Tensor x;
  {
    auto bump = std::make_shared<BumpAllocator>(device, 4096);
    alive = bump;
    x = Stream(device).with_allocator(std::move(bump)).empty(f32, {3, 5});
  }
  EXPECT_FALSE(alive.expired());
  x = Tensor();
  EXPECT_TRUE(alive.expired());
  EXPECT_EQ(device->live, 0);
}

/// copy(), which also asks for as many floats as x has rows.
runtime::ReadyKernel copy_with_a_workspace(Device& device) {
  runtime::ReadyKernel kernel = testing::copy_kernel(device);
  format::LaunchRecord& record = kernel.entry.launch;
  record.arguments.push_back({"scratch", format::ArgumentRecord::Kind::workspace,
                              format::ArgumentRecord::Access::in_out, f32, 1});
  record.parameters.push_back({format::KernelParameter::Source::pointer, 4, 0, DType::i64});
  record.workspaces = {{4, {{{{format::Expression::Op::extent, 0, 0, 0}}}}}};
  return kernel;
}

TEST(Allocator, ServesWorkspaces) {
  auto device = std::make_shared<FakeDevice>();
  auto bump = std::make_shared<BumpAllocator>(device, 4096);
  Stream stream = Stream(device).with_allocator(bump);
  const runtime::ReadyKernel kernel = copy_with_a_workspace(*device);
  const Tensor x = stream.empty(f32, {8, 4}), y = stream.empty(f32, {8, 4});
  const TensorRef absent;
  const std::vector<KernelArgument> arguments = {x.ref(), absent, y.ref(), 2.0f};
  runtime::launch(stream, kernel, arguments);
  EXPECT_EQ(device->launches.at(0).parameters.at(5),
            reinterpret_cast<std::uintptr_t>(x.data()) + 512);
  EXPECT_EQ(bump->used(), 768U) << "dealt out, given back behind the launch";
  EXPECT_EQ(device->allocated_bytes, std::vector<std::size_t>{4096});

  const Tensor rest = stream.empty(u8, {4096 - 768});
  expect_error(ErrorCode::out_of_resources,
               {"copy: error: scratch: the workspace cannot be allocated",
                "8 of f32: fake:0: error: the stream's allocator cannot allocate 32 bytes"},
               [&] { runtime::launch(stream, kernel, arguments); });
  EXPECT_EQ(device->launches.size(), 1U);
}

/// Memory of the graph for a workspace, which nobody sees; none for a tensor, which would outlive
/// it.
TEST(Allocator, NoneWhileCapturing) {
  auto device = std::make_shared<FakeDevice>();
  Stream stream(device);
  const runtime::ReadyKernel kernel = copy_with_a_workspace(*device);
  const Tensor x = stream.empty(f32, {8, 4}), y = stream.empty(f32, {8, 4});
  device->capturing = true;
  for (const Dims& shape : {Dims{4}, Dims{0}})
    expect_error(ErrorCode::environment,
                 {"fake:0: error: stream: a tensor cannot be allocated", "before the capture"},
                 [&] { Tensor::empty(stream, f32, shape); });
  runtime::launch(stream, kernel, std::vector<KernelArgument>{x.ref(), TensorRef(), y.ref(), 2.0f});
  EXPECT_EQ(device->launches.size(), 1U);
  EXPECT_EQ(device->allocated_bytes, (std::vector<std::size_t>{128, 128, 32}));
  EXPECT_EQ(device->live, 2);
}

/// The shape of what frameworks let plug in: two functions, as of PyTorch's CUDAPluggableAllocator.
class FrameworkAllocator : public Allocator {
 public:
  using Allocate = void* (*)(std::ptrdiff_t size, int device, void* stream);
  using Free = void (*)(void* data, std::ptrdiff_t size, int device, void* stream);
  FrameworkAllocator(int device, Allocate allocate, Free free)
      : device_(device), allocate_(allocate), free_(free) {}

  void* allocate(Device&, std::size_t bytes, NativeStream stream) override {
    return allocate_(static_cast<std::ptrdiff_t>(bytes), device_, stream);
  }
  void deallocate(Device&, void* data, std::size_t bytes, NativeStream stream) noexcept override {
    free_(data, static_cast<std::ptrdiff_t>(bytes), device_, stream);
  }

 private:
  int device_;
  Allocate allocate_;
  Free free_;
};

struct Seen {
  std::ptrdiff_t size;
  int device;
  void* stream;
  friend bool operator==(const Seen&, const Seen&) = default;
};
std::vector<Seen> allocated, freed;

TEST(Allocator, AFrameworksFunctionsFit) {
  allocated.clear(), freed.clear();
  char own = 0;
  {
    Stream stream =
        Stream::wrap(std::make_shared<FakeDevice>(), &own)
            .with_allocator(std::make_shared<FrameworkAllocator>(
                3,
                [](std::ptrdiff_t size, int device, void* stream) {
                  allocated.push_back({size, device, stream});
                  return std::aligned_alloc(512, (static_cast<std::size_t>(size) + 511) & ~511ul);
                },
                [](void* data, std::ptrdiff_t size, int device, void* stream) {
                  freed.push_back({size, device, stream});
                  std::free(data);
                }));
    const Tensor x = stream.empty(f32, {5, 7});
    EXPECT_TRUE(freed.empty());
  }
  EXPECT_EQ(allocated, (std::vector<Seen>{{140, 3, &own}}));
  EXPECT_EQ(freed, allocated);
}

/// Fails in a way that the test chooses.
class FailingAllocator : public Allocator {
 public:
  enum class Way { null, error, out_of_memory, number, misaligned };
  explicit FailingAllocator(Way way) : way_(way) {}
  void* allocate(Device&, std::size_t, NativeStream) override {
    switch (way_) {
      case Way::null:
        return nullptr;
      case Way::error:
        throw Error(ErrorCode::environment, {.problem = "the pool is closed"});
      case Way::out_of_memory:
        throw std::runtime_error("the pool is full");
      case Way::number:
        throw 42;
      case Way::misaligned:
        return memory_ + 64;
    }
    return nullptr;
  }
  void deallocate(Device&, void* data, std::size_t bytes, NativeStream) noexcept override {
    given_back.emplace_back(data, bytes);
  }
  std::vector<std::pair<void*, std::size_t>> given_back;
  std::byte* memory() { return memory_; }

 private:
  Way way_;
  alignas(256) std::byte memory_[512];
};

TEST(Allocator, WhatItDoesWrongIsSaidWithTheBytes) {
  using Way = FailingAllocator::Way;
  const auto with = [](Way way, ErrorCode code, std::initializer_list<const char*> parts) {
    auto allocator = std::make_shared<FailingAllocator>(way);
    Stream stream = Stream(std::make_shared<FakeDevice>()).with_allocator(allocator);
    expect_error(code, parts, [&] { stream.empty(f32, {5, 7}); });
    return allocator;
  };
  constexpr auto none = ErrorCode::out_of_resources;
  const char* cannot = "fake:0: error: the stream's allocator cannot allocate 140 bytes";
  with(Way::null, none, {cannot, "got null"});
  with(Way::out_of_memory, none, {cannot, "got the pool is full"});
  with(Way::number, none, {cannot, "an exception of no standard type"});
  with(Way::error, ErrorCode::environment, {cannot, "the pool is closed"});
  const auto misaligned =
      with(Way::misaligned, ErrorCode::invalid_argument,
           {"the stream's allocator did not align 140 bytes", "40", "wanted a multiple of 256"});
  const std::vector<std::pair<void*, std::size_t>> expected = {{misaligned->memory() + 64, 140}};
  EXPECT_EQ(misaligned->given_back, expected) << "not lost";
}

/// A device whose streams are always capturing.
class CapturingDevice : public FakeDevice {
 public:
  bool is_capturing(NativeStream) override { return true; }
};
class ForGraphs : public BumpAllocator {
 public:
  using BumpAllocator::BumpAllocator;
  bool serves_captures() const override { return true; }
};

TEST(Allocator, WhileAStreamIsCapturing) {
  auto device = std::make_shared<CapturingDevice>();
  const Stream plain(device);
  Stream unfit = plain.with_allocator(std::make_shared<BumpAllocator>(device, 4096));
  Stream fit = plain.with_allocator(std::make_shared<ForGraphs>(device, 4096));
  expect_error(ErrorCode::environment,
               {"stream: the stream's allocator cannot allocate 140 bytes while the stream is "
                "capturing a graph",
                "serves_captures()", "as destinations"},
               [&] {
                 unfit.empty(f32, {5, 7});
               });
  EXPECT_NE(fit.empty(f32, {5, 7}).data(), nullptr);
}

TEST(Streams, OfNoDevice) {
  for (const auto& make : {+[] { Stream(nullptr); }, +[] { Stream::create(nullptr); },
                           +[] { Stream::wrap(nullptr, nullptr); }})
    expect_error(ErrorCode::invalid_argument, {"Stream: error: device: no device is given"}, make);
}

}  // namespace
}  // namespace tegula
