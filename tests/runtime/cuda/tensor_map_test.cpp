// Kernels that take tensor maps, by launch records made by hand: what the driver is asked to
// encode, how often, and what it is not asked for.
#include <limits>

#include "runtime/format/tensor_map_record.h"
#include "runtime/launch/launch_plan.h"
#include "tegula/simulator.h"
#include "tests/runtime/cuda/cuda_fixture.h"
#include "tests/runtime/format/sample_entry.h"

namespace tegula::testing {
namespace {

using format::ArgumentRecord;
using format::KernelParameter;
using Record = format::TensorMapRecord;
using tegula::testing::FakeTensorMap;

/// A kernel of one tensor x, (batch, rows, d), whose parameter is its map: the dimensions in the
/// order d, rows, batch and a box of (1, 16, 64).
class CudaTensorMaps : public Cuda {
 protected:
  CudaTensorMaps() {
    Record map;
    map.rank = 3;
    map.dimensions[0] = {2, 64, 1};
    map.dimensions[1] = {1, 16, 1};
    map.dimensions[2] = {0, 1, 1};
    map.swizzle = Record::Swizzle::bytes_128;
    map.promotion = Record::Promotion::bytes_256;
    format::LaunchRecord& record = kernel.entry.launch;
    record.function = "attend";
    record.arguments = {{"x", ArgumentRecord::Kind::tensor, ArgumentRecord::Access::in, bf16, 3}};
    record.tensor_maps = {map};
    record.parameters = {{KernelParameter::Source::tensor_map, 0, 0, u8}};
    record.threads = 128;
    kernel.entry.payload_kind = format::PayloadKind::cubin;
    const auto data = std::as_bytes(std::span(cubin));
    kernel.entry.payload.assign(data.begin(), data.end());
    kernel.entry.arch = "sm_90a";
  }
  Record& map() { return kernel.entry.launch.tensor_maps[0]; }

  void prepare(const TensorRef& x) {
    kernel.loaded = stream.device()->load(kernel.entry, {});
    plan.make({std::shared_ptr<const void>(), &kernel}, std::vector<KernelArgument>{x},
              *stream.device());
  }
  /// Launches with the plan, and finds the map that the kernel received.
  FakeTensorMap launch(const TensorRef& x) {
    const std::vector<KernelArgument> arguments = {x};
    EXPECT_TRUE(plan.fits(arguments, *stream.device()));
    plan.launch(stream, arguments);
    const auto index =
        reinterpret_cast<std::uintptr_t>(fake.launches.back().first_parameters.at(0));
    return fake.tensor_maps.at(index);
  }
  void refused(ErrorCode code, const TensorRef& x, std::initializer_list<const char*> parts) {
    const std::size_t launches = fake.launches.size();
    prepare(x);
    expect_error(code, parts, [&] { plan.launch(stream, std::vector<KernelArgument>{x}); });
    EXPECT_EQ(fake.launches.size(), launches);
  }

  Stream stream{open_device("cuda:0")};
  Tensor memory = stream.empty(bf16, {3, 40, 128});
  runtime::ReadyKernel kernel;
  runtime::LaunchPlan plan;
};

TEST_F(CudaTensorMaps, WhatTheDriverIsAskedFor) {
  prepare(memory);
  EXPECT_EQ(launch(memory), (FakeTensorMap{9,  // CU_TENSOR_MAP_DATA_TYPE_BFLOAT16
                                           memory.data(),
                                           {128, 40, 3},
                                           {256, 10240},
                                           {64, 16, 1},
                                           {1, 1, 1},
                                           0,
                                           3,
                                           3,
                                           0}));
}

TEST_F(CudaTensorMaps, EachAddressIsEncodedOnce) {
  std::vector<TensorRef> parts;
  for (std::int64_t k = 0; k < 6; ++k) {
    parts.push_back(memory.ref());
    parts.back().shape = {1, 4, 128};
    parts.back().data = static_cast<std::byte*>(memory.data()) + 16 * k;
  }
  prepare(parts[0]);
  for (int round = 0; round < 3; ++round)
    for (int k = 0; k < 4; ++k) EXPECT_EQ(launch(parts[k]).address, parts[k].data);
  EXPECT_EQ(fake.tensor_maps.size(), 4U) << "four addresses are kept";
  EXPECT_EQ(launch(parts[4]).address, parts[4].data);
  EXPECT_EQ(launch(parts[3]).address, parts[3].data);
  EXPECT_EQ(fake.tensor_maps.size(), 5U);
  EXPECT_EQ(launch(parts[0]).address, parts[0].data) << "went for the fifth, and comes again";
  EXPECT_EQ(fake.tensor_maps.size(), 6U);
  prepare(parts[4]);
  launch(parts[4]);
  EXPECT_EQ(fake.tensor_maps.size(), 7U) << "another plan's maps are its own";
}

/// The fake's function may fail; then nothing is launched, nothing kept.
TEST_F(CudaTensorMaps, WhatTheDriverRefusesIsAskedForAgain) {
  prepare(memory);
  fake.fail_function = "cuTensorMapEncodeTiled";
  for (int round = 0; round < 2; ++round)
    expect_error(ErrorCode::environment, {"cuda:0: x: error: cuTensorMapEncodeTiled failed"},
                 [&] { launch(memory); });
  EXPECT_EQ(fake.calls_of["cuTensorMapEncodeTiled"], 2U);
  EXPECT_TRUE(fake.launches.empty());
  fake.fail_function = "";
  EXPECT_EQ(launch(memory).address, memory.data());
}

TEST_F(CudaTensorMaps, TensorsThatNoMapDescribes) {
  constexpr auto invalid = ErrorCode::invalid_argument;
  const auto with = [&](Dims shape, Dims strides) {
    TensorRef x = memory.ref();
    x.shape = shape;
    x.strides = strides;
    return x;
  };
  refused(invalid, with({3, 40, 64}, {5120, 1, 40}),
          {"cuda:0: error: x: elements of dimension 2 are no neighbours (got stride 40; wanted "
           "stride 1)"});
  refused(
      invalid, with({3, 40, 65}, {2600, 65, 1}),
      {"x: the stride of dimension 1 does not fit a tensor map (got 65 elements of bf16; wanted "
       "a positive multiple of 16 bytes, below 2^40)"});
  for (const std::int64_t stride : {std::int64_t{0}, std::int64_t{-5120}, std::int64_t{1} << 39})
    refused(invalid, with({3, 40, 128}, {stride, 128, 1}), {"x: the stride of dimension 0"});
  refused(invalid, with({0, 40, 128}, {5120, 128, 1}), {"x: the tensor has no elements"});
  TensorRef shifted = with({1, 4, 128}, {512, 128, 1});
  shifted.data = static_cast<std::byte*>(memory.data()) + 8;
  refused(invalid, shifted, {"x: the address is not aligned", "a multiple of 16 bytes"});
  EXPECT_TRUE(fake.tensor_maps.empty());
}

TEST_F(CudaTensorMaps, StridesOfOneElementDoNotMatter) {
  TensorRef x = memory.ref();
  x.shape = {1, 40, 128};
  x.strides = {7, 128, 1};
  prepare(x);
  EXPECT_EQ(launch(x).strides, (std::vector<std::uint64_t>{256, 256}));
  x.shape = {3, 1, 128};
  x.strides = {5120, 3, 1};
  prepare(x);
  EXPECT_EQ(launch(x).strides, (std::vector<std::uint64_t>{16, 10240}));
}

TEST_F(CudaTensorMaps, DevicesWithoutAnAccelerator) {
  fake.devices = 12;
  fake.major = 8;
  stream = Stream(open_device("cuda:11"));
  memory = stream.empty(bf16, {3, 40, 128});
  refused(ErrorCode::unsupported, memory,
          {"cuda:11: error: x: the device has no tensor memory accelerator", "sm_90 or newer"});
  kernel.entry.payload_kind = format::PayloadKind::image;
  expect_error(ErrorCode::unsupported,
               {"sim:sm_90a: error: attend: the simulator runs no kernel that takes tensor maps"},
               [&] { make_sim_device("sm_90a")->load(kernel.entry, {}); });
}

}  // namespace
}  // namespace tegula::testing
