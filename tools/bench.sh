#!/usr/bin/env bash
# Runs each benchmark of the product's packages, then the measurements of whole
# programs in tools/bench. Figures mean something on an idle machine only.
#
#   BENCH=regexp BENCHTIME=1x tools/bench.sh
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t dirs < <(git ls-files -co --exclude-standard -- '*_test.go' ':!tools' | xargs -r grep -lE '^func Benchmark[A-Z_]' 2>/dev/null | xargs -rn1 dirname | sort -u)
if [ ${#dirs[@]} -gt 0 ]; then
  go test -run '^$' -bench "${BENCH:-.}" -benchmem -benchtime "${BENCHTIME:-1s}" -timeout 60m "${dirs[@]/#/./}"
fi
if [ -f tools/bench/main.go ]; then
  go -C tools/bench run .
fi
