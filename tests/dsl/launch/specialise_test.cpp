// Which facts about a tensor are compiled in.
#include "dsl/launch/specialise.h"

#include "tests/dsl/helpers.h"

namespace tegula::testing {
namespace {

using program::Parameter;
constexpr std::int64_t dynamic = Parameter::dynamic;

// Only compared with null, never used.
Device* some_device = reinterpret_cast<Device*>(16);

Parameter classified(const Dims& shape, const Dims& strides, std::vector<int> specialised = {},
                     std::uintptr_t address = 4096, DType dtype = bf16) {
  ParameterInfo info{.name = "x", .specialised_dims = std::move(specialised)};
  TensorRef tensor{reinterpret_cast<void*>(address), dtype, shape, strides, some_device};
  detail::make_canonical(tensor);
  return to_parameter(info, detail::classify("k", info, tensor));
}

TEST(Specialise, NothingIsConstantUnlessDeclared) {
  const Parameter p = classified({64, 4096}, {4096, 1});
  EXPECT_EQ(p.extents, (std::vector<std::int64_t>{dynamic, dynamic}));
  EXPECT_EQ(p.strides, (std::vector<std::int64_t>{dynamic, 1}));
  EXPECT_EQ(p.stride_divisors, (std::vector<std::int64_t>{16, 1}));
}

TEST(Specialise, DeclaredExtentsAndTheDenseRowStride) {
  const Parameter p = classified({64, 4096}, {4096, 1}, {-1});
  EXPECT_EQ(p.extents, (std::vector<std::int64_t>{dynamic, 4096}));
  EXPECT_EQ(p.strides, (std::vector<std::int64_t>{4096, 1}));
  const Parameter rows_apart = classified({64, 4096}, {8192, 1}, {1});
  EXPECT_EQ(rows_apart.strides, (std::vector<std::int64_t>{dynamic, 1}));
}

TEST(Specialise, RowStridesFarOutStayDynamic) {
  const Parameter p = classified({2, 64, 128}, {64 * 128, 128, 1}, {2});
  EXPECT_EQ(p.strides, (std::vector<std::int64_t>{dynamic, 128, 1}));
  const Parameter all = classified({2, 64, 128}, {64 * 128, 128, 1}, {1, 2});
  EXPECT_EQ(all.strides, (std::vector<std::int64_t>{64 * 128, 128, 1}));
}

TEST(Specialise, DivisorsOfStrides) {
  for (const auto& [stride, divisor] :
       {std::pair{4100, 4}, {4098, 2}, {4097, 1}, {4104, 8}, {4112, 16}, {8192, 16}, {-8, 8}})
    EXPECT_EQ(classified({64, 100}, {stride, 1}).stride_divisors[0], divisor) << stride;
}

TEST(Specialise, BroadcastAndStridedTensors) {
  const Parameter p = classified({64, 100}, {0, 2});
  EXPECT_EQ(p.strides, (std::vector<std::int64_t>{0, dynamic}));
  EXPECT_EQ(p.stride_divisors, (std::vector<std::int64_t>{0, 2}));
  EXPECT_EQ(classified({64, 100}, {1, 64}).strides, (std::vector<std::int64_t>{1, dynamic}));
}

TEST(Specialise, AlignmentOfTheAddress) {
  for (const auto& [address, alignment] :
       {std::pair{4096, 16}, {4104, 8}, {4098, 2}, {4099, 1}, {0, 16}})
    EXPECT_EQ(classified({4}, {1}, {}, static_cast<std::uintptr_t>(address)).alignment, alignment);
}

TEST(Specialise, StridesAlongOneElementDoNotMatter) {
  const Parameter row = classified({1, 4096}, {7, 1}), rows = classified({2, 4096}, {4096, 1});
  EXPECT_EQ(row.strides, rows.strides);
  EXPECT_EQ(row.stride_divisors, rows.stride_divisors);
  EXPECT_EQ(classified({64, 1}, {1, 99}).strides, (std::vector<std::int64_t>{dynamic, 1}));
}

TEST(Specialise, ProductsBeyond64BitsAreNotDense) {
  constexpr std::int64_t g = std::int64_t{1} << 30;
  // 17 * 2^60 is 2^60 modulo 2^64, the outermost stride.
  const Parameter p = classified({2, g, g, 17}, {g * g, 17 * g, 17, 1}, {0, 1, 2, 3});
  EXPECT_EQ(p.strides, (std::vector<std::int64_t>{dynamic, 17 * g, 17, 1}));
  // 4 * 2^62 is 0 modulo 2^64, the stride of a broadcast.
  EXPECT_EQ(classified({1, 4}, {7, g * g * 4}).strides,
            (std::vector<std::int64_t>{dynamic, dynamic}));
}

TEST(Specialise, TensorsWithoutElements) {
  const Parameter p = classified({0, 4096}, {3, 5}, {1}, 0);
  EXPECT_EQ(p.extents, (std::vector<std::int64_t>{dynamic, 4096}));
  EXPECT_EQ(p.strides, (std::vector<std::int64_t>{4096, 1}));
  EXPECT_EQ(classified({8, 0}, {1, 1}, {1}).extents[1], 0);
}

TEST(Specialise, Scalar) {
  const ParameterInfo info{.kind = ParameterInfo::Kind::scalar, .dtype = f32, .name = "eps"};
  EXPECT_EQ(to_parameter(info, detail::classify("k", info, 1.0f)).kind, Parameter::Kind::scalar);
}

TEST(Specialise, ErrorsOfTheCaller) {
  const ParameterInfo x{.name = "x"};
  const ParameterInfo eps{.kind = ParameterInfo::Kind::scalar, .dtype = f32, .name = "eps"};
  const auto message = [](const ParameterInfo& info, const KernelArgument& argument) {
    return std::string(error_of([&] { detail::classify("k", info, argument); }).what());
  };
  EXPECT_EQ(message(x, absent()),
            "k: error: x: the tensor is missing (got a TensorRef without a device; wanted a "
            "tensor: the parameter is not optional)");
  EXPECT_EQ(message(x, 1.0f),
            "k: error: x: the argument is of the wrong kind (got a scalar; wanted a tensor)");
  EXPECT_EQ(message(eps, 1.0),
            "k: error: eps: the scalar is of another dtype (got f64; wanted f32)");
  const TensorRef huge{nullptr, f32, {1, std::int64_t{1} << 31}, {1, 1}, some_device};
  EXPECT_THAT(message(x, huge), ::testing::HasSubstr("an extent is out of range"));
}

using program::Overlap;

/// Overlaps of tensors x, w, y, z, of which the last two are written.
std::vector<Overlap> overlaps(const std::vector<TensorRef>& tensors) {
  using Access = ParameterInfo::Access;
  const ParameterInfo parameters[] = {{.name = "x"},
                                      {.name = "w"},
                                      {.access = Access::out, .name = "y"},
                                      {.access = Access::in_out, .name = "z"}};
  return detail::find_overlaps(parameters,
                               std::vector<KernelArgument>(tensors.begin(), tensors.end()));
}
/// 64 x 4 elements of f32: 1,024 bytes.
TensorRef at(std::uintptr_t address, const Dims& shape = {64, 4}, const Dims& strides = {4, 1}) {
  return {reinterpret_cast<void*>(address), f32, shape, strides, some_device};
}

TEST(Specialise, OverlapsOfWhatIsWritten) {
  const std::vector<Overlap> none;
  EXPECT_EQ(overlaps({at(4096), at(4096 + 1024), at(4096 + 2048), at(4096 - 1024)}), none);
  EXPECT_EQ(overlaps({at(4096), at(4096 + 4), at(8192), at(16384)}), none) << "only read";
  EXPECT_EQ(overlaps({at(4096), at(8192), at(4096), at(16384)}),
            (std::vector<Overlap>{{2, 0, true}}));
  EXPECT_EQ(overlaps({at(4096), at(8192), at(4100), at(16384)}),
            (std::vector<Overlap>{{2, 0, false}}));
  // The same bytes, by another shape or other strides.
  EXPECT_EQ(overlaps({at(4096), at(8192), at(4096, {256}, {1}), at(16384)}),
            (std::vector<Overlap>{{2, 0, false}}));
  EXPECT_EQ(overlaps({at(4096), at(8192), at(4096, {64, 4}, {8, 1}), at(16384)}),
            (std::vector<Overlap>{{2, 0, false}}));
  // Two that are written; through one to another.
  EXPECT_EQ(overlaps({at(4096), at(8192), at(16384), at(16384 + 1020)}),
            (std::vector<Overlap>{{3, 2, false}}));
  EXPECT_EQ(overlaps({at(4096), at(4096 + 1024), at(4096 + 512), at(4096 + 1024)}),
            (std::vector<Overlap>{{1, 0, false}, {2, 0, false}, {3, 0, false}}));
}

TEST(Specialise, WhatOverlapsNothing) {
  const std::vector<Overlap> none;
  EXPECT_EQ(overlaps({at(0), at(0), at(0), at(0)}), none) << "no addresses yet";
  EXPECT_EQ(overlaps({at(4096), at(8192), at(4096, {0, 4}), at(16384)}), none);
  EXPECT_EQ(overlaps({at(4096), at(8192), TensorRef{}, at(16384)}), none);
  const std::int64_t far = std::int64_t{1} << 62;
  EXPECT_EQ(overlaps({at(4096), at(8192), at(4096, {64, 4}, {far, 1}), at(16384)}), none);
}

TEST(Specialise, KeysTellClassesApart) {
  const auto key = [](const Dims& shape, const Dims& strides, std::uintptr_t address = 4096,
                      std::vector<int> specialised = {}) {
    const ParameterInfo info{.name = "x", .specialised_dims = std::move(specialised)};
    TensorRef tensor{reinterpret_cast<void*>(address), bf16, shape, strides, some_device};
    detail::make_canonical(tensor);
    runtime::CallKey key;
    append_key(key, detail::classify("k", info, tensor));
    return std::vector<std::uint64_t>(key.words().begin(), key.words().end());
  };
  EXPECT_EQ(key({64, 4096}, {4096, 1}), key({3, 160}, {160, 1}));
  EXPECT_NE(key({64, 4096}, {4096, 1}), key({64, 4096}, {4100, 1}));
  EXPECT_NE(key({64, 4096}, {4096, 1}), key({64, 4096}, {4096, 1}, 4100));
  EXPECT_NE(key({64}, {1}), key({64, 1}, {1, 1}));
  EXPECT_NE(key({4, 64}, {64, 1}), key({4, 64}, {0, 1}));
  EXPECT_NE(key({4, 64}, {64, 1}, 4096, {1}), key({4, 64}, {64, 1}));
  EXPECT_NE(key({4, 64}, {64, 1}, 4096, {1}), key({4, 96}, {96, 1}, 4096, {1}));
  EXPECT_NE(key({4, 64}, {64, 1}, 4096, {1}), key({4, 64}, {128, 1}, 4096, {1}));
  EXPECT_NE(key({4, 64}, {64, 1}, 4096, {0}), key({4, 64}, {64, 1}, 4096, {1}));
}

}  // namespace
}  // namespace tegula::testing
