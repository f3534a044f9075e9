#!/usr/bin/env bash
# Installs the package, moves it, and builds and runs a project against it:
#   installed.sh CMAKE BUILD SOURCE GENERATOR CXX LIBDIR
set -euo pipefail
cmake=$1 build=$2 source=$3 generator=$4 cxx=$5 libdir=$6
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TEGULA_CACHE_DIR= DESTDIR=

fail() {
  echo "installed package: $*" >&2
  exit 1
}
# quietly COMMAND...: its output only where it fails, or warns.
quietly() {
  "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2 && fail "failed: $*"; }
  ! grep -i warning "$work/log" >&2 || fail "warnings of $*"
}
# configure BUILD PACKAGE [ARGUMENT...]
configure() {
  quietly "$cmake" -S "$source/tests/consumer" -B "$1" -G "$generator" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_PREFIX_PATH="$2" "${@:3}"
}
# says TEXT PROGRAM: the program succeeds and writes just that.
says() {
  local said
  said=$("$2") && [[ $said == "$1" ]] || fail "${2##*/} says \"$said\", not \"$1\""
}

quietly "$cmake" --install "$build" --prefix "$work/first"
mv "$work/first" "$work/moved"

# Nothing names the place where it was built or first put, binaries included.
if grep -rlF -e "$source/" -e "$build/" -e "$work" "$work/moved" >&2; then
  fail "the files above name places of this machine"
fi
# Of the compiler and of LLVM one symbol can be seen.
symbols=$(nm --defined-only --extern-only --just-symbols \
  "$work/moved/$libdir/libtegula_compiler.a" | grep -v -e '^$' -e ':$')
[[ $symbols == tegula_compiler_registered ]] || fail "libtegula_compiler.a shows" $symbols

configure "$work/build" "$work/moved"
quietly "$cmake" --build "$work/build"
says compiled "$work/build/consumer"
says compiled "$work/build/consumer_shared"
says "no compiler" "$work/build/consumer_runtime"
"$work/moved/bin/tegula" kernels | grep -q rms_norm_fwd || fail "tegula kernels lists no rms_norm_fwd"

# The runtime alone: no LLVM, and asking for the compiler says that it is not there.
quietly "$cmake" --install "$build" --prefix "$work/small" --component runtime
[[ ! -e $work/small/bin && ! -e $work/small/$libdir/libtegula_compiler.a ]] ||
  fail "the component runtime holds more than the runtime"
configure "$work/build_small" "$work/small" -DCONSUMER_COMPILER=OFF
quietly "$cmake" --build "$work/build_small"
says "no compiler" "$work/build_small/consumer_runtime"
if "$cmake" -S "$source/tests/consumer" -B "$work/build_none" -G "$generator" \
  -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_PREFIX_PATH="$work/small" >"$work/log" 2>&1; then
  fail "a package without the compiler was taken for one with it"
fi
grep -q "compiler" "$work/log" || { cat "$work/log" >&2 && fail "the missing component is not named"; }
echo "installed package: passed"
