#include "tegula/compile.h"

#include "tests/runtime/expect_error.h"

namespace tegula {
namespace {

using testing::expect_error;

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
  std::vector<std::byte> bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

std::vector<std::byte> echo(std::span<const std::byte> request) {
  return read_compile_request(request).program;
}

TEST(Compile, AsksTheRegisteredFunction) {
  const CompileFunction before = set_compile_function(echo);
  const auto program = bytes_of({1, 2, 3});
  EXPECT_EQ(compile({program, {Target::Backend::sim, "sm_80"}}), program);
  EXPECT_EQ(set_compile_function(before), echo);
}

TEST(Compile, WithoutACompilerSaysWhatToLink) {
  const CompileFunction before = set_compile_function(nullptr);
  expect_error(ErrorCode::environment, {"no kernel compiler", "sm_90a", "tegula::tegula"}, [] {
    compile({{}, {Target::Backend::ptx, "sm_90a"}});
  });
  set_compile_function(before);
}

TEST(CompileRequest, RoundTrips) {
  const CompileRequest request = {bytes_of({9, 8}), {Target::Backend::sim, "sm_80"}};
  const CompileRequest read = read_compile_request(serialise(request));
  EXPECT_EQ(read.program, request.program);
  EXPECT_EQ(read.target, request.target);
}

TEST(CompileRequest, EveryTruncationIsRefused) {
  const auto bytes =
      serialise(CompileRequest{bytes_of({9, 8, 7}), {Target::Backend::ptx, "sm_80"}});
  for (std::size_t size = 0; size < bytes.size(); ++size)
    expect_error(ErrorCode::corrupt_data, {"compile request"},
                 [&] { read_compile_request(std::span(bytes).first(size)); });
}

TEST(CompileRequest, OtherBytesAreRefused) {
  auto bytes = serialise(CompileRequest{{}, {Target::Backend::ptx, "sm_80"}});
  const auto refused = [&](std::size_t at, int value) {
    auto damaged = bytes;
    damaged[at] = static_cast<std::byte>(value);
    expect_error(ErrorCode::corrupt_data, {"compile request"},
                 [&] { read_compile_request(damaged); });
  };
  refused(0, 0);   // the magic
  refused(4, 77);  // the version
  refused(8, 2);   // the backend
  bytes.push_back(std::byte{0});
  refused(9, 5);
}

}  // namespace
}  // namespace tegula
