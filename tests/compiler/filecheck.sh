#!/usr/bin/env bash
# Runs the RUN lines of one FileCheck test: run.sh FILE TEGULA_OPT FILECHECK
set -euo pipefail
file=$1 tegula_opt=$2 filecheck=$3
found=0
while IFS= read -r line; do
  command=${line#*RUN: }
  command=${command//%s/$file}
  command=${command//tegula-opt/$tegula_opt}
  command=${command//FileCheck/$filecheck}
  found=1
  bash -o pipefail -c "$command" || { echo "failed: $command" >&2; exit 1; }
done < <(grep '// RUN: ' "$file")
[[ $found -eq 1 ]] || { echo "$file has no RUN line" >&2; exit 1; }
