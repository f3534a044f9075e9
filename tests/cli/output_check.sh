#!/usr/bin/env bash
# What becomes of output that nobody can take: a full disk, a closed descriptor, a reader that went.
#   output_check.sh DIRECTORY-OF-THE-PROGRAMS
set -u
[ -w /dev/full ] || exit 77
bin=$1
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
export TEGULA_CACHE_DIR=$directory/cache TEGULA_DEVICE=sim:sm_80
failures=0

# expect WHAT STATUS TEXT: of `ask COMMAND...` before it; TEXT "" is for nothing on standard error.
ask() { said=$("$@" 2>&1 >"$out"); got=$?; }
expect() {
  if [ "$got" != "$2" ] || [[ $said != *"$3"* ]] || { [ -z "$3" ] && [ -n "$said" ]; }; then
    echo "FAILED: $1: exit $got (wanted $2), wanted '$3' in: $said"
    failures=$((failures + 1))
  fi
}

norm=(--random x=4x64:f32 --random weight=64:f32)
out=/dev/null
ask "$bin/tegula" run rms_norm_fn "${norm[@]}"
expect "a run, with room" 0 ""
while read -r command; do
  read -ra words <<<"$command"
  out=/dev/full
  ask "$bin/tegula" "${words[@]}"
  expect "$command to a full disk" 3 "standard output: it cannot be written (got No space left on"
done <<COMMANDS
--help
--version
run --help
kernels
kernels --json
doctor
doctor --json
emit rms_norm_fwd --stage program
emit rms_norm_fwd --stage sim
emit rms_norm_fwd --stage sim --json
run rms_norm_fn ${norm[*]}
run rms_norm_fn ${norm[*]} --json
cache explain-miss rms_norm_fn ${norm[*]}
cache stats
cache stats --json
cache ls
cache ls --history
cache ls --json
cache verify
cache verify --json
cache prune
cache prune --json
cache clear
cache clear --json
COMMANDS

out=/dev/null
ask "$bin/tegula" emit rms_norm_fwd --stage sim -o /dev/full
expect "emit to a file on a full disk" 3 "/dev/full: the file cannot be written (got No space left on"
ask "$bin/tegula" run rms_norm_fn "${norm[@]}" --out y=/dev/full
expect "a result to a full disk" 3 "/dev/full: the file cannot be written (got No space left on"

said=$("$bin/tegula" kernels 2>&1 >&-); got=$?
expect "standard output is closed" 3 "standard output: it cannot be written (got Bad file descriptor"
said=$("$bin/tegula" run rms_norm_fn "${norm[@]}" --out "y=$directory/y.npy" 2>&1 >&-); got=$?
expect "standard output is closed, with files" 3 "standard output: it cannot be written"

# A pipe without a reader: the signal, as of any program, or an error where the signal is ignored.
mkfifo "$directory/pipe"
exec 3<>"$directory/pipe" 4>"$directory/pipe" 3<&-
said=$("$bin/tegula" kernels 2>&1 >&4); got=$?
expect "nobody reads" 141 ""
said=$(trap '' PIPE; "$bin/tegula" kernels 2>&1 >&4); got=$?
expect "nobody reads, the signal is ignored" 3 "standard output: it cannot be written (got Broken pipe"
exec 4>&-

out=/dev/full
said=$(echo "no request" | "$bin/tegula-compile" 2>&1 >/dev/full); got=$?
expect "a reply" 3 "cannot write the reply: No space left on device"
if [ -x "$bin/bench_launch" ]; then
  ask "$bin/bench_launch" 1 1
  expect "bench_launch" 3 "standard output: it cannot be written"
  ask "$bin/bench_start" 1
  expect "bench_start" 3 "standard output: it cannot be written"
  ask "$bin/bench_compile" 1
  expect "bench_compile" 1 "standard output: it cannot be written"
  ask "$bin/bench_ops" --device sim --rows 4 --n 256 --reps 1 --ops softmax
  expect "bench_ops" 3 "standard output cannot be written"
fi
if [ -x "$bin/02_fused_kernel" ]; then
  ask "$bin/02_fused_kernel"
  expect "a lesson" 3 "standard output cannot be written"
fi
[ "$failures" = 0 ] && echo "all as wanted"
exit "$failures"
