#!/usr/bin/env bash
# scripts/gpu-run as far as it can be followed without a GPU: what it says where there is none, and
# its steps over a driver whose kernels do nothing.
#   run_check.sh TEGULA_GPU SOURCE_FOLDER FOLDER_OF_THE_FAKE_LIBCUDA
set -euo pipefail
program=$1 source=$2 fake=$3
bundle=$(mktemp -d)
trap 'rm -rf "$bundle"' EXIT
cp "$source/scripts/gpu-run" "$bundle/run.sh"
cp "$source/bench/peers/torch_ops.py" "$source/bench/compare.py" "$bundle/"
ln -s "$program" "$bundle/tegula-gpu"
echo abc123 >"$bundle/VERSION"

fail() {
  echo "run_check: $*" >&2
  exit 1
}
# expect STATUS TEXT ARGUMENT...
expect() {
  local status=0 wanted=$1 text=$2 output
  shift 2
  output=$("$bundle/run.sh" "$@" 2>&1) || status=$?
  [[ $status -eq $wanted ]] || fail "run.sh $*: exit status $status, not $wanted: $output"
  [[ $output == *"$text"* ]] || fail "run.sh $*: '$text' is not in: $output"
}

expect 0 'run.sh RESULTS [STEP...]' --help
expect 2 'run.sh RESULTS [STEP...]'
expect 2 "no step 'dance'" "$bundle/none" dance
CUDA_VISIBLE_DEVICES= expect 3 'no GPU' "$bundle/none"
grep -q abc123 "$bundle/none/summary.md" || fail "the summary lacks the version"

export LD_LIBRARY_PATH="$fake${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
expect 0 'launch: passed' "$bundle/some" facts launch
python3 - "$bundle/some/facts.jsonl" <<'END' || fail "facts.jsonl is not what it should be"
import json, sys
facts, doctor, above, whole, start = [json.loads(line) for line in open(sys.argv[1])]
assert facts["commit"] == "abc123" and facts["cores"].isdigit()
assert above["device"] == "null:0" and whole["device"] == start["device"] == "cuda:0"
END
TEGULA_GPU_SECONDS=4 expect 1 'ops: not run, no time is left' "$bundle/late" ops
