#include "tests/fuzz/seed_text.h"

#include <fmt/format.h>

#include <cctype>
#include <stdexcept>

namespace tegula::fuzz {

void Source::skip() {
  for (; at_ < text_.size(); ++at_) {
    if (text_[at_] == '#')
      while (at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
    else if (text_[at_] == '\n')
      ++line_;
    else if (text_[at_] != ' ')
      return;
  }
}

bool Source::at_end() {
  skip();
  return at_ == text_.size();
}

std::string_view Source::peek() {
  if (at_end()) fail("the text ends too early");
  constexpr std::string_view single = "{}[]\"";
  if (single.find(text_[at_]) != single.npos) return text_.substr(at_, 1);
  return text_.substr(at_, text_.find_first_of("{}[]\" \n", at_) - at_);
}

std::string_view Source::take() {
  const std::string_view token = peek();
  at_ += token.size();
  return token;
}

void Source::expect(std::string_view token) {
  if (const std::string_view got = take(); got != token)
    fail(fmt::format("got '{}', wanted '{}'", got, token));
}

std::string Source::take_string() {
  expect("\"");
  std::string bytes;
  for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
    if (text_[at_] != '\\') {
      bytes += text_[at_];
      continue;
    }
    if (at_ + 3 >= text_.size() || text_[at_ + 1] != 'x') fail("a backslash begins no \\x00");
    bytes += static_cast<char>(std::stoi(std::string(text_.substr(at_ + 2, 2)), nullptr, 16));
    at_ += 3;
  }
  if (at_ == text_.size()) fail("a string does not end");
  ++at_;
  return bytes;
}

void Source::fail(const std::string& problem) const {
  throw std::runtime_error(fmt::format("{}:{}: {}", name_, line_, problem));
}

std::string quoted(std::string_view bytes) {
  std::string text = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\')
      text += c;
    else
      text += fmt::format("\\x{:02x}", byte);
  }
  return text + '"';
}

}  // namespace tegula::fuzz
