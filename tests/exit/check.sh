#!/usr/bin/env bash
# Kernels that are compiled as a program ends.
#   check.sh lasting|linked PROGRAM
# lasting: each is right, as libtegula_compiler.so outlives all. linked: where the compiler is a part
# of the program, each is right or an error that says why.
set -u
kind=$1 program=$2
export TEGULA_CACHE_DIR=
# The C library's own checks of its heap, where it has them apart.
debug=$(ldconfig -p 2>/dev/null | awk '/libc_malloc_debug.so.0 .*x86-64/ {print $NF; exit}')
failures=0
places="a thread_local
a key of a thread
a thread_local of main's
atexit
the youngest static
atexit before main
the oldest static
an op in the oldest static
a destructor of the program"

for arguments in "" before busy "before busy"; do
  for round in 1 2 3; do
    # shellcheck disable=SC2086
    output=$(LD_PRELOAD=$debug GLIBC_TUNABLES=glibc.malloc.check=3 timeout 60 "$program" $arguments 2>&1)
    status=$?
    wrong=""
    while read -r place; do
      line=$(grep -F "$place: " <<<"$output" | grep -E "^${place}: ")
      case $line in
        "$place: right") ;;
        "$place: compile: error: "*"the "*" is ending, and with it "*) [ "$kind" = linked ] || wrong+=" [$line]" ;;
        *) wrong+=" [$place: ${line:-nothing}]" ;;
      esac
    done <<<"$places"
    if [ "$status" != 0 ] || [ -n "$wrong" ]; then
      echo "FAILED: '$arguments': exit $status:$wrong"
      failures=$((failures + 1))
    fi
  done
done
[ "$failures" = 0 ] && echo "all as wanted"
exit "$failures"
