#!/bin/sh
# compile_fail.sh COMPILER SOURCE_DIR FILE: passes if FILE does not compile and the compiler's errors
# match the regular expression on its first line, "// expect: REGEX". SOURCE_DIR/tests/compile_fail
# also holds good.cpp, which must compile: else a broken include path would pass every test.
compiler=$1 root=$2 file=$3
output=$("$compiler" -std=c++20 -fsyntax-only -Wall -Wextra -Werror=unused-result \
  -Wno-unused-variable -I"$root/runtime/format/include" -I"$root/runtime/include" -I"$root/dsl/include" \
  "$file" 2>&1)
status=$?
expected=$(sed -n '1s|^// expect: ||p' "$file")
if [ -z "$expected" ]; then
  if [ $status -ne 0 ]; then
    echo "$file must compile:"
    echo "$output"
    exit 1
  fi
  exit 0
fi
if [ $status -eq 0 ]; then
  echo "$file compiles, but must not"
  exit 1
fi
if ! printf '%s\n' "$output" | grep -E 'error' | grep -qE "$expected"; then
  echo "no error matches: $expected"
  echo "$output"
  exit 1
fi
