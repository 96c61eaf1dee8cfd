#!/usr/bin/env bash
# Writes every generated file that is checked in: what follows from proto/, the
# pages' Go, the page bundle, the reference of riversctl and the BUILD files.
# Needs Go alone.
#
#   tools/generate.sh          write
#   tools/generate.sh --check  write nothing; fail, showing what is not fresh
set -euo pipefail
cd "$(dirname "$0")/.."

# Directories that belong to one checkout, not to the tree.
local_dirs=(.git .rivers node_modules bin out)

if [ "${1:-}" = --check ]; then
  tmp=$(mktemp -d)
  trap 'rm -rf "$tmp"' EXIT
  mkdir "$tmp/a" "$tmp/b"
  tar -c "${local_dirs[@]/#/--exclude=}" . | tar -x -C "$tmp/a"
  cp -a "$tmp/a/." "$tmp/b"
  rm -rf "$tmp/b/ui/static/dist" # what the bundle no longer writes must not look fresh
  "$tmp/b/tools/generate.sh" >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2; exit 1; }
  if ! (cd "$tmp" && diff -ruN a b) >"$tmp/diff"; then
    head -c 4000 "$tmp/diff"
    echo "generated files are not fresh: run make generate and commit what changes" >&2
    exit 1
  fi
  exit 0
fi

tools/protogen/generate.sh
if [ -n "$(find . -name '*.templ' -not -path './node_modules/*' -print -quit)" ]; then
  go tool -modfile=tools/go.mod templ generate -log-level warn
fi
if [ -f ui/bundle/main.go ]; then
  go run ./ui/bundle
fi
if [ -f cli/riversctl/main.go ]; then
  go run ./cli/riversctl reference docs/riversctl.md
fi
tools/bazel/generate.sh
