#include "bench/ops/options.h"

#include <charconv>
#include <string_view>

#include "tegula/error.h"

namespace tegula::bench {

const char* const usage =
    R"(usage: bench_ops [OPTION VALUE]...
  --device NAME      cuda:0 (default), sim, sim:sm_90a
  --ops A,B          ops, or op/variant pairs (default: all)
  --dtypes A,B       of x (default: bf16,f32)
  --n A,B            row lengths (default: 256 to 262144)
  --rows M           rows (default: as many as move --bytes)
  --bytes B          what a call moves at least (default: 1 GiB)
  --reps R           timed calls (default: 30)
  --seconds S        begin nothing new after S seconds
  --out FILE         JSON lines go there (default: standard output)
  --sweep            every configuration, not the default one alone
)";

namespace {

[[noreturn]] void wrong(std::string_view option, std::string_view value, const char* wanted) {
  throw Error(ErrorCode::invalid_argument, {.argument = std::string(option),
                                            .problem = "wrong value",
                                            .got = "'" + std::string(value) + "'",
                                            .wanted = wanted});
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    parts.emplace_back(list.substr(0, comma));
    list = comma == std::string_view::npos ? "" : list.substr(comma + 1);
  }
  return parts;
}

std::int64_t number(std::string_view option, std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1)
    wrong(option, text, "a whole number above 0");
  return value;
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  for (int k = 1; k < argc; ++k) {
    const std::string_view option = argv[k];
    if (option == "--sweep") {
      options.sweep = true;
      continue;
    }
    if (option == "--help") {
      options.help = true;
      continue;
    }
    if (k + 1 == argc) wrong(option, "", "an option with its value; --help lists them");
    const std::string_view value = argv[++k];
    if (option == "--device") {
      options.device = value;
    } else if (option == "--out") {
      options.out = value;
    } else if (option == "--ops") {
      options.ops = split(value);
    } else if (option == "--dtypes") {
      options.dtypes.clear();
      for (const std::string& name : split(value)) {
        const auto dtype = parse_dtype(name);
        if (dtype != f16 && dtype != bf16 && dtype != f32) wrong(option, name, "f16, bf16, f32");
        options.dtypes.push_back(*dtype);
      }
    } else if (option == "--n") {
      options.lengths.clear();
      for (const std::string& text : split(value)) options.lengths.push_back(number(option, text));
    } else if (option == "--rows") {
      options.rows = number(option, value);
    } else if (option == "--bytes") {
      options.bytes = number(option, value);
    } else if (option == "--reps") {
      options.reps = static_cast<int>(number(option, value));
    } else if (option == "--seconds") {
      options.seconds = static_cast<int>(number(option, value));
    } else {
      wrong(option, value, "an option that there is; --help lists them");
    }
  }
  return options;
}

}  // namespace tegula::bench
