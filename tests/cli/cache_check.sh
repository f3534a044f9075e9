#!/usr/bin/env bash
# `tegula cache` from outside: processes that share a directory.
#   cache_check.sh PATH-TO-TEGULA
set -u
tegula=$1
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
export TEGULA_CACHE_DIR=$directory/cache TEGULA_DEVICE=sim:sm_80
failures=0

expect() { # WHAT WANTED-STATUS PATTERN COMMAND...
  local what=$1 status=$2 pattern=$3 output got
  shift 3
  output=$("$@" 2>&1)
  got=$?
  if [ "$got" != "$status" ] || ! grep -qE "$pattern" <<<"$output"; then
    echo "FAILED: $what: exit $got (wanted $status), wanted /$pattern/ in: $output"
    failures=$((failures + 1))
  fi
}
run() { "$tegula" run rms_norm_fn --random "x=4x${1}:bf16" --random "weight=${1}:bf16" --json; }

expect "the first process compiles" 0 '"cache":"compiled"' run 64
expect "the second reads" 0 '"cache":"disk"' run 64
expect "forbidden, but there" 0 '"cache":"disk"' env TEGULA_JIT=forbid "$tegula" run rms_norm_fn \
  --random x=4x64:bf16 --random weight=64:bf16 --json
expect "forbidden and not there" 3 'rms_norm_fwd x=\*x65:bf16.* arch=sim:sm_80' \
  env TEGULA_JIT=forbid "$tegula" run rms_norm_fn --random x=4x65:bf16 --random weight=65:bf16
expect "another mode" 2 'TEGULA_JIT.*auto, warn or forbid' \
  env TEGULA_JIT=never "$tegula" run rms_norm_fn --random x=4x65:bf16 --random weight=65:bf16
expect "another mode, on a hit" 2 'TEGULA_JIT.*auto, warn or forbid' env TEGULA_JIT=never \
  "$tegula" run rms_norm_fn --random x=4x64:bf16 --random weight=64:bf16
expect "and in the doctor's eyes" 0 'TEGULA_JIT .*never  \(no such mode; wanted auto' \
  env TEGULA_JIT=never "$tegula" doctor
expect "a size that is none" 0 'TEGULA_READY_SIZE=much is no size .wanted bytes' \
  env TEGULA_READY_SIZE=much "$tegula" run rms_norm_fn --random x=4x64:bf16 --random weight=64:bf16
expect "stats" 0 '"entries":1,.*"hits":3,"misses":1,"errors":0' "$tegula" cache stats --json
expect "ls" 0 'rms_norm_fwd x=\*x64:bf16' "$tegula" cache ls
expect "history" 0 '1 times; read 3 times' "$tegula" cache ls --history
expect "verify" 0 '1 sound, 0 damaged' "$tegula" cache verify
expect "doctor" 0 "$TEGULA_CACHE_DIR: writable" "$tegula" doctor

explain() { # MORE ARGUMENTS
  "$tegula" cache explain-miss rms_norm_fn --random x=4x64:bf16 --random weight=64:bf16 "$@"
}
expect "explain-miss of what is held" 0 'held: .*/[0-9a-f]{32}$' explain
expect "and for another architecture" 0 'arch +wanted sim:sm_90a, held sim:sm_80' \
  explain --device sim:sm_90a
expect "and another configuration" 0 'config.rows +wanted 1, held 4' \
  explain --config rows=1,bn=64,warps=1
expect "of a kernel that is not held at all" 0 'no kernel of this name' \
  "$tegula" cache explain-miss softmax --random x=4x64:bf16
expect "explaining compiles nothing" 0 '"entries":1' "$tegula" cache stats --json

name=$(ls "$TEGULA_CACHE_DIR" | grep -E '^[0-9a-f]{32}$')
printf 'x' | dd of="$TEGULA_CACHE_DIR/$name" bs=1 seek=100 conv=notrunc 2>/dev/null
expect "verify names the damaged one" 1 "$name: the checksum is wrong" "$tegula" cache verify
expect "verify as JSON" 1 '"sound":0,"damaged":\[\{"name":"'"$name" "$tegula" cache verify --json
expect "explain-miss names it" 0 '"outcome":"damaged".*checksum is wrong' explain --json
expect "the damaged one is compiled again" 0 '"cache":"compiled"' run 64
expect "and set aside" 0 '"errors":1' "$tegula" cache stats --json
expect "prune" 0 '"entries":1' "$tegula" cache prune --size 0 --json
expect "prune to no size" 2 "no size" "$tegula" cache prune --size much
expect "clear" 0 'removed' "$tegula" cache clear
expect "after it" 0 '"entries":0' "$tegula" cache stats --json
expect "without a directory" 0 'no cache on disk' env TEGULA_CACHE_DIR= "$tegula" cache stats
expect "nothing to clear" 3 'no cache directory' env TEGULA_CACHE_DIR= "$tegula" cache clear
run 64 >/dev/null
expect "a layer is read" 0 '"cache":"disk"' env TEGULA_CACHE_DIR=":$TEGULA_CACHE_DIR" \
  "$tegula" run rms_norm_fn --random x=4x64:bf16 --random weight=64:bf16 --json
expect "and not written" 0 '"cache":"compiled"' env TEGULA_CACHE_DIR=":$TEGULA_CACHE_DIR" \
  "$tegula" run rms_norm_fn --random x=4x65:bf16 --random weight=65:bf16 --json
expect "nor is there more in it" 0 '"entries":1' "$tegula" cache stats --json
expect "nor can it be cleared" 3 'TEGULA_CACHE_DIR names none before its first colon' \
  env TEGULA_CACHE_DIR=":$TEGULA_CACHE_DIR" "$tegula" cache clear
chmod 666 "$TEGULA_CACHE_DIR"/*
expect "stats tell of what is not read" 0 '1 of them are not read: .*anybody can write it' \
  "$tegula" cache stats
expect "so does the doctor" 0 '1 of 1 kernels are not read, as .*anybody can write it' \
  "$tegula" doctor
expect "no subcommand" 2 '.' "$tegula" cache
[ "$failures" = 0 ] && echo "all as wanted"
exit "$failures"
