// What follows from an op's description, of every op that there is: each argument that is wrong in
// one way or another is an error that names it, before anything is launched.
#include <gtest/gtest.h>

#include <algorithm>

#include "tegula/error.h"
#include "tegula/op_call.h"
#include "tegula/reference.h"
#include "tests/ops/op_harness.h"

namespace tegula::testing {
namespace {

const op::Sizes sizes = {{"M", 3}, {"N", 40}, {"b", 2}, {"s", 4}, {"h", 3}, {"d", 16}};

/// The argument that the call's error names; empty if there is none.
std::string error_of(OpCall& call, Stream& stream) {
  try {
    call.plan(stream);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument) << error.what();
    EXPECT_EQ(error.details().where, call.op().name()) << error.what();
    EXPECT_FALSE(error.details().problem.empty() || error.details().got.empty() ||
                 error.details().wanted.empty())
        << error.what();
    return error.details().argument;
  }
  return {};
}

class DescribedOps : public OpTest {
 protected:
  /// A call that has the input, too, and whatever comes with it. Null if there is none.
  std::unique_ptr<OpCall> call_with(const OpBase& op, const std::string& input) {
    std::map<std::string, DType> present;
    for (const OpTensor& tensor : op.tensors())
      if (tensor.name == input)
        present[input] = tensor.dtype.any_of.empty() ? DType::f32 : tensor.dtype.any_of.front();
    for (int attempt = 0; attempt < 4; ++attempt) {
      auto call = std::make_unique<OpCall>(op);
      std::string missing;
      try {
        call->complete(stream, sizes, DType::f32, present);
        missing = error_of(*call, stream);
      } catch (const Error& error) {  // of the forward
        missing = error.details().argument;
      }
      if (missing.empty()) return call;
      // bias1 is refused for want of weight1.
      present[missing == "bias1" ? "weight1" : missing] = DType::f32;
    }
    return nullptr;
  }
  /// The same call with another tensor in its place is an error that names it.
  void expect_refused(OpCall& call, const std::string& name, const TensorRef& wrong,
                      const char* what) {
    ++refused;
    const TensorRef right = call.tensor(name);
    call.set(name, wrong);
    EXPECT_EQ(error_of(call, stream), name) << call.op().name() << " " << name << ": " << what;
    call.set(name, right);
  }
  void expect_every_fault(OpCall& call, const std::string& name, const TensorRef& right,
                          const op::Shape& shape, bool defines_extents, bool any_dtype) {
    const auto refuse = [&](const char* what, const auto& change) {
      TensorRef wrong = right;
      change(wrong);
      expect_refused(call, name, wrong, what);
    };
    if (!any_dtype) refuse("dtype", [](TensorRef& t) { t.dtype = DType::u8; });
    refuse("device", [&](TensorRef& t) { t.device = other_device.get(); });
    refuse("null", [](TensorRef& t) { t.data = nullptr; });
    if (dtype_bytes(right.dtype) > 1)
      refuse("misaligned", [](TensorRef& t) { t.data = static_cast<char*>(t.data) + 1; });
    refuse("rank", [&](TensorRef& t) {
      t.shape = t.strides = {};
      if (shape.kind == op::Shape::Kind::elements) t.shape = t.strides = {1, 1};
    });
    refuse("strides", [](TensorRef& t) { t.strides.push_back(1); });
    if (!defines_extents) refuse("extent", [](TensorRef& t) { t.shape[t.shape.size() - 1] += 1; });
    if (shape.layout != op::Layout::flat && shape.layout != op::Layout::strided)
      refuse("last stride", [](TensorRef& t) { t.strides[t.strides.size() - 1] = 2; });
  }

  std::shared_ptr<SimDevice> other_device = make_sim_device("sm_80");
  int refused = 0;
};
INSTANTIATE_TEST_SUITE_P(Ops, DescribedOps, ::testing::Values("sim:sm_90a"), target_name);

TEST_P(DescribedOps, EveryInput) {
  int inputs = 0;
  for (const OpBase* op : described_ops())
    for (const OpTensor& tensor : op->tensors()) {
      if (tensor.find) continue;
      const auto call = call_with(*op, tensor.name);
      if (call == nullptr) {  // the one input that some functions take in order to refuse it
        EXPECT_EQ(tensor.name, "mean") << op->name();
        EXPECT_NE(op->name().find("rms"), std::string::npos) << op->name();
        continue;
      }
      ++inputs;
      const bool defines = &tensor == &op->tensors().front() || tensor.name == "s" ||
                           tensor.name == "cos" || tensor.name == "x0_subset" ||
                           tensor.name == "dy";
      expect_every_fault(*call, tensor.name, call->tensor(tensor.name), tensor.shape, defines,
                         tensor.dtype.unchecked());
      if (!tensor.optional) expect_refused(*call, tensor.name, {}, "absent");
    }
  EXPECT_GT(inputs, 150);
  EXPECT_GT(refused, 1000);
}

TEST_P(DescribedOps, EveryDestination) {
  for (const OpBase* op : described_ops()) {
    OpCall call(*op);
    call.complete(stream, sizes, DType::f32);
    const OpPlan plan = call.plan(stream);
    for (const OpOutput& output : op->outputs())
      for (const auto& [name, tensor] : plan.outputs) {
        if (name != output.name || output.into.empty()) continue;
        // An output that is an input otherwise gets memory of its own.
        TensorRef memory = contiguous(reinterpret_cast<void*>(std::uintptr_t{1} << 50),
                                      tensor.dtype, tensor.shape, *stream.device());
        call.set(output.into, memory);
        ASSERT_EQ(error_of(call, stream), "") << op->name() << " " << name;
        expect_every_fault(call, output.into, memory, output.shape, false, false);
        for (const OpTensor& input : op->tensors()) {
          if (input.find || !call.tensor(input.name).present()) continue;
          memory.data = call.tensor(input.name).data;
          const bool may_be = std::ranges::find(output.may_be, input.name) != output.may_be.end();
          if (may_be) memory.data = static_cast<char*>(memory.data) + 16;
          if (element_count(call.tensor(input.name).shape) > 8)
            expect_refused(call, output.into, memory, ("overlaps " + input.name).c_str());
        }
        call.set(output.into, TensorRef{});
      }
  }
  EXPECT_GT(refused, 400);
}

TEST_P(DescribedOps, EveryOneHasAReference) {
  for (const OpBase* op : described_ops())
    if (op->location().find("tests/") == std::string::npos) {
      EXPECT_NE(reference::find(op->name()).function, nullptr) << op->name();
    }
  EXPECT_GE(described_ops().size(), 29U);
}

}  // namespace
}  // namespace tegula::testing
