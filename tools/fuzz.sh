#!/usr/bin/env bash
# Runs every fuzz target of the product for FUZZTIME (10s), one after another.
# What a target finds is written to its testdata/fuzz and is then an ordinary
# test case: commit it with the fix.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=()
while IFS=: read -r file line; do
  name=$(sed -E 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/' <<<"$line")
  echo "== $(dirname "$file") $name"
  go test -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-10s}" "./$(dirname "$file")" || failed+=("$name")
done < <(git ls-files -co --exclude-standard -- '*_test.go' ':!tools' | xargs -r grep -HoE '^func Fuzz[A-Za-z0-9_]*\(' | sort)
[ ${#failed[@]} -eq 0 ] || { echo "fuzz failed: ${failed[*]}" >&2; exit 1; }
