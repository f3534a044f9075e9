// What the prefetch of loads leaves in the IR, run on the simulator: as it is, and with a part of
// it taken away or wrong, which the simulator must report.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <numeric>

#include "compiler/backend/encoder/encoder.h"
#include "compiler/backend/llvm/llvm_module.h"
#include "compiler/driver/pipeline.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "runtime/format/architecture.h"
#include "tests/runtime/sim/run_image.h"

namespace tegula::compiler {
namespace {

constexpr int columns = 512, iterations = 7, warps = 2;

/// y is the sum of 7 rows of x, of 512 f32 each.
constexpr const char* kernel_text = R"(
!row = !tile.view<1x512xf32, extents [7, 512], strides [512, 1], divisors [16, 1], align 16>
!one = !tile.view<1x512xf32, extents [1, 512], strides [512, 1], divisors [16, 1], align 16>
func.func @rows(%p: !llvm.ptr<1>, %q: !llvm.ptr<1>)
    attributes {tile.warps = 2 : i32, tile.shared_limit = 166912 : i64} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c7 = arith.constant 7 : i32
  %x = tile.view "x" %p extents() strides() : !llvm.ptr<1>, !row
  %y = tile.view "y" %q extents() strides() : !llvm.ptr<1>, !one
  %zero = arith.constant dense<0.0> : tensor<1x512xf32>
  %s = scf.for %j = %c0 to %c7 step %c1 iter_args(%a = %zero) -> (tensor<1x512xf32>) : i32 {
    %t = tile.load %x[%j, %c0] full [true, true] : !row -> tensor<1x512xf32>
    %b = arith.addf %a, %t : tensor<1x512xf32>
    scf.yield %b : tensor<1x512xf32>
  }
  tile.store %s, %y[%c0, %c0] full [true, true] : tensor<1x512xf32>, !one
  return
})";

class PrefetchedLoads : public ::testing::Test {
 protected:
  /// The reports of a run whose IR `change` has seen between the layout passes and the lowering.
  std::vector<SimReport> run(const std::function<void(mlir::ModuleOp)>& change) {
    mlir::DialectRegistry registry;
    register_dialects(registry);
    mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
    context.loadAllAvailableDialects();
    auto module = mlir::parseSourceString<mlir::ModuleOp>(kernel_text, &context);
    mlir::PassManager layouts(&context), lowering(&context);
    add_layout_passes(layouts);
    add_shared_memory_passes(lowering);
    add_lowering_passes(lowering);
    EXPECT_TRUE(module && mlir::succeeded(layouts.run(*module)));
    change(*module);
    EXPECT_TRUE(mlir::succeeded(lowering.run(*module)));

    llvm::LLVMContext llvm_context;
    const auto machine = make_target_machine(*format::find_architecture("sm_80"));
    const auto llvm_module = translate_to_llvm(*module, llvm_context, *machine, "rows", warps * 32);
    optimise(*llvm_module, *machine);
    program::Program program;
    program.name = "rows";
    program.warps = warps;
    const auto image = encode_image(*llvm_module, program, "sm_80", program.warps);

    std::vector<float> x(iterations * columns);
    std::iota(x.begin(), x.end(), 0.f);
    sums.assign(columns, 0);
    const auto device = make_sim_device("sm_80", {.throw_on_report = false});
    testing::run_image(*device, image, {testing::in("x", x), testing::out("y", sums)});
    barriers = device->counters().barriers;
    return device->reports();
  }

  void expect_wait_reported(const std::function<void(mlir::ModuleOp)>& change) {
    const auto reports = run(change);
    ASSERT_FALSE(reports.empty());
    EXPECT_EQ(reports[0].check, "wait") << reports[0].message;
  }

  std::vector<float> sums;
  std::uint64_t barriers = 0;
};

/// Every operation of that name.
std::vector<mlir::Operation*> all(mlir::ModuleOp module, llvm::StringRef name) {
  std::vector<mlir::Operation*> result;
  module.walk([&](mlir::Operation* op) {
    if (op->getName().getStringRef() == name) result.push_back(op);
  });
  return result;
}

TEST_F(PrefetchedLoads, AddUpWithoutABarrier) {
  const auto reports = run([](mlir::ModuleOp module) {
    EXPECT_TRUE(all(module, "tile.load").empty());
    EXPECT_EQ(all(module, "tile.async_read").size(), 1u);
  });
  EXPECT_TRUE(reports.empty()) << reports[0].message;
  EXPECT_EQ(barriers, 0u);
  for (int k = 0; k < columns; ++k)
    EXPECT_EQ(sums[static_cast<std::size_t>(k)], static_cast<float>(iterations * k + 21 * columns));
}

TEST_F(PrefetchedLoads, AMissingWaitIsReported) {
  expect_wait_reported([](mlir::ModuleOp module) {
    for (mlir::Operation* wait : all(module, "tile.async_wait")) wait->erase();
  });
}

TEST_F(PrefetchedLoads, AWaitForAnEarlierGroupIsReported) {
  expect_wait_reported([](mlir::ModuleOp module) {
    for (mlir::Operation* wait : all(module, "tile.async_wait")) {
      const auto pending = wait->getAttrOfType<mlir::IntegerAttr>("pending");
      wait->setAttr("pending", mlir::IntegerAttr::get(pending.getType(), pending.getInt() + 1));
    }
  });
}

TEST_F(PrefetchedLoads, GroupsThatNobodyCommitsAreReported) {
  expect_wait_reported([](mlir::ModuleOp module) {
    for (mlir::Operation* commit : all(module, "tile.async_commit")) commit->erase();
  });
}

// The next iteration's copy to a slot that this one has still to read.
TEST_F(PrefetchedLoads, ASlotRefilledBeforeItIsReadIsReported) {
  expect_wait_reported([](mlir::ModuleOp module) {
    for (mlir::Operation* read : all(module, "tile.async_read")) {
      mlir::Operation* refilled = read->getNextNode();
      while (refilled->getName().getStringRef() != "tile.async_commit")
        refilled = refilled->getNextNode();
      read->moveAfter(refilled);
    }
  });
}

}  // namespace
}  // namespace tegula::compiler
