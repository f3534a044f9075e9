// .npy files: numpy's format for one array (numpy.lib.format, versions 1 to 3).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tegula/dtype.h"
#include "tegula/tensor.h"

namespace tegula::npy {

/// An array in C (row-major) order, little endian.
struct Array {
  DType dtype = DType::f32;
  Dims shape;
  std::vector<std::byte> data;
};

/// Reads float16, float32, float64, int32, int64, uint8 and bool, up to 8 dimensions; Fortran order
/// is turned into C order. Never reads past the end or allocates more than the input justifies.
/// Throws Error{invalid_argument} that names `name`, what is wrong and what is wanted: another
/// format, version, byte order or dtype, a damaged header, too few or too many bytes.
Array parse(std::span<const std::byte> bytes, std::string_view name);

/// The bytes of a version 1 file, the header padded to 64 bytes as numpy pads it. Throws
/// Error{invalid_argument} for a dtype that parse() does not read (bf16 has no numpy spelling).
std::vector<std::byte> serialise(const Array& array);

/// Throws as parse() does, Error{invalid_argument} if `path` is no readable regular file, and
/// Error{out_of_resources} if it does not fit this machine's memory.
Array read_file(const std::string& path);
/// Throws Error{invalid_argument} if `path` cannot be created, Error{environment} if it cannot be
/// written to its end.
void write_file(const std::string& path, const Array& array);

}  // namespace tegula::npy
