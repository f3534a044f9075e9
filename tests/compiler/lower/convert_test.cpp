// Layout conversions between layouts chosen by the test: lowered, run on the simulator with all
// checks on, and assembled. What shuffles and shared memory do is counted.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <numeric>

#include "compiler/backend/encoder/encoder.h"
#include "compiler/backend/llvm/llvm_module.h"
#include "compiler/backend/ptx/assembler.h"
#include "compiler/backend/ptx/ptx.h"
#include "compiler/driver/pipeline.h"
#include "compiler/layout/conversion.h"
#include "compiler/layout/shuffle.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "runtime/format/architecture.h"
#include "tests/compiler/layout/random_layouts.h"
#include "tests/runtime/sim/run_image.h"

namespace tegula::compiler {
namespace {

using layout::Columns;
using layout::Distributed;
using layout::Shape;
using layout::testing::Random;

std::string attribute(const Distributed& layout) {
  return fmt::format("#tile.layout<[{}], register = [{}], lane = [{}], warp = [{}]>",
                     fmt::join(layout.shape(), ", "), fmt::join(layout.register_columns(), ", "),
                     fmt::join(layout.lane_columns(), ", "),
                     fmt::join(layout.warp_columns(), ", "));
}

/// A kernel that loads a tile in one layout and stores it in another.
std::string kernel_text(const Distributed& source, const Distributed& target,
                        const std::string& type) {
  const std::string shape = fmt::format("{}x{}", fmt::join(source.shape(), "x"), type);
  const std::string view =
      fmt::format("!tile.view<{}, extents [{}], strides [{}, 1], divisors [1, 1], align 16>", shape,
                  fmt::join(source.shape(), ", "), source.shape()[1]);
  const std::string from = fmt::format("tensor<{}, {}>", shape, attribute(source));
  const std::string to = fmt::format("tensor<{}, {}>", shape, attribute(target));
  return fmt::format(R"(
func.func @convert(%p: !llvm.ptr<1>, %q: !llvm.ptr<1>) attributes {{tile.warps = {0} : i32}} {{
  %c0 = arith.constant 0 : i32
  %x = tile.view "x" %p extents() strides() : !llvm.ptr<1>, {1}
  %y = tile.view "y" %q extents() strides() : !llvm.ptr<1>, {1}
  %t = tile.load %x[%c0, %c0] full [true, true] : {1} -> {2}
  %u = tile.convert_layout %t : {2} -> {3}
  tile.store %u, %y[%c0, %c0] full [true, true] : {3}, {1}
  return
}})",
                     source.warps(), view, from, to);
}

class Conversion : public ::testing::TestWithParam<const char*> {
 protected:
  Conversion() {
    mlir::DialectRegistry registry;
    register_dialects(registry);
    context_ =
        std::make_unique<mlir::MLIRContext>(registry, mlir::MLIRContext::Threading::DISABLED);
    context_->loadAllAvailableDialects();
  }

  void compile(const Distributed& source, const Distributed& target, const std::string& type) {
    auto module =
        mlir::parseSourceString<mlir::ModuleOp>(kernel_text(source, target, type), context_.get());
    ASSERT_TRUE(module) << kernel_text(source, target, type);
    mlir::PassManager passes(context_.get());
    add_shared_memory_passes(passes);
    add_lowering_passes(passes);
    ASSERT_TRUE(mlir::succeeded(passes.run(*module)));
    const format::Architecture& architecture = *format::find_architecture(GetParam());
    machine_ = make_target_machine(architecture);
    module_ = translate_to_llvm(*module, llvm_context_, *machine_, "convert", source.warps() * 32);
    optimise(*module_, *machine_);
  }

  /// Runs what compile() made; the counters are the device's.
  void run(int warps, std::int64_t elements, int bytes) {
    device->reset_statistics();
    program::Program program;
    program.name = "convert";
    program.warps = static_cast<std::uint32_t>(warps);
    const auto image = encode_image(*module_, program, GetParam(), program.warps);
    std::vector<std::byte> x(static_cast<std::size_t>(elements * bytes)), y(x.size());
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<std::byte>(boolean_ ? i * 7 / 3 % 2 : i * 40503 >> 7);
    testing::run_image(*device, image, {testing::in("x", x), testing::out("y", y)});
    ASSERT_EQ(std::memcmp(x.data(), y.data(), x.size()), 0);
  }

  std::unique_ptr<mlir::MLIRContext> context_;
  llvm::LLVMContext llvm_context_;
  std::unique_ptr<llvm::TargetMachine> machine_;
  std::unique_ptr<llvm::Module> module_;
  std::shared_ptr<SimDevice> device = make_sim_device(GetParam());
  bool boolean_ = false;
};
INSTANTIATE_TEST_SUITE_P(Architectures, Conversion, ::testing::Values("sm_80", "sm_90a"));

/// Units in random order, and zeros for some threads.
Distributed units(Random& random, const Shape& shape, int warp_bits, int copies) {
  Columns columns;
  for (int bit = 0; bit < layout::tile_bits(shape); ++bit) columns.push_back(1u << bit);
  columns.insert(columns.end(), static_cast<std::size_t>(copies), 0);
  Columns mixed;
  for (int at : random.permutation(static_cast<int>(columns.size())))
    mixed.push_back(columns[static_cast<std::size_t>(at)]);
  const auto lanes = mixed.begin() + layout::lane_bits, warps = lanes + warp_bits;
  Columns registers(warps, mixed.end());
  std::erase(registers, 0u);
  return Distributed(shape, registers, Columns(mixed.begin(), lanes), Columns(lanes, warps));
}

constexpr std::pair<const char*, int> types[] = {{"i1", 1},  {"i8", 1},  {"bf16", 2},
                                                 {"i16", 2}, {"f32", 4}, {"f64", 8}};

TEST_P(Conversion, MovesEveryElementWithoutConflicts) {
  Random random(1);
  int shuffled = 0, shared = 0;
  for (int i = 0; i < 60; ++i) {
    const Shape shape = {int64_t{1} << random.in(1, 5), int64_t{1} << random.in(4, 6)};
    const int warps = random.in(0, std::min(2, layout::tile_bits(shape) - layout::lane_bits));
    const Distributed source = units(random, shape, warps, 0),
                      target = units(random, shape, warps, 0);
    const auto& [type, bytes] = types[i % std::size(types)];
    SCOPED_TRACE(source.to_string() + " to " + target.to_string() + ", " + type);
    boolean_ = std::string_view(type) == "i1";
    compile(source, target, type);
    run(source.warps(), source.size(), bytes);
    EXPECT_EQ(device->counters().shared_wavefronts, device->counters().min_shared_wavefronts);
    const bool needs_shared = device->counters().shared_wavefronts > 0;
    (needs_shared ? shared : shuffled) += 1;
    EXPECT_EQ(device->counters().barriers, needs_shared ? 1u : 0u);
  }
  EXPECT_GT(shared, 20);
  EXPECT_GT(shuffled, 3);
}

TEST_P(Conversion, WithinAWarpByShuffles) {
  Random random(2);
  int planned = 0;
  for (int i = 0; i < 120; ++i) {
    const Shape shape = {int64_t{1} << random.in(0, 3), int64_t{1} << random.in(3, 5)};
    const Distributed source = units(random, shape, 0, random.in(2, 4));
    const Distributed target = units(random, shape, 0, random.in(2, 4));
    const auto& [type, bytes] = types[i % std::size(types)];
    if (classify(source, target) != layout::ConversionKind::lanes) continue;
    const auto plan = layout::plan_cheap_shuffles(source, target, bytes);
    if (!plan) continue;
    ++planned;
    SCOPED_TRACE(source.to_string() + " to " + target.to_string() + ", " + type);
    boolean_ = std::string_view(type) == "i1";
    compile(source, target, type);
    run(1, source.size(), bytes);
    EXPECT_EQ(device->counters().shared_wavefronts, 0u);
    EXPECT_EQ(device->counters().barriers, 0u);
    const auto& instructions = device->counters().instructions;
    const auto shuffles = instructions.find("shuffle");
    EXPECT_LE(shuffles == instructions.end() ? 0 : shuffles->second,
              static_cast<std::uint64_t>(plan->shuffles(bytes)));
  }
  EXPECT_GT(planned, 60);
}

TEST_P(Conversion, CopiesInEitherLayout) {
  Random random(3);
  for (int i = 0; i < 60; ++i) {
    const Shape shape = {int64_t{1} << random.in(0, 3), int64_t{1} << random.in(2, 4)};
    const Distributed source = units(random, shape, 2, 7), target = units(random, shape, 2, 7);
    const auto& [type, bytes] = types[i % std::size(types)];
    SCOPED_TRACE(source.to_string() + " to " + target.to_string() + ", " + type);
    boolean_ = std::string_view(type) == "i1";
    compile(source, target, type);
    run(4, source.size(), bytes);
  }
}

TEST_P(Conversion, ATransposeMovesSixteenBytesOnOneSide) {
  const Distributed rows = Distributed::blocked({64, 64}, 4, 4);
  const Distributed columns = Distributed::blocked({64, 64}, 4, 4).transpose({1, 0});
  compile(rows, columns, "f32");
  run(4, 4096, 4);
  // 16 KiB stored and loaded, 128 bytes a wavefront.
  EXPECT_EQ(device->counters().shared_wavefronts, 256u);
  EXPECT_EQ(device->counters().min_shared_wavefronts, 256u);
}

TEST_P(Conversion, Assembles) {
  if (assemblers().empty()) GTEST_SKIP() << "SKIP: no assembler on this machine";
  Random random(4);
  for (const auto& [type, bytes] : types) {
    compile(units(random, {16, 32}, 1, 0), units(random, {16, 32}, 1, 0), type);
    EXPECT_FALSE(assemble(emit_ptx(*module_, *machine_), GetParam()).bytes.empty());
    compile(units(random, {8, 32}, 0, 0), units(random, {8, 32}, 0, 0), type);
    EXPECT_FALSE(assemble(emit_ptx(*module_, *machine_), GetParam()).bytes.empty());
  }
}

}  // namespace
}  // namespace tegula::compiler
