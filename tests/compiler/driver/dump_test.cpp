// TEGULA_DUMP: a file for each stage of each kernel that is compiled, and no harm where none can be
// written.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "compiler/backend/ptx/assembler.h"
#include "dsl/program/program.h"
#include "tegula/compile.h"
#include "tegula/compiler.h"
#include "tools/cli/specialisation.h"

namespace tegula::compiler {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class DumpTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "tegula_dump_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    unsetenv("TEGULA_DUMP");
    fs::remove_all(folder_);
  }

  static format::Entry compile(Target::Backend backend, const std::string& arch) {
    const CompileRequest request{cli::specialise("rms_norm_fwd", {}, "").program, {backend, arch}};
    return format::read_entry(compile_request(serialise(request)));
  }
  std::string content(const std::string& hash, const std::string& stage) const {
    std::ostringstream text;
    text << std::ifstream(folder_ / ("rms_norm_fwd-" + hash + "." + stage), std::ios::binary)
                .rdbuf();
    return text.str();
  }

  fs::path folder_;
};

TEST_F(DumpTest, HasAFileForEveryStage) {
  setenv("TEGULA_DUMP", folder_.c_str(), 1);
  const std::string hash = compile(Target::Backend::sim, "sm_80").program.hex();
  EXPECT_THAT(content(hash, "sm_80.program"), StartsWith("kernel rms_norm_fwd("));
  EXPECT_THAT(content(hash, "sm_80.tile"), HasSubstr("tile.load"));
  EXPECT_THAT(content(hash, "sm_80.layout"), HasSubstr("#tile.layout"));
  EXPECT_THAT(content(hash, "sm_80.llvm"), HasSubstr("define ptx_kernel void @rms_norm_fwd"));
  EXPECT_THAT(content(hash, "sm_80.sim"), HasSubstr("rms_norm_fwd"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 5);

  const format::Entry entry = compile(Target::Backend::ptx, "sm_90a");
  EXPECT_THAT(content(hash, "sm_90a.ptx"), HasSubstr(".target sm_90a"));
  if (!assemblers().empty()) {
    EXPECT_EQ(
        content(hash, "sm_90a.cubin"),
        std::string(reinterpret_cast<const char*>(entry.payload.data()), entry.payload.size()));
  }
}

TEST_F(DumpTest, AFolderThatIsNotThereIsMade) {
  setenv("TEGULA_DUMP", (folder_ / "new" / "folder").c_str(), 1);
  EXPECT_FALSE(compile(Target::Backend::sim, "sm_80").payload.empty());
  EXPECT_FALSE(fs::is_empty(folder_ / "new" / "folder"));
}

TEST_F(DumpTest, AFolderThatCannotBeMadeIsToldOnce) {
  std::ofstream(folder_ / "file") << "in the way";
  setenv("TEGULA_DUMP", (folder_ / "file" / "below").c_str(), 1);
  ::testing::internal::CaptureStderr();
  EXPECT_FALSE(compile(Target::Backend::sim, "sm_80").payload.empty());
  EXPECT_FALSE(compile(Target::Backend::sim, "sm_90a").payload.empty());
  const std::string told = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(told,
              AllOf(HasSubstr("TEGULA_DUMP: cannot write " + folder_.string() + "/file/below/"),
                    HasSubstr("(Not a directory)")));
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 1);
}

}  // namespace
}  // namespace tegula::compiler
