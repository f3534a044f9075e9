#!/usr/bin/env bash
# Installs the package, moves it, and builds and runs a project against it:
#   installed.sh CMAKE BUILD SOURCE GENERATOR CXX LIBDIR
set -euo pipefail
cmake=$1 build=$2 source=$3 generator=$4 cxx=$5 libdir=$6
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TEGULA_CACHE_DIR= DESTDIR=
unset LD_LIBRARY_PATH TEGULA_COMPILE

fail() {
  echo "installed package: $*" >&2
  exit 1
}
# quietly COMMAND...: its output only where it fails, or warns.
quietly() {
  "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2 && fail "failed: $*"; }
  ! grep -i warning "$work/log" >&2 || fail "warnings of $*"
}
# configure BUILD PACKAGE COMPONENTS [ARGUMENT...]
configure() {
  quietly "$cmake" -S "$source/tests/consumer" -B "$1" -G "$generator" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_PREFIX_PATH="$2" -DCONSUMER_COMPONENTS="$3"
}
# says PATTERN COMMAND...: it writes one line that matches, whatever its exit status.
says() {
  local pattern=$1 said
  shift
  said=$("$@" 2>&1) || true
  [[ $said =~ ^$pattern$ ]] || fail "$* says \"$said\", not \"$pattern\""
}

quietly "$cmake" --install "$build" --prefix "$work/first"
mv "$work/first" "$work/moved"
lib=$work/moved/$libdir

# Nothing names the place where it was built or first put, binaries included.
if grep -rlF -e "$source/" -e "$build/" -e "$work" "$work/moved" >&2; then
  fail "the files above name places of this machine"
fi
[[ -n $(find "$work/moved" -name LICENSE) ]] || fail "the package holds no licence"
# Of the compiler and of LLVM no more can be seen than its interface in C.
compiler=$(echo "$lib"/libtegula_compiler.so.?.?)
symbols=$(nm -D --defined-only --just-symbols "$compiler" | sort | tr '\n' ' ')
[[ $symbols == "tegula_compiler_call tegula_compiler_identity tegula_compiler_release " ]] ||
  fail "libtegula_compiler.so shows $symbols"
symbols=$(nm --defined-only --extern-only --just-symbols "$lib/libtegula_compiler.a" |
  grep -v -e '^$' -e ':$')
[[ $symbols == tegula_compiler_registered ]] || fail "libtegula_compiler.a shows" $symbols
# libtegula.so shows what its headers declare, nothing of its rooms inside, and is small.
nm -DC --defined-only --just-symbols "$lib/libtegula.so" >"$work/symbols"
grep -q '^tegula::ops::rms_norm_fn' "$work/symbols" || fail "libtegula.so does not show its ops"
! grep -E '^(tegula::(runtime|cache|format|program|sim|cuda)::|fmt::)' "$work/symbols" >&2 ||
  fail "libtegula.so shows the symbols above"
headers=$(grep -rl '^namespace tegula' "$work/moved/include")
hidden=$(grep -L 'GCC visibility push(default)' $headers || true)
[[ -z $hidden ]] || fail "what these declare cannot be seen in libtegula.so:" $hidden
strip -o "$work/stripped" "$(realpath "$lib/libtegula.so")"
size=$(stat -c %s "$work/stripped")
((size <= 8000000)) || fail "libtegula.so is $size bytes, stripped"
ldd "$lib/libtegula.so" "$work/moved/bin/tegula" >"$work/needed"
! grep -E 'LLVM|MLIR|libcuda' "$work/needed" >&2 ||
  fail "the libraries above are linked to what they should do without"

configure "$work/build" "$work/moved" "runtime;compiler;static;cli"
quietly "$cmake" --build "$work/build"
"$work/build/consumer_cli" >"$work/log" && grep -q 'y .*6x1000:bf16 *passed' "$work/log" ||
  fail "an op of one's own has no command line"
says right "$work/build/consumer"
says right "$work/build/consumer_through_part"
says right env TEGULA_COMPILE=process "$work/build/consumer"
says right "$work/build/consumer_static"
says right "$work/build/consumer_shared"
says "no compiler" "$work/build/consumer_runtime"
says "no compiler" "$work/build/consumer_runtime_static"
# shows TEXT COMMAND...: somewhere in its output.
shows() {
  "${@:2}" >"$work/shown" && grep -q "$1" "$work/shown" || fail "${*:2} does not show \"$1\""
}
shows rms_norm_fwd "$work/moved/bin/tegula" kernels
shows '\.target sm_90a' "$work/moved/bin/tegula" emit rms_norm_fwd --arch sm_90a --stage ptx

# What one process compiled, another runs that has no compiler, or does not open it.
export TEGULA_CACHE_DIR=$work/cache
says right "$work/build/consumer"
says right "$work/build/consumer_runtime"
says right "$work/build/consumer_runtime_static"
opened=$(LD_DEBUG=files "$work/build/consumer" 2>&1 | grep -c "libtegula_compiler" || true)
((opened == 0)) || fail "the compiler is opened for a kernel that the cache holds"
export TEGULA_CACHE_DIR=

# A compiler that is not there, does not fit, or is no compiler.
mv "$compiler" "$compiler.away"
says ".*compiler's library is not there.*$compiler.*install the component .compiler.*" \
  "$work/build/consumer"
echo nonsense >"$compiler"
says ".*compiler's library cannot be opened.*$compiler.*" "$work/build/consumer"
"$cxx" -x c++ -shared -fPIC -o "$compiler" - <<'CPP'
extern "C" const char* tegula_compiler_identity() { return "LLVM-1 another"; }
extern "C" int tegula_compiler_call(const void*, unsigned long, void**, unsigned long*) { return 1; }
extern "C" void tegula_compiler_release(void*) {}
CPP
says ".*$compiler is of another build of Tegula.*LLVM-1 another.*" "$work/build/consumer"
shows "compiler  *no .*another build" "$work/moved/bin/tegula" doctor
rm "$compiler"
mv "$compiler.away" "$compiler"
mv "$work/moved/bin/tegula-compile" "$work/moved/bin/away"
says ".*tegula-compile is not there.*moved/bin/tegula-compile.*" \
  env TEGULA_COMPILE=process "$work/build/consumer"
shows "process  *no .*tegula-compile is not there" "$work/moved/bin/tegula" doctor
shows "compiler  *no .*tegula-compile is not there" \
  env TEGULA_COMPILE=process "$work/moved/bin/tegula" doctor
mv "$work/moved/bin/away" "$work/moved/bin/tegula-compile"

# Found from where the library is, whatever directory the program is in when it needs it.
(cd "$work/moved" && says right env LD_LIBRARY_PATH="$libdir" "$work/build/consumer" /)

# The runtime alone: no LLVM, and asking for the compiler says that it is not there.
quietly "$cmake" --install "$build" --prefix "$work/small" --component runtime
[[ ! -e $work/small/bin && -z $(find "$work/small" -name '*compiler*.so*' -o -name '*.a') ]] ||
  fail "the component runtime holds more than the runtime"
configure "$work/build_small" "$work/small" runtime
quietly "$cmake" --build "$work/build_small"
says "no compiler" "$work/build_small/consumer_runtime"
for component in compiler static; do
  if "$cmake" -S "$source/tests/consumer" -B "$work/build_none" -G "$generator" \
    -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_PREFIX_PATH="$work/small" \
    -DCONSUMER_COMPONENTS="$component" >"$work/log" 2>&1; then
    fail "a package without the component $component was taken for one with it"
  fi
  grep -q "component .$component. of tegula is not installed" "$work/log" ||
    { cat "$work/log" >&2 && fail "the missing component is not named"; }
done
echo "installed package: passed; libtegula.so has $size bytes, stripped"
