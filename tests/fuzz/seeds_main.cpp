// fuzz_seeds assemble TEXTS CORPUS: writes the seeds of each target, those that code builds and
// those
//   of TEXTS/TARGET.txt, to files in CORPUS/TARGET.
// fuzz_seeds describe FORMAT FILE...: prints what a fuzzer has found as text for there; what is not
//   valid is left out.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tests/fuzz/seeds.h"

namespace {

using namespace tegula;
namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const fs::path& path, std::span<const std::byte> bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

void assemble(const fs::path& texts, const fs::path& corpus) {
  for (const char* target : {"image", "entry", "launch_record", "program"}) {
    fuzz::Seeds seeds = fuzz::built_seeds(target);
    const fs::path text = texts / (std::string(target) + ".txt");
    fuzz::add_seeds(contents(text), text.string(), seeds);
    fs::remove_all(corpus / target);
    fs::create_directories(corpus / target);
    for (const auto& [name, bytes] : seeds) write(corpus / target / name, bytes);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  try {
    if (command == "assemble" && argc == 4) {
      assemble(argv[2], argv[3]);
      return 0;
    }
    if (command == "describe" && argc > 3) {
      for (int k = 3; k < argc; ++k) {
        const std::string bytes = contents(argv[k]);
        const std::string text = fuzz::describe(argv[2], std::as_bytes(std::span(bytes)));
        if (!text.empty())
          std::printf("%s %s\n", fs::path(argv[k]).filename().c_str(), text.c_str());
      }
      return 0;
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "fuzz_seeds: %s\n", e.what());
    return 1;
  }
  std::fprintf(stderr,
               "usage: fuzz_seeds assemble TEXTS CORPUS\n"
               "       fuzz_seeds describe FORMAT FILE...\n");
  return 2;
}
