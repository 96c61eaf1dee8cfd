#!/usr/bin/env bash
# All that can be said about the tree without a browser, a server or much time.
# Every step runs, each prints its seconds, and the end names those that failed.
#
#   tools/check.sh           all steps
#   tools/check.sh lint vet  the named ones
set -uo pipefail
cd "$(dirname "$0")/.."

# Without git the lists below would be empty and everything would pass.
git rev-parse --show-toplevel >/dev/null || exit 1

tool() { go tool -modfile=tools/go.mod "$@"; }

# The pure core: its tests need neither clock, store nor network, and take
# seconds. They and the tests of the house are the quick tests; all others run
# in make test.
pure=(runtime/partition runtime/event runtime/asset runtime/plan runtime/run runtime/automation)
min_coverage=90

format() {
  local bad
  bad=$(git ls-files -co --exclude-standard -z -- '*.go' | xargs -0 -r sh -c 'for f; do [ -e "$f" ] && printf "%s\0" "$f"; done' sh | xargs -0 -r gofmt -l)
  [ -z "$bad" ] || { echo "$bad"; echo "run: make fix"; return 1; }
}

# Modules with code of ours must be tidy. Those that only pin tools are resolved
# instead: tidying them would fetch the tests' dependencies of every tool. -e goes
# past a dependency's test dependency that cannot be had; the diff is exact still.
tidy() {
  local rc=0 mod dir err
  while read -r mod; do
    dir=$(dirname "$mod")
    case $dir in
      tools | tools/lint | tools/s3) go -C "$dir" list -mod=readonly tool >/dev/null || rc=1 ;;
      *) err=$(go -C "$dir" mod tidy -e -diff 2>&1 >&3) || { rc=1; echo "$err"; } ;;
    esac
  done < <(git ls-files -co --exclude-standard -- 'go.mod' '*/go.mod' | grep -v testdata) 3>&1
  return $rc
}

vet() { go vet ./... && go -C tools vet ./... && go -C tools/protogen vet ./... && go -C tools/bench vet ./...; }

lint() { go tool -modfile=tools/lint/go.mod golangci-lint run; }

proto() {
  [ -d proto ] || return 0
  tool buf lint && tool buf format -d --exit-code proto
}

fresh() { tools/generate.sh --check; }

# With a real Bazel the build is analyzed; without one the files are still
# generated, formatted and compared (fresh).
bazel_analysis() {
  command -v bazel >/dev/null || { echo "no bazel here: BUILD files were checked statically"; return 0; }
  local major
  major=$(bazel --version | sed -n 's/^bazel \([0-9]*\)\..*/\1/p')
  [ "${major:-0}" -ge 7 ] || { echo "bazel ${major:-unknown} is older than 7: not asked"; return 0; }
  bazel build --nobuild //...
}

house() { go test ./internal/house/... && go -C tools test ./bazel/...; }

quick() {
  local p dirs=() out rc=0
  for p in "${pure[@]}"; do
    if compgen -G "$p/*.go" >/dev/null; then dirs+=("./$p/..."); fi
  done
  [ ${#dirs[@]} -gt 0 ] || return 0
  out=$(go test -cover "${dirs[@]}") || rc=1
  echo "$out"
  echo "$out" | awk -v min="$min_coverage" '
    match($0, /coverage: [0-9.]+%/) {
      if (substr($0, RSTART + 10, RLENGTH - 11) + 0 < min) { print "below " min " % of coverage: " ($1 == "ok" ? $2 : $1); bad = 1 }
    }
    END { exit bad }' || rc=1
  return $rc
}

steps=("$@")
[ ${#steps[@]} -gt 0 ] || steps=(format tidy vet proto fresh bazel_analysis house quick lint)
failed=()
began=$SECONDS
for step in "${steps[@]}"; do
  start=$SECONDS
  echo "== $step"
  "$step" || failed+=("$step")
  echo "== $step: $((SECONDS - start)) s"
done
echo "check: $((SECONDS - began)) s"
[ ${#failed[@]} -eq 0 ] || { echo "check failed: ${failed[*]}" >&2; exit 1; }
