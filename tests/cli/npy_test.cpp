#include "tools/npy/npy.h"

#include <cstring>

#include "tests/cli/cli_harness.h"
#include "tests/runtime/expect_error.h"

namespace tegula::npy {
namespace {

using tegula::testing::expect_error;
constexpr auto invalid = ErrorCode::invalid_argument;

std::vector<std::byte> bytes_of(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

/// A version 1 file with this header and this much data, counting bytes 0, 1, 2...
std::vector<std::byte> file_with(const std::string& header, std::size_t data_bytes) {
  std::string text = "\x93NUMPY";
  text += '\x01';
  text += '\0';
  text += static_cast<char>(header.size() & 0xff);
  text += static_cast<char>(header.size() >> 8);
  text += header;
  for (std::size_t i = 0; i < data_bytes; ++i) text += static_cast<char>(i);
  return bytes_of(text);
}

std::string header_of(const std::string& descr, const std::string& shape,
                      const std::string& fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

TEST(Npy, RoundTripsEveryDTypeAndRank) {
  for (const DType dtype : {DType::f16, DType::f32, DType::f64, DType::i32, DType::i64, DType::u8})
    for (const Dims& shape :
         {Dims{}, Dims{3}, Dims{2, 3}, Dims{0}, Dims{2, 0, 4}, Dims{1, 1, 1, 1, 1, 1, 1, 2}}) {
      Array array{dtype, shape, {}};
      array.data.resize(static_cast<std::size_t>(element_count(shape) * dtype_bytes(dtype)),
                        std::byte{7});
      const std::vector<std::byte> file = serialise(array);
      EXPECT_EQ((file.size() - array.data.size()) % 64, 0U);
      const Array read = parse(file, "x.npy");
      EXPECT_EQ(read.dtype, dtype);
      EXPECT_TRUE(read.shape == shape);
      EXPECT_EQ(read.data, array.data);
    }
}

TEST(Npy, WritesWhatNumpyWrites) {
  const std::vector<std::byte> file = serialise({DType::f32, {3}, std::vector<std::byte>(12)});
  std::string wanted = "\x93NUMPY";
  wanted += std::string("\x01\0v\0", 4);
  wanted += "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";
  wanted.append(127 - wanted.size(), ' ');
  wanted += '\n';
  wanted.append(12, '\0');
  EXPECT_EQ(file, bytes_of(wanted));
}

TEST(Npy, ReadsHeadersOfOtherWriters) {
  const auto shape = [](const std::string& header, std::size_t bytes) {
    return to_string(parse(file_with(header, bytes), "x.npy").shape);
  };
  EXPECT_EQ(shape("{\"shape\":(2,3),\"fortran_order\":False,\"descr\":\"<f4\"}", 24), "2x3");
  EXPECT_EQ(shape("{'descr': '<i8', 'fortran_order': False, 'shape': (2L, 1L)}   \n", 16), "2x1");
  EXPECT_EQ(shape(header_of("=f4", "( )"), 4), "scalar");
  EXPECT_EQ(shape(header_of("<u1", "(4,)"), 4), "4");
}

TEST(Npy, ReadsVersionsTwoAndThree) {
  for (const char version : {'\x02', '\x03'}) {
    const std::string header = header_of("<f2", "(1,)");
    std::string text = "\x93NUMPY";
    text += version;
    text += '\0';
    for (int i = 0; i < 4; ++i) text += static_cast<char>((header.size() >> (8 * i)) & 0xff);
    EXPECT_EQ(parse(bytes_of(text + header + "ab"), "x.npy").data.size(), 2U);
  }
}

TEST(Npy, FortranOrderBecomesCOrder) {
  // Column after column: element (i, j) of (2, 3) is byte 2j + i.
  const Array array = parse(file_with(header_of("|u1", "(2, 3)", "True"), 6), "x.npy");
  EXPECT_EQ(array.data, bytes_of(std::string("\0\2\4\1\3\5", 6)));
  const Array cube = parse(file_with(header_of("|u1", "(2, 2, 2)", "True"), 8), "x.npy");
  EXPECT_EQ(cube.data, bytes_of(std::string("\0\4\2\6\1\5\3\7", 8)));
}

TEST(Npy, BooleansAreZeroOrOne) {
  EXPECT_EQ(parse(file_with(header_of("|b1", "(3,)"), 3), "m.npy").data,
            bytes_of(std::string("\0\1\1", 3)));
}

TEST(Npy, EveryTruncationIsAClearError) {
  const std::vector<std::byte> file = serialise({DType::f32, {2, 3}, std::vector<std::byte>(24)});
  for (std::size_t size = 0; size < file.size(); ++size)
    expect_error(invalid, {"x.npy", ".npy"}, [&] { parse(std::span(file).first(size), "x.npy"); });
}

TEST(Npy, EveryDamagedHeaderByteIsReadOrRefused) {
  const std::vector<std::byte> file = serialise({DType::f32, {2, 3}, std::vector<std::byte>(24)});
  for (std::size_t at = 0; at < 128; ++at)
    for (const int value : std::initializer_list<int>{0, 1, '0', '9', '(', '}', ' ', 0x7f, 0xff}) {
      std::vector<std::byte> damaged = file;
      damaged[at] = static_cast<std::byte>(value);
      try {
        parse(damaged, "x.npy");
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), invalid);
      }
    }
}

TEST(Npy, MalformedHeaders) {
  const auto refused = [](const std::string& header, const char* part) {
    expect_error(invalid, {"x.npy", part}, [&] { parse(file_with(header, 4), "x.npy"); });
  };
  refused("", "'{' is missing");
  refused("{'descr': '<f4'}", "one of descr, fortran_order, shape is missing");
  refused("{'descr': '<f4', 'descr': '<f4'}", "'descr' is unknown or given twice");
  refused("{'colour': 'red'}", "'colour' is unknown");
  refused("{'descr': [('a', '<f4')]}", "structured dtypes");
  refused("{'descr': '<f4", "a string does not end");
  refused("{'descr': '<f4' 'shape'", "',' or '}' is missing");
  refused("{'fortran_order': Maybe", "True or False");
  refused("{'shape': (1, -1)", "a non-negative integer");
  refused("{'shape': (99999999999999999999,)", "64 bits");
  refused("{'shape': (1 2)", "',' or ')'");
  refused(header_of("<f4", "(1,)") + "x", "text after the dictionary");
}

TEST(Npy, WrongContents) {
  const auto refused = [](const std::string& header, std::size_t bytes,
                          std::initializer_list<const char*> parts) {
    expect_error(invalid, parts, [&] { parse(file_with(header, bytes), "x.npy"); });
  };
  refused(header_of(">f4", "(1,)"), 4, {"big-endian", ">f4", "little-endian"});
  refused(header_of("<c8", "(1,)"), 8, {"x.npy", "got '<c8'", "float32"});
  refused(header_of("<f4", "(2,)"), 7, {"ends within its data", "7 bytes", "8 bytes for 2:f32"});
  refused(header_of("<f4", "(2,)"), 9, {"bytes behind", "9 bytes"});
  refused(header_of("<f4", "(1,1,1,1,1,1,1,1,1)"), 4, {"too many dimensions", "got 9"});
  refused(header_of("<f8", "(1152921504606846976,)"), 4, {"x.npy", "64 bits"});
  expect_error(invalid, {"this is no .npy file"}, [] { parse(bytes_of("PK\3\4"), "x.npy"); });
  auto file = file_with(header_of("<f4", "(1,)"), 4);
  file[6] = std::byte{9};
  expect_error(invalid, {"version", "got 9", "1, 2 or 3"}, [&] { parse(file, "x.npy"); });
  expect_error(invalid, {"no .npy file holds", "bf16"}, [] { serialise({DType::bf16, {0}, {}}); });
}

TEST(Npy, Files) {
  const tegula::testing::TemporaryFolder folder;
  const Array array{DType::f32, {1}, std::vector<std::byte>(4)};
  write_file(folder.file("x.npy"), array);
  EXPECT_TRUE(read_file(folder.file("x.npy")).shape == array.shape);
  expect_error(invalid, {"none.npy", "cannot be read", "No such file"},
               [&] { read_file(folder.file("none.npy")); });
  expect_error(invalid, {"not a regular file"}, [] { read_file("/dev/null"); });
  write_file(folder.file("large.npy"), array);
  std::filesystem::resize_file(folder.file("large.npy"), std::uintmax_t{1} << 42);  // a hole
  expect_error(ErrorCode::out_of_resources,
               {"large.npy: reading the file takes more memory", "got 4398046511104 bytes"},
               [&] { read_file(folder.file("large.npy")); });
  expect_error(invalid, {"not a regular file"}, [&] { read_file(folder.file("")); });
  expect_error(invalid, {"cannot be created"},
               [&] { write_file(folder.file("none/x.npy"), array); });
  expect_error(ErrorCode::environment, {"cannot be written"},
               [&] { write_file("/dev/full", array); });
}

}  // namespace
}  // namespace tegula::npy
