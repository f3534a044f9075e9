#!/usr/bin/env bash
# Runs a lesson, which must succeed and print what the .check file beside this script says:
# run.sh PROGRAM SOURCE FILECHECK
# PLANTED1, PLANTED2, ... stand for the lines of SOURCE that say "// planted".
set -euo pipefail
program=$1 source=$2 filecheck=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
definitions=()
for line in $(grep -n '// planted' "$source" | cut -d: -f1); do
  definitions+=("-D#PLANTED$((${#definitions[@]} + 1))=$line")
done
"$program" > "$folder/output" || { echo "exit status $?" >&2; cat "$folder/output" >&2; exit 1; }
"$filecheck" --input-file "$folder/output" "${definitions[@]}" \
  "$(dirname "$0")/$(basename "$program").check"
