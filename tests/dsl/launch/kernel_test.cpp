// Kernel definitions: configs, the registry, checked tracing.
#include "tests/dsl/helpers.h"

namespace tegula::testing {
namespace {

using ::testing::HasSubstr;

enum class Mode : std::uint8_t { plain, fancy };
struct Cfg {
  int bn = 64;
  bool fast = true;
  Mode mode = Mode::fancy;
  short tail = -2;
};
Cfg seen;
void remember(const Cfg& c, In x) {
  seen = c;
  auto [i] = grid({x.dim(0)});
  (void)i;
}
auto whole() {
  return kernel("whole", remember, {"x"})
      .sweep("bn", &Cfg::bn, {32, 64})
      .field("fast", &Cfg::fast)
      .sweep("mode", &Cfg::mode, {Mode::plain, Mode::fancy})
      .field("tail", &Cfg::tail);
}

TEST(Config, FieldsOfEveryKindGoThere) {
  const auto k = whole();
  const auto program =
      trace(k, {tensor(f32, {8})}, Cfg{.bn = 32, .fast = false, .mode = Mode::plain, .tail = -7});
  EXPECT_EQ(seen.bn, 32);
  EXPECT_FALSE(seen.fast);
  EXPECT_EQ(seen.mode, Mode::plain);
  EXPECT_EQ(seen.tail, -7);
  EXPECT_THAT(to_text(program), HasSubstr("kernel whole(bn=32, fast=0, mode=0, tail=-7) warps 4"));
}

TEST(Config, ABoolIsZeroOrOne) {
  const auto k = whole();
  Config config = k.base().default_config();
  k.base().set(config, "fast", 0);
  EXPECT_EQ(error_of([&] { k.base().set(config, "fast", 2); }).code(), ErrorCode::invalid_argument);
}

TEST(Config, SetByName) {
  const auto k = whole();
  const KernelBase& base = k.base();
  Config config = base.default_config();
  EXPECT_EQ(base.to_text(config), "bn=64,fast=1,mode=1,tail=-2");
  base.set(config, "tail", -32768);
  EXPECT_EQ(base.to_text(config), "bn=64,fast=1,mode=1,tail=-32768");
  EXPECT_THAT(error_of([&] { base.set(config, "bm", 1); }).what(),
              HasSubstr("whole: error: bm: the kernel has no such config field (wanted bn, fast"));
  EXPECT_THAT(error_of([&] { base.set(config, "tail", 40000); }).what(),
              HasSubstr("tail: the config field cannot hold the value (got 40000)"));
  EXPECT_EQ(base.fields()[0].sweep, (std::vector<std::int64_t>{32, 64}));
  EXPECT_EQ(base.fields()[3].initial, -2);
}

TEST(Config, PruneKeepsWhatTheRuleAccepts) {
  const auto k = whole().prune([](const Cfg& c) { return c.bn > 32; });
  Config config = k.base().default_config();
  EXPECT_TRUE(k.base().feasible(config));
  k.base().set(config, "bn", 32);
  EXPECT_FALSE(k.base().feasible(config));
}

TEST(Config, EveryFieldMustBeRegistered) {
  const auto k = kernel("part", remember, {"x"}).field("bn", &Cfg::bn);
  const int line = __LINE__ - 1;
  const Error error = error_of([&] { trace(k, {tensor(f32, {8})}); });
  EXPECT_THAT(error.what(), HasSubstr("kernel_test.cpp" + at_line(line)));
  EXPECT_THAT(error.what(),
              HasSubstr("part: not every field of the config is registered (got bn; wanted 4 "
                        "fields); register each by .sweep(...) or .field(...)"));
}

TEST(Config, MoreFieldsThanAConfigHolds) {
  auto k = kernel("wide", remember, {"x"}).field("bn", &Cfg::bn);
  const int line = __LINE__ - 1;
  for (int i = 0; i < 100; ++i) k = std::move(k).field("bn", &Cfg::bn);
  EXPECT_EQ(k.base().default_config().size, Config::capacity);
  EXPECT_EQ(k.with({.bn = 7}).config().size, Config::capacity);
  const Error error = error_of([&] { trace(k, {tensor(f32, {8})}); });
  EXPECT_THAT(error.what(), HasSubstr("kernel_test.cpp" + at_line(line)));
  EXPECT_THAT(error.what(), HasSubstr("wide: too many config fields are registered (got 101; "
                                      "wanted at most 24)"));
}

TEST(Config, AFieldTwiceIsAnError) {
  const auto k = kernel("twice", remember, {"x"})
                     .field("bn", &Cfg::bn)
                     .field("fast", &Cfg::bn)
                     .field("mode", &Cfg::mode)
                     .field("tail", &Cfg::tail);
  EXPECT_THAT(error_of([&] { trace(k, {tensor(f32, {8})}); }).what(),
              HasSubstr("a config field is registered twice"));
}

struct Warps {
  int warps = 4;
};
void warped(const Warps&, In x) {
  auto [i] = grid({x.dim(0)});
  (void)i;
}
TEST(Config, WarpsMustBeAPowerOfTwo) {
  const auto k = kernel("warped", warped, {"x"}).field("warps", &Warps::warps);
  EXPECT_EQ(trace(k, {tensor(f32, {8})}, Warps{16}).warps, 16u);
  EXPECT_THAT(error_of([&] { trace(k, {tensor(f32, {8})}, Warps{6}); }).what(),
              HasSubstr("warped: error: config field warps: the number of warps is no power of "
                        "two in range (got 6; wanted 1, 2, 4, ... 32)"));
}

void plain(const NoConfig&, In x, OptOut y, I64 n) {
  auto [i] = grid({x.dim(0)});
  (void)i, (void)y, (void)n;
}

TEST(Definition, ParametersAsTheSignatureHasThem) {
  const int line = __LINE__ + 1;
  const auto k = kernel("plain", plain, {"x", "y", "n"}).specialise_dim("y", -1);
  const auto& parameters = k.base().parameters();
  ASSERT_EQ(parameters.size(), 3u);
  EXPECT_EQ(parameters[0].access, ParameterInfo::Access::in);
  EXPECT_TRUE(parameters[1].optional);
  EXPECT_EQ(parameters[1].access, ParameterInfo::Access::out);
  EXPECT_EQ(parameters[1].specialised_dims, std::vector<int>{-1});
  EXPECT_EQ(parameters[2].kind, ParameterInfo::Kind::scalar);
  EXPECT_EQ(parameters[2].dtype, i64);
  EXPECT_THAT(k.base().location(), HasSubstr("kernel_test.cpp" + at_line(line)));
}

TEST(Definition, MistakesShowAtTheFirstUse) {
  const auto message = [](const auto& k) {
    return std::string(error_of([&] {
                         trace(k, {tensor(f32, {8}), absent(), std::int64_t{1}});
                       }).what());
  };
  EXPECT_THAT(message(kernel("a-b", plain, {"x", "y", "n"})), HasSubstr("no C identifier"));
  EXPECT_THAT(message(kernel("", plain, {"x", "y", "n"})), HasSubstr("no C identifier"));
  EXPECT_THAT(message(kernel("k", plain, {"x", "the y", "n"})),
              HasSubstr("k: the y: a parameter's name is no C identifier"));
  for (const int wrong : {1, -2})
    EXPECT_THAT(
        message(kernel("k", plain, {"x", "y", "n"}).specialise_dim("x", wrong)),
        HasSubstr("k: x: specialise_dim names a dimension that the tensor does not have (got " +
                  std::to_string(wrong) + "; wanted -1 to 0)"));
  EXPECT_THAT(message(kernel("k", plain, {"x", "x", "n"})),
              HasSubstr("two parameters have one name"));
  EXPECT_THAT(message(kernel("k", plain, {"x", "y", "n"}).specialise_dim("z", 0)),
              HasSubstr("k: z: specialise_dim names no tensor parameter"));
  EXPECT_THAT(message(kernel("k", plain, {"x", "y", "n"}).specialise_dim("n", 0)),
              HasSubstr("k: n: specialise_dim names no tensor parameter"));
}

TEST(Definition, WrongNumberOfArguments) {
  const auto k = kernel("plain", plain, {"x", "y", "n"});
  EXPECT_THAT(error_of([&] { trace(k, {tensor(f32, {8})}); }).what(),
              HasSubstr("plain: error: wrong number of arguments (got 1; wanted 3)"));
}

TEST(Definition, ACapturelessLambdaIsAKernel) {
  const auto k = kernel("lambda",
                        [](const NoConfig&, In x) {
                          auto [i] = grid({x.dim(0)});
                          (void)i;
                        },
                        {"x"});
  EXPECT_EQ(trace(k, {tensor(f32, {8})}).name, "lambda");
}

TEST(Registry, HoldsTheLivingKernels) {
  const auto count = [] {
    std::size_t n = 0;
    for (const KernelBase* k : kernels()) n += k->name() == "registered";
    return n;
  };
  {
    const auto k = kernel("registered", plain, {"x", "y", "n"}).specialise_dim("x", 0);
    EXPECT_EQ(count(), 1u);
  }
  EXPECT_EQ(count(), 0u);
}

int calls = 0;
void fickle(const NoConfig&, In x, Out y) {
  auto [i] = grid({x.dim(0)});
  y.tiles({64}).store(static_cast<float>(++calls), {i});
}

TEST(Checked, HostStateThatChangesIsFound) {
  const auto k = kernel("fickle", fickle, {"x", "y"});
  const Error error = error_of([&] { trace(k, {tensor(f32, {8}), tensor(f32, {8})}); });
  EXPECT_THAT(error.what(), HasSubstr("fickle: tracing the kernel twice gave two different "
                                      "Programs; it reads host state that changed"));
}

void throwing(const NoConfig&, In x, Out) {
  Tile t = zeros(f32, {64});
  for (auto j : range(0, x.dim(0))) {
    t += j.to(f32);
    throw std::runtime_error("the author's own");
  }
}

TEST(Definition, AnExceptionLeavesNothingBehind) {
  const auto k = kernel("throwing", throwing, {"x", "y"});
  EXPECT_THROW(trace(k, {tensor(f32, {8}), tensor(f32, {8})}), std::runtime_error);
  EXPECT_EQ(Tile().tracer(), nullptr);
  const auto good = whole();
  EXPECT_THAT(body(trace(good, {tensor(f32, {8})}, Cfg{})), HasSubstr("dim x[0]"));
}

}  // namespace
}  // namespace tegula::testing
