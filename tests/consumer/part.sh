#!/usr/bin/env bash
# Builds and runs a project that has Tegula as a part of it:
#   part.sh CMAKE SOURCE BUILD GENERATOR CXX LAUNCHER
# The program without the compiler only, whose sources take minutes where no ccache knows them.
set -euo pipefail
cmake=$1 source=$2 build=$3 generator=$4 cxx=$5 launcher=$6
export TEGULA_CACHE_DIR=

fail() {
  echo "part of a project: $*" >&2
  exit 1
}
mkdir -p "$build"
log=$build/log
quietly() {
  "$@" >"$log" 2>&1 || { cat "$log" >&2 && fail "failed: $*"; }
  ! grep -i warning "$log" >&2 || fail "warnings of $*"
}

quietly "$cmake" -S "$source/tests/consumer" -B "$build" -G "$generator" \
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" \
  -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DCONSUMER_COMPONENTS="runtime;compiler" -DTEGULA_SOURCE="$source"

# Tegula's own flags stay with its own sources.
commands=$(grep '"command"' "$build/compile_commands.json" | grep -F "tests/consumer/kernel.cpp")
! grep -E -o -e '-fvisibility[^ ]*|-ffunction-sections|-W[a-z-]*maybe[^ ]*|-ffile-prefix-map' <<<"$commands" >&2 ||
  fail "Tegula's flags reach its user's sources"
# No tests and no tools: such targets do not even exist.
"$cmake" --build "$build" --target help >"$log"
! grep -E '\b(tegula-opt|test_[a-z]+|bench_[a-z]+|tegula_cli)\b' "$log" >&2 ||
  fail "the targets above are made for a project that only uses Tegula"

quietly "$cmake" --build "$build" --target consumer_runtime
said=$("$build/consumer_runtime") && [[ $said == "no compiler" ]] || fail "the program says \"$said\""
# The other brings the compiler's library along, which would take minutes to build.
# What ninja would build it from: a dry run tells nothing where globs are to be checked again first.
"$cmake" --build "$build" -- -t inputs consumer >"$log"
grep -q libtegula_compiler.so "$log" || fail "tegula::tegula does not bring libtegula_compiler.so along"
echo "part of a project: passed"
