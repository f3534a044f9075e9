#include "tools/npy/header.h"

#include <optional>
#include <utility>

#include "tegula/error.h"

namespace tegula::npy {
namespace {

/// Reads the few Python literals that a header may hold: strings, True and False, tuples of
/// integers. It is no general parser, so a structured dtype (a list) is refused by name.
class Parser {
 public:
  Parser(std::string_view text, std::string_view name) : text_(text), name_(name) {}

  Header header() {
    std::optional<std::string> descr;
    std::optional<bool> fortran_order;
    std::optional<std::vector<std::int64_t>> shape;
    expect('{');
    while (!accept('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr" && !descr) {
        if (peek() == '[') fail("structured dtypes are not read");
        descr = string();
      } else if (key == "fortran_order" && !fortran_order) {
        fortran_order = boolean();
      } else if (key == "shape" && !shape) {
        shape = tuple();
      } else {
        fail("the key '" + key + "' is unknown or given twice");
      }
      if (!accept(',') && peek() != '}') fail("',' or '}' is missing");
    }
    if (peek() != '\0') fail("there is text after the dictionary");
    if (!descr || !fortran_order || !shape) fail("one of descr, fortran_order, shape is missing");
    return {*descr, *fortran_order, *shape};
  }

 private:
  [[noreturn]] void fail(const std::string& problem) const {
    throw Error(ErrorCode::invalid_argument,
                {.argument = std::string(name_),
                 .problem = "the .npy header is malformed: " + problem + ", at character " +
                            std::to_string(at_),
                 .wanted = "a dictionary of descr, fortran_order and shape, as numpy.save writes"});
  }

  /// The next character that is no space; '\0' at the end.
  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t'))
      ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("'") + c + "' is missing");
  }

  std::string string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("a string is missing");
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("a string does not end");
    std::string value(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return value;
  }

  bool boolean() {
    peek();
    for (const auto& [word, value] :
         {std::pair{std::string_view("True"), true}, std::pair{std::string_view("False"), false}})
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return value;
      }
    fail("True or False is missing");
  }

  std::int64_t integer() {
    std::int64_t value = 0;
    if (peek() < '0' || peek() > '9') fail("a non-negative integer is missing");
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_)
      if (__builtin_mul_overflow(value, std::int64_t{10}, &value) ||
          __builtin_add_overflow(value, std::int64_t{text_[at_] - '0'}, &value))
        fail("an extent does not fit 64 bits");
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2 wrote 4096L
    return value;
  }

  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> values;
    expect('(');
    while (!accept(')')) {
      values.push_back(integer());
      if (!accept(',') && peek() != ')') fail("',' or ')' is missing");
    }
    return values;
  }

  std::string_view text_;
  std::string_view name_;
  std::size_t at_ = 0;
};

}  // namespace

Header parse_header(std::string_view text, std::string_view name) {
  return Parser(text, name).header();
}

}  // namespace tegula::npy
