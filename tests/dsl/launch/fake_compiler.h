// A compiler that makes no binary: the launch record is the Program's, the payload is empty.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <span>
#include <vector>

#include "dsl/program/abi.h"
#include "dsl/program/program.h"
#include "runtime/format/entry.h"
#include "runtime/launch/kernel_table.h"
#include "tegula/compile.h"

namespace tegula::testing {

inline std::atomic<int> compiled = 0;  ///< how often it was asked

inline format::Entry fake_entry(std::span<const std::byte> request_bytes) {
  ++compiled;
  const CompileRequest request = read_compile_request(request_bytes);
  const program::Program program = program::deserialise(request.program);
  format::Entry entry;
  entry.program = content_hash(program);
  entry.arch = request.target.arch;
  entry.payload_kind = format::PayloadKind::image;
  entry.launch = launch_record(program);
  return entry;
}

inline std::vector<std::byte> fake_compile(std::span<const std::byte> request) {
  return serialise(fake_entry(request));
}

/// Tests with that compiler in place and no kernel ready.
class WithFakeCompiler : public ::testing::Test {
 protected:
  explicit WithFakeCompiler(CompileFunction compiler = fake_compile)
      : previous_(set_compile_function(compiler)) {
    runtime::KernelTable::instance().clear();
    compiled = 0;
  }
  ~WithFakeCompiler() override {
    set_compile_function(previous_);
    runtime::KernelTable::instance().clear();
  }

 private:
  CompileFunction previous_;
};

}  // namespace tegula::testing
