// An op on tensors of another library, and its output to another one.
#include "tegula/dlpack.h"

#include <algorithm>

#include "ops/reference/norm.h"
#include "ops/reference/transfer.h"
#include "tegula/ops/norm.h"
#include "tests/ops/op_harness.h"
#include "tests/runtime/dlpack/dlpack_producer.h"
#include "tests/runtime/expect_error.h"

namespace tegula::testing {
namespace {

constexpr std::int64_t rows = 5, n = 77, pitch = 80;
constexpr std::uint64_t offset = 48;  // bytes before the first element

std::vector<float> floats(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

class OpsOverDlpack : public OpTest {
 protected:
  /// `lent` of shape (rows, n), with gaps between its rows.
  static void lend_rows(Producer& lent) {
    lent.strides = {pitch, 1};
    lent.view.strides = lent.strides.data();
    lent.view.byte_offset = offset;
  }
  static float* row(Producer& lent, std::int64_t r) {
    return reinterpret_cast<float*>(lent.memory + offset) + r * pitch;
  }
};

TEST_P(OpsOverDlpack, InAndOut) {
  const dlpack::DataType type = {dlpack::TypeCode::ieee_float, 32};
  Producer x(type, {rows, n}), weight(type, {n});
  lend_rows(x);
  const std::vector<float> xs = floats(normal_values(rows * n, 1));
  const std::vector<float> weights = floats(normal_values(n, 2));
  for (std::int64_t r = 0; r < rows; ++r) std::copy_n(&xs[r * n], n, row(x, r));
  std::copy(weights.begin(), weights.end(), reinterpret_cast<float*>(weight.memory));

  dlpack::ManagedVersioned* out = nullptr;
  {
    const Tensor input = from_dlpack(x.versioned(), stream);
    const Tensor scale = from_dlpack(weight.managed(), stream);
    const Tensor y = ops::rms_norm_fn(stream, input, scale).y;
    stream.synchronize();
    out = reinterpret_cast<dlpack::ManagedVersioned*>(to_dlpack_versioned(y));
  }
  EXPECT_EQ(x.deleted, 1);
  EXPECT_EQ(weight.deleted, 1);

  reference::NormProblem problem;
  problem.rows = rows;
  problem.n = n;
  problem.x = {f32, {xs.begin(), xs.end()}};
  problem.weight = {f32, {weights.begin(), weights.end()}};
  const auto* y = static_cast<const float*>(out->tensor.data);
  EXPECT_EQ(out->tensor.strides[0], n);
  expect_within("y", {y, y + rows * n}, norm(problem, reference::Precision::fp64).y,
                norm(problem, reference::Precision::plain).y, f32);
  out->deleter(out);
}

/// A destination of another library's; what lies between its rows stays.
TEST_P(OpsOverDlpack, ADestination) {
  Producer lent({dlpack::TypeCode::ieee_float, 32}, {rows, n});
  lend_rows(lent);
  std::fill(std::begin(lent.memory), std::end(lent.memory), std::byte{0x5a});
  const std::vector<double> xs = normal_values(rows * n, 3), ones(n, 1);
  const Tensor x = upload(stream, f32, {rows, n}, xs), weight = upload(stream, f32, {n}, ones);
  const Tensor out = from_dlpack(lent.managed(), stream);
  ops::rms_norm_fn(stream, x, weight, {.out = out});

  reference::NormProblem problem;
  problem.rows = rows;
  problem.n = n;
  problem.x = {f32, reference::download(x)};
  problem.weight = {f32, ones};
  std::vector<double> got;
  for (std::int64_t r = 0; r < rows; ++r) got.insert(got.end(), row(lent, r), row(lent, r) + n);
  expect_within("y", got, norm(problem, reference::Precision::fp64).y,
                norm(problem, reference::Precision::plain).y, f32);
  const auto* bytes = lent.memory;
  EXPECT_TRUE(std::all_of(bytes, bytes + offset, [](std::byte b) { return b == std::byte{0x5a}; }));
  for (std::int64_t r = 0; r < rows; ++r) {
    const auto* gap = reinterpret_cast<const std::byte*>(row(lent, r) + n);
    EXPECT_TRUE(std::all_of(gap, gap + (pitch - n) * sizeof(float), [](std::byte b) {
      return b == std::byte{0x5a};
    })) << r;
  }
}

TEST_P(OpsOverDlpack, ADestinationThatMayOnlyBeRead) {
  Producer lent({dlpack::TypeCode::ieee_float, 32}, {rows, n});
  DLManagedTensorVersioned* managed = lent.versioned();
  reinterpret_cast<dlpack::ManagedVersioned*>(managed)->flags = dlpack::read_only_flag;
  const Tensor out = from_dlpack(managed, stream);
  const Tensor weight = upload(stream, f32, {n}, std::vector<double>(n, 1));
  EXPECT_EQ(ops::rms_norm_fn(stream, out, weight).y.shape(), out.shape()) << "it may be read";
  const Tensor x = upload(stream, f32, {rows, n}, normal_values(rows * n, 3));
  TensorRef stacked = out;  // whose leading dimensions the op makes one
  stacked.shape = {rows, 1, n};
  stacked.strides = {pitch, pitch, 1};
  expect_error(ErrorCode::invalid_argument, {"y: the kernel writes", "5x77:f32, read-only"}, [&] {
    TensorRef rank3 = x;
    rank3.shape = stacked.shape;
    rank3.strides = {n, n, 1};
    ops::rms_norm_fn(stream, rank3, weight, {.out = stacked});
  });
  expect_error(ErrorCode::invalid_argument,
               {"y: the kernel writes a tensor that may only be read", "5x77:f32, read-only"},
               [&] { ops::rms_norm_fn(stream, x, weight, {.out = out}); });
}

/// Of a norm to which nothing is added residual_out is x, and x may be gone before its consumer is.
TEST_P(OpsOverDlpack, AResidualOutThatIsXIsSharedOrRefused) {
  const Tensor weight = upload(stream, f32, {n}, std::vector<double>(n, 1));
  dlpack::ManagedVersioned* shared = nullptr;
  {
    const Tensor x = upload(stream, f32, {rows, n}, std::vector<double>(rows * n, 3));
    const ops::NormOut out = ops::rms_norm_fn(stream, x, weight, {.prenorm = true});
    const Tensor& residual_out = *out.residual_out;
    EXPECT_EQ(residual_out.data(), x.data());
    EXPECT_FALSE(residual_out.owns_memory());
    EXPECT_TRUE(out.y.owns_memory());
    expect_error(ErrorCode::invalid_argument,
                 {"to_dlpack: error: tensor: nothing would keep its memory for the consumer",
                  "of a residual_out that is x, x"},
                 [&] { to_dlpack(residual_out); });
    expect_error(ErrorCode::invalid_argument, {"to_dlpack_versioned: error: tensor: nothing would"},
                 [&] { to_dlpack_versioned(residual_out); });
    const Tensor owning = Tensor::adopt(stream, residual_out, std::make_shared<Tensor>(x));
    shared = reinterpret_cast<dlpack::ManagedVersioned*>(to_dlpack_versioned(owning));
  }
  // What x had, unless it was freed, is another tensor's now.
  const Tensor other = upload(stream, f32, {rows, n}, std::vector<double>(rows * n, 5));
  const auto* values = static_cast<const float*>(shared->tensor.data);
  EXPECT_TRUE(std::all_of(values, values + rows * n, [](float v) { return v == 3; }));
  shared->deleter(shared);
}

/// An output that is the caller's destination owns as little as the destination that was given.
TEST_P(OpsOverDlpack, AnOutputOnTheCallersDestinationIsRefused) {
  const Tensor weight = upload(stream, f32, {n}, std::vector<double>(n, 1));
  const Tensor x = upload(stream, f32, {rows, n}, normal_values(rows * n, 3));
  const Tensor out = stream.empty(f32, {rows, n});
  const Tensor y = ops::rms_norm_fn(stream, x, weight, {.out = out}).y;
  EXPECT_EQ(y.data(), out.data());
  expect_error(ErrorCode::invalid_argument, {"the destination that was given"},
               [&] { to_dlpack(y); });
  auto* managed = reinterpret_cast<dlpack::Managed*>(to_dlpack(out));
  EXPECT_EQ(managed->tensor.data, y.data());
  managed->deleter(managed);
}

// Host memory, which is the simulator's alone.
INSTANTIATE_TEST_SUITE_P(Sim, OpsOverDlpack, ::testing::Values("sim:sm_80", "sim:sm_90a"));

}  // namespace
}  // namespace tegula::testing
