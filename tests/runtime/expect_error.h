// EXPECT_THROW that also looks at what the error says.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tegula/error.h"

namespace tegula::testing {

inline constexpr auto invalid = ErrorCode::invalid_argument;

/// `call` must throw an Error of this code whose what() holds every one of `parts`.
template <class Call>
void expect_error(ErrorCode code, std::initializer_list<const char*> parts, Call&& call) {
  try {
    call();
    ADD_FAILURE() << "no error was thrown";
  } catch (const Error& error) {
    EXPECT_STREQ(error_code_name(error.code()), error_code_name(code)) << error.what();
    for (const char* part : parts)
      EXPECT_THAT(std::string(error.what()), ::testing::HasSubstr(part));
  }
}

}  // namespace tegula::testing
