// Tensor maps of launch records: through bytes and back, and what is rejected.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "runtime/format/launch_record.h"
#include "tegula/error.h"
#include "tests/runtime/format/sample_entry.h"

namespace tegula::format {
namespace {

LaunchRecord through_bytes(const LaunchRecord& record) {
  Writer w;
  write(w, record);
  const Bytes bytes = w.take();
  Reader r(bytes, "launch record");
  LaunchRecord again = read_launch_record(r);
  r.finish();
  return again;
}

TEST(TensorMapRecord, ThroughBytesAndBack) {
  const LaunchRecord record = testing::sample_record();
  ASSERT_EQ(record.tensor_maps.size(), 1U);
  EXPECT_EQ(through_bytes(record).tensor_maps, record.tensor_maps);
  LaunchRecord of_workspace = record;
  of_workspace.tensor_maps[0].argument = 3;
  of_workspace.tensor_maps[0].dimensions[0].box = 32;
  of_workspace.tensor_maps[0].fill = TensorMapRecord::Fill::zeros;
  EXPECT_EQ(through_bytes(of_workspace).tensor_maps, of_workspace.tensor_maps);
}

TEST(TensorMapRecord, WhatTheDriverWouldNotTake) {
  using Map = TensorMapRecord;
  struct Case {
    const char* message;
    std::function<void(Map&)> change;
  };
  const Case cases[] = {
      {"an argument that is not there", [](Map& m) { m.argument = 4; }},
      {"of no tensor", [](Map& m) { m.argument = 2; }},
      {"of no tensor", [](Map& m) { m.argument = 1; }},
      {"longer than the data", [](Map& m) { m.rank = 0; }},
      {"another rank", [](Map& m) { m.rank = 1; }},
      {"another rank",
       [](Map& m) {
         m.rank = 3;
         m.dimensions[2] = {2, 1, 1};
       }},
      {"each once", [](Map& m) { m.dimensions[1].of_tensor = 1; }},
      {"each once", [](Map& m) { m.dimensions[1].of_tensor = 2; }},
      {"each once", [](Map& m) { m.dimensions[1].of_tensor = 32; }},
      {"box is out of range", [](Map& m) { m.dimensions[1].box = 0; }},
      {"box is out of range", [](Map& m) { m.dimensions[1].box = 257; }},
      {"element stride is out of range", [](Map& m) { m.dimensions[1].element_stride = 0; }},
      {"element stride is out of range", [](Map& m) { m.dimensions[1].element_stride = 9; }},
      {"no multiple of 16 bytes", [](Map& m) { m.dimensions[0].box = 12; }},
      {"wider than its swizzle", [](Map& m) { m.dimensions[0].box = 72; }},
      {"wider than its swizzle", [](Map& m) { m.swizzle = Map::Swizzle::bytes_64; }},
      {"less than three dimensions", [](Map& m) { m.interleave = Map::Interleave::bytes_16; }},
      {"cannot be filled with NaN",
       [](Map& m) {
         m.argument = 3;
         m.dimensions[0].box = 32;
       }},
  };
  for (const Case& c : cases) {
    LaunchRecord record = testing::sample_record();
    c.change(record.tensor_maps[0]);
    try {
      through_bytes(record);
      ADD_FAILURE() << "not rejected: " << c.message;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
      EXPECT_THAT(std::string(error.what()), ::testing::HasSubstr(c.message));
    }
  }
}

TEST(TensorMapRecord, ParametersNameOneThatIsThere) {
  for (const bool other_dtype : {false, true}) {
    LaunchRecord record = testing::sample_record();
    if (other_dtype)
      record.parameters.back().dtype = DType::i64;
    else
      record.parameters.back().argument = 1;
    EXPECT_THROW(through_bytes(record), Error);
  }
}

}  // namespace
}  // namespace tegula::format
