#include "runtime/format/tensor_map_record.h"

namespace tegula::format {

void write(Writer& w, const TensorMapRecord& record) {
  w.put(record.argument);
  w.put(record.rank);
  for (std::uint32_t d = 0; d < record.rank; ++d) {
    w.put(record.dimensions[d].of_tensor);
    w.put(record.dimensions[d].box);
    w.put(record.dimensions[d].element_stride);
  }
  w.put(record.swizzle);
  w.put(record.interleave);
  w.put(record.promotion);
  w.put(record.fill);
}

TensorMapRecord read_tensor_map_record(Reader& r) {
  TensorMapRecord record;
  record.argument = r.get<std::uint32_t>();
  record.rank = r.get<std::uint32_t>();
  if (record.rank == 0 || record.rank > TensorMapRecord::max_rank)
    r.fail("a tensor map has no dimensions, or more than five");
  for (std::uint32_t d = 0; d < record.rank; ++d) {
    record.dimensions[d].of_tensor = r.get<std::uint32_t>();
    record.dimensions[d].box = r.get<std::uint32_t>();
    record.dimensions[d].element_stride = r.get<std::uint32_t>();
  }
  using Record = TensorMapRecord;
  record.swizzle = r.get_enum<Record::Swizzle>(Record::swizzle_count);
  record.interleave = r.get_enum<Record::Interleave>(Record::interleave_count);
  record.promotion = r.get_enum<Record::Promotion>(Record::promotion_count);
  record.fill = r.get_enum<Record::Fill>(Record::fill_count);
  return record;
}

void validate(Reader& r, const TensorMapRecord& record, DType dtype, std::uint32_t rank) {
  using Record = TensorMapRecord;
  if (record.rank != rank) r.fail("a tensor map is of another rank than its tensor");
  std::uint32_t seen = 0;
  for (std::uint32_t d = 0; d < rank; ++d) {
    const Record::Dimension& dimension = record.dimensions[d];
    if (dimension.of_tensor >= rank || (seen >> dimension.of_tensor & 1) != 0)
      r.fail("a tensor map's dimensions are not its tensor's, each once");
    seen |= 1u << dimension.of_tensor;
    if (dimension.box == 0 || dimension.box > Record::max_box)
      r.fail("a tensor map's box is out of range");
    if (dimension.element_stride == 0 || dimension.element_stride > Record::max_element_stride)
      r.fail("a tensor map's element stride is out of range");
  }
  const std::uint32_t row =
      record.dimensions[0].box * static_cast<std::uint32_t>(dtype_bytes(dtype));
  if (record.interleave == Record::Interleave::none) {
    constexpr std::uint32_t none = Record::max_box * 8;
    constexpr std::uint32_t widest[Record::swizzle_count] = {none, 32, 64, 128};
    if (row % 16 != 0) r.fail("a tensor map's rows are no multiple of 16 bytes");
    if (row > widest[static_cast<std::size_t>(record.swizzle)])
      r.fail("a tensor map's rows are wider than its swizzle");
  } else {
    if (rank < 3) r.fail("a tensor map that is interleaved has less than three dimensions");
    if (record.interleave == Record::Interleave::bytes_32 &&
        record.swizzle != Record::Swizzle::bytes_32)
      r.fail("a tensor map that is interleaved by 32 bytes is not swizzled by 32");
  }
  if (record.fill == Record::Fill::nans && (!is_float(dtype) || dtype_bytes(dtype) < 2))
    r.fail("a tensor map of this dtype cannot be filled with NaN");
}

}  // namespace tegula::format
