#!/usr/bin/env bash
# What compiling a user's file that defines a kernel takes, without optimisation. Prints the user CPU
# seconds of each round, and their median; the bound is 3 s.
#   bench/user_file.sh [ROUNDS [FILE [COMPILER]]]
# ROUNDS: 5 by default. FILE: tests/compile_fail/good.cpp by default, one kernel and one launch.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5} file=${2:-tests/compile_fail/good.cpp} compiler=${3:-c++}

object=$(mktemp --suffix=.o)
trap 'rm -f "$object"' EXIT
TIMEFORMAT="%U %R"
for ((i = 0; i < rounds; ++i)); do
  { time "$compiler" -std=c++20 -O0 -w -c "$file" -o "$object" \
      -Iruntime/format/include -Iruntime/include -Idsl/include -Iops/include; } 2>&1
done | awk -v file="$file" '
  NF == 2 && /^[0-9.]+ [0-9.]+$/ { user[++n] = $1; printf "%s s user CPU, %s s elapsed\n", $1, $2; next }
  { print; failed = 1 }
  END {
    if (failed || n == 0) exit 1
    for (i = 2; i <= n; ++i)
      for (j = i; j > 1 && user[j] < user[j - 1]; --j) { t = user[j]; user[j] = user[j - 1]; user[j - 1] = t }
    printf "%s: median %s s of user CPU at -O0\n", file, user[int((n + 1) / 2)]
  }'
