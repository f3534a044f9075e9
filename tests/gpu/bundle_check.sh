#!/usr/bin/env bash
# What scripts/gpu-bundle packed, as far as it can be tried without a GPU.
#   bundle_check.sh SOURCE_FOLDER
# Exit status 77: there is no bundle of this commit.
set -euo pipefail
bundle=$1/build/gpu-bundle
commit=$(git -C "$1" rev-parse HEAD 2>/dev/null || true)
[[ -s $bundle/VERSION && $(cut -d' ' -f1 "$bundle/VERSION") == "$commit" ]] || {
  echo "SKIP: no bundle of this commit; scripts/gpu-bundle makes one"
  exit 77
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
status=0
output=$(CUDA_VISIBLE_DEVICES= "$bundle/run.sh" "$folder/results" 2>&1) || status=$?
[[ $status -eq 3 && $output == *"no GPU"* ]] || {
  echo "bundle_check: run.sh: exit status $status, not 3: $output" >&2
  exit 1
}
xz -dc "$bundle/tegula-gpu.xz" >"$folder/tegula-gpu"
chmod +x "$folder/tegula-gpu"
"$(dirname "$0")/program_check.sh" "$folder/tegula-gpu"
