// Plain data as text and back: `{kernel "k" warps 2 code [{opcode ret}]}`. A struct states its
// fields once, in `fields` (seed_fields.h); those that are as the struct initialises them are left
// out, so that a seed says nothing about fields that come after it. Lists stand in brackets,
// strings and bytes in quotes, the greatest 32-bit number, which stands for none, is `_`. `#`
// begins a comment.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tegula::fuzz {

/// Specialised for enumerations whose values have names in text, all() by value; others are
/// numbers.
template <class E>
struct Names {};

/// Reads tokens. Throws std::runtime_error that names the line.
class Source {
 public:
  Source(std::string_view text, std::string name) : text_(text), name_(std::move(name)) {}

  bool at_end();
  /// The next token, without taking it: a bracket, a word, or a quote.
  std::string_view peek();
  std::string_view take();
  void expect(std::string_view token);
  std::string take_string();
  [[noreturn]] void fail(const std::string& problem) const;

 private:
  void skip();
  std::string_view text_;
  std::string name_;
  std::size_t at_ = 0;
  int line_ = 1;
};

std::string quoted(std::string_view bytes);

template <class T>
struct is_array : std::false_type {};
template <class T, std::size_t n>
struct is_array<std::array<T, n>> : std::true_type {};
template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};
template <class T>
struct is_pair : std::false_type {};
template <class A, class B>
struct is_pair<std::pair<A, B>> : std::true_type {};
template <class T>
concept Named = requires {
  Names<T>::all();
};

template <class T>
std::string to_seed_text(const T& value, int depth = 0);
template <class T>
void read_seed_text(Source& source, T& value);

/// Collects the fields of a struct as text.
struct FieldTexts {
  int depth;
  std::vector<std::pair<std::string_view, std::string>> texts;
  template <class T>
  FieldTexts& operator()(std::string_view name, T& value) {
    texts.emplace_back(name, to_seed_text(value, depth));
    return *this;
  }
};

/// Reads the field of one name, if the struct has it.
struct FieldReader {
  Source& source;
  std::string_view wanted;
  bool found = false;
  template <class T>
  FieldReader& operator()(std::string_view name, T& value) {
    if (name == wanted) {
      read_seed_text(source, value);
      found = true;
    }
    return *this;
  }
};

template <class T>
std::string to_seed_text(const T& value, int depth) {
  if constexpr (std::is_same_v<T, std::string>) {
    return quoted(value);
  } else if constexpr (std::is_same_v<T, std::vector<std::byte>>) {
    return quoted({reinterpret_cast<const char*>(value.data()), value.size()});
  } else if constexpr (std::is_same_v<T, double>) {
    return std::to_string(std::bit_cast<std::uint64_t>(value));
  } else if constexpr (std::is_enum_v<T>) {
    const auto number = static_cast<std::size_t>(value);
    if constexpr (Named<T>) {
      const auto& names = Names<T>::all();
      if (number < names.size()) return std::string(names[number]);
    }
    return std::to_string(number);
  } else if constexpr (std::is_arithmetic_v<T>) {
    if (std::is_same_v<T, std::uint32_t> && value == static_cast<T>(0xffffffff)) return "_";
    return std::to_string(value);
  } else if constexpr (is_pair<T>::value) {
    return "[" + to_seed_text(value.first) + " " + to_seed_text(value.second) + "]";
  } else if constexpr (is_vector<T>::value || is_array<T>::value) {
    std::string text = "[";
    using Element = typename T::value_type;
    const bool lines = std::is_class_v<Element> && !std::is_same_v<Element, std::string>;
    const std::string new_line = "\n" + std::string(static_cast<std::size_t>(2 * depth + 2), ' ');
    constexpr std::size_t short_text = 30, columns = 96;
    std::size_t column = columns, before = columns;
    for (const auto& element : value) {
      const std::string one = to_seed_text(element, depth + 1);
      // Long ones stand on lines of their own.
      column += one.size() + 1;
      if (lines && (column > columns || std::max(before, one.size()) > short_text)) {
        text += new_line;
        column = new_line.size() + one.size();
      } else if (text.size() > 1) {
        text += ' ';
      }
      text += one;
      before = one.size();
    }
    return text + "]";
  } else {
    T copy = value, fresh{};
    FieldTexts mine{depth, {}}, defaults{depth, {}};
    fields(mine, copy);
    fields(defaults, fresh);
    std::string text = "{";
    for (std::size_t k = 0; k < mine.texts.size(); ++k) {
      if (mine.texts[k].second == defaults.texts[k].second) continue;
      if (text.size() > 1) text += ' ';
      text += std::string(mine.texts[k].first) + " " + mine.texts[k].second;
    }
    return text + "}";
  }
}

template <class T>
void read_seed_text(Source& source, T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    value = source.take_string();
  } else if constexpr (std::is_same_v<T, std::vector<std::byte>>) {
    const std::string text = source.take_string();
    value.resize(text.size());
    for (std::size_t k = 0; k < text.size(); ++k) value[k] = static_cast<std::byte>(text[k]);
  } else if constexpr (std::is_same_v<T, double>) {
    std::uint64_t bits = 0;
    read_seed_text(source, bits);
    value = std::bit_cast<double>(bits);
  } else if constexpr (std::is_enum_v<T>) {
    if constexpr (Named<T>) {
      const auto& names = Names<T>::all();
      for (std::size_t k = 0; k < names.size(); ++k)
        if (names[k] == source.peek()) {
          source.take();
          value = static_cast<T>(k);
          return;
        }
    }
    std::uint64_t number = 0;
    read_seed_text(source, number);
    value = static_cast<T>(number);
  } else if constexpr (std::is_arithmetic_v<T>) {
    const std::string token(source.take());
    if (token == "_") {
      value = static_cast<T>(0xffffffff);
      return;
    }
    std::size_t read = 0;
    try {
      value = static_cast<T>(token.starts_with("-")
                                 ? static_cast<std::uint64_t>(std::stoll(token, &read))
                                 : std::stoull(token, &read));
    } catch (const std::exception&) {
      read = 0;
    }
    if (read == 0 || read != token.size()) source.fail("'" + token + "' is no number");
  } else if constexpr (is_pair<T>::value) {
    source.expect("[");
    read_seed_text(source, value.first);
    read_seed_text(source, value.second);
    source.expect("]");
  } else if constexpr (is_array<T>::value) {
    source.expect("[");
    for (auto& element : value) read_seed_text(source, element);
    source.expect("]");
  } else if constexpr (is_vector<T>::value) {
    source.expect("[");
    while (source.peek() != "]") {
      value.emplace_back();
      read_seed_text(source, value.back());
    }
    source.expect("]");
  } else {
    source.expect("{");
    while (source.peek() != "}") {
      FieldReader reader{source, source.take()};
      fields(reader, value);
      if (!reader.found) source.fail("there is no field '" + std::string(reader.wanted) + "'");
    }
    source.expect("}");
  }
}

}  // namespace tegula::fuzz
