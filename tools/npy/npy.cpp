#include "tools/npy/npy.h"

#include <array>
#include <cstring>

#include <fmt/format.h>

#include "tegula/error.h"
#include "tools/npy/header.h"

namespace tegula::npy {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t header_alignment = 64;

struct DescrRow {
  std::string_view descr;
  DType dtype;
};
constexpr std::array<DescrRow, 7> descr_table = {{{"<f2", DType::f16},
                                                  {"<f4", DType::f32},
                                                  {"<f8", DType::f64},
                                                  {"<i4", DType::i32},
                                                  {"<i8", DType::i64},
                                                  {"|u1", DType::u8},
                                                  {"|b1", DType::i1}}};
constexpr std::string_view wanted_dtypes =
    "little-endian float16, float32, float64, int32, int64, uint8 or bool";

[[noreturn]] void fail(std::string_view name, std::string problem, std::string got = {},
                       std::string wanted = {}) {
  throw Error(ErrorCode::invalid_argument, {.argument = std::string(name),
                                            .problem = std::move(problem),
                                            .got = std::move(got),
                                            .wanted = std::move(wanted)});
}

DType dtype_of(const std::string& descr, std::string_view name) {
  for (const DescrRow& row : descr_table)
    // The byte order mark of a one-byte type may be any; "=" is this machine's own, little endian.
    if (descr.size() == row.descr.size() &&
        std::string_view(descr).substr(1) == row.descr.substr(1) &&
        (descr[0] == row.descr[0] || descr[0] == '=' || row.descr[0] == '|'))
      return row.dtype;
  if (descr.starts_with('>'))
    fail(name, "big-endian arrays are not read", descr, std::string(wanted_dtypes));
  fail(name, "a dtype that is not read", "'" + descr + "'", std::string(wanted_dtypes));
}

std::size_t count_of(const Dims& shape, std::string_view name) {
  try {
    return static_cast<std::size_t>(element_count(shape));
  } catch (const Error& error) {
    const ErrorDetails& details = error.details();
    fail(name, details.problem, details.got, details.wanted);
  }
}

/// What lies before the data: the header's text and where the data begins.
struct Preamble {
  std::string_view header;
  std::size_t data_offset;
};

Preamble preamble(std::span<const std::byte> bytes, std::string_view name) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(magic))
    fail(name, "this is no .npy file", "other first bytes", "a file that numpy.save wrote");
  if (text.size() < magic.size() + 2) fail(name, "the .npy file ends within its version");
  const auto major = static_cast<unsigned char>(text[magic.size()]);
  if (major < 1 || major > 3)
    fail(name, "an unknown version of the .npy format", std::to_string(major), "1, 2 or 3");
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  const std::size_t header_at = magic.size() + 2 + length_bytes;
  if (text.size() < header_at) fail(name, "the .npy file ends within the length of its header");
  std::size_t length = 0;
  for (std::size_t i = 0; i < length_bytes; ++i)
    length |= static_cast<std::size_t>(static_cast<unsigned char>(text[magic.size() + 2 + i]))
              << (8 * i);
  if (length > text.size() - header_at)
    fail(name, "the .npy file ends within its header",
         fmt::format("{} bytes of header", text.size() - header_at), std::to_string(length));
  return {text.substr(header_at, length), header_at + length};
}

/// Fortran order to C order: the first index is the fastest in `source`, the last in the result.
std::vector<std::byte> to_c_order(std::span<const std::byte> source, const Dims& shape,
                                  std::size_t element_bytes) {
  std::vector<std::byte> result(source.size());
  std::vector<std::size_t> source_strides(shape.size());
  std::size_t stride = element_bytes;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    source_strides[d] = stride;
    stride *= static_cast<std::size_t>(shape[d]);
  }
  Dims index = shape;
  for (std::size_t d = 0; d < index.size(); ++d) index[d] = 0;
  for (std::size_t at = 0; at < result.size(); at += element_bytes) {
    std::size_t from = 0;
    for (std::size_t d = 0; d < shape.size(); ++d)
      from += static_cast<std::size_t>(index[d]) * source_strides[d];
    std::memcpy(result.data() + at, source.data() + from, element_bytes);
    for (std::size_t d = shape.size(); d-- > 0 && ++index[d] == shape[d];) index[d] = 0;
  }
  return result;
}

}  // namespace

Array parse(std::span<const std::byte> bytes, std::string_view name) {
  const auto [text, data_offset] = preamble(bytes, name);
  const Header header = parse_header(text, name);
  if (header.shape.size() > Dims::capacity)
    fail(name, "too many dimensions", std::to_string(header.shape.size()),
         fmt::format("at most {}", Dims::capacity));
  Array array;
  array.dtype = dtype_of(header.descr, name);
  array.shape = Dims(std::span<const std::int64_t>(header.shape));
  const auto element_bytes = static_cast<std::size_t>(dtype_bytes(array.dtype));
  const std::size_t wanted = count_of(array.shape, name) * element_bytes;
  const std::span<const std::byte> data = bytes.subspan(data_offset);
  if (data.size() != wanted)
    fail(
        name,
        data.size() < wanted ? "the .npy file ends within its data"
                             : "there are bytes behind the .npy data",
        fmt::format("{} bytes", data.size()),
        fmt::format("{} bytes for {}:{}", wanted, to_string(array.shape), dtype_name(array.dtype)));
  array.data = header.fortran_order ? to_c_order(data, array.shape, element_bytes)
                                    : std::vector<std::byte>(data.begin(), data.end());
  if (array.dtype == DType::i1)  // any nonzero byte is true in numpy; one spelling of it here
    for (std::byte& value : array.data) value = std::byte{value != std::byte{0}};
  return array;
}

std::vector<std::byte> serialise(const Array& array) {
  std::string_view descr;
  for (const DescrRow& row : descr_table)
    if (row.dtype == array.dtype) descr = row.descr;
  if (descr.empty())
    fail("dtype", "no .npy file holds this dtype", std::string(dtype_name(array.dtype)),
         std::string(wanted_dtypes));
  std::string shape;
  for (const std::int64_t extent : array.shape) shape += fmt::format("{}, ", extent);
  if (array.shape.size() > 1) shape.resize(shape.size() - 2);
  if (array.shape.size() == 1) shape.pop_back();  // a tuple of one keeps its comma
  std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr, shape);
  const std::size_t unpadded = magic.size() + 4 + header.size() + 1;
  header.append((header_alignment - unpadded % header_alignment) % header_alignment, ' ');
  header += '\n';
  std::string file(magic);
  file += '\x01';
  file += '\x00';
  file += static_cast<char>(header.size() & 0xff);
  file += static_cast<char>(header.size() >> 8);
  file += header;
  const auto bytes = std::as_bytes(std::span(file));
  std::vector<std::byte> result(bytes.begin(), bytes.end());
  result.insert(result.end(), array.data.begin(), array.data.end());
  return result;
}

}  // namespace tegula::npy
