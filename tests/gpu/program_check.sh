#!/usr/bin/env bash
# What tegula-gpu answers where nothing can run: every command's help or list, and exit status 3.
#   program_check.sh TEGULA_GPU
set -euo pipefail
program=$1
export CUDA_VISIBLE_DEVICES= TEGULA_CACHE_DIR=

fail() {
  echo "program_check: $*" >&2
  exit 1
}
# expect STATUS TEXT COMMAND...: the exit status, and a text in what it prints.
expect() {
  local status=0 wanted=$1 text=$2 output
  shift 2
  output=$("$@" 2>&1) || status=$?
  [[ $status -eq $wanted ]] || fail "$*: exit status $status, not $wanted: ${output:0:500}"
  [[ $output == *"$text"* ]] || fail "$*: '$text' is not in: ${output:0:500}"
}

expect 0 'bench-launch' "$program" --help
expect 2 "no command 'dance'" "$program" dance
expect 2 'usage: tegula-gpu' "$program"
expect 0 'Targets/Views.' "$program" kernels --gtest_list_tests
expect 0 'EveryByteMovesOnceInFullVectors/cuda_0' "$program" ops --gtest_list_tests
expect 2 'unknown argument' "$program" ops --dance
expect 0 'usage: golden' "$program" golden --help
expect 0 '--sweep' "$program" bench-ops --help
expect 2 '--dance' "$program" bench-ops --dance 1
expect 0 'rms_norm_fwd' "$program" tegula kernels
# One list must not hold the other's.
kernels=$("$program" kernels --gtest_list_tests)
[[ $kernels != *$'\n'Ops/* ]] || fail "kernels lists tests of ops"
ops=$("$program" ops --gtest_list_tests)
[[ $ops != *$'\n'Targets/* ]] || fail "ops lists tests of kernels"

expect 3 'no GPU' "$program" kernels
expect 3 'no GPU' "$program" ops
expect 3 'no GPU' "$program" golden sim cuda:0
expect 3 'CUDA' "$program" bench-ops
expect 3 'CUDA' "$program" bench-launch 10 1 cuda:0
expect 3 'CUDA' "$program" bench-start 1 cuda:0
expect 0 '"to_first_launch_ms"' "$program" bench-start 1
