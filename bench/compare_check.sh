#!/usr/bin/env bash
# bench_ops on the simulator, lines such as torch_ops.py writes, and the table of both.
#   compare_check.sh BENCH_OPS PYTHON
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" --device sim --rows 2 --n 256 --reps 1 --sweep --ops swiglu --dtypes bf16 --out "$folder/ours"
cat >"$folder/theirs" <<'END'
{"peer": "torch", "torch": "0", "triton": null}
{"impl": "torch_eager", "op": "swiglu", "variant": "plain", "dtype": "bf16", "rows": 2, "n": 256, "bytes": 3072, "config": "", "us_median": 1.0, "us_min": 1.0, "reps": 1, "gb_per_s": 3072000}
{"impl": "torch_compile", "op": "softmax", "variant": "plain", "dtype": "f32", "rows": 2, "n": 256, "bytes": 4096, "config": "", "us_median": 4.0, "us_min": 4.0, "reps": 1, "gb_per_s": 1024}
END
table=$("$2" "$here/compare.py" "$folder/ours" "$folder/theirs")
for text in '- peer torch' '| swiglu | plain | bf16 | 256 |' '| 3072000 |  |  | 0.00 |' \
  '| softmax | plain | f32 | 256 |  |  |  |  | 1024 |  |  |'; do
  [[ $table == *"$text"* ]] || {
    printf "compare_check: '%s' is not in:\n%s\n" "$text" "$table" >&2
    exit 1
  }
done
