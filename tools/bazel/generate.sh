#!/usr/bin/env bash
# Brings every BUILD.bazel and MODULE.bazel in line with the Go sources: gazelle
# writes the rules, internal/house the visibility and tags, buildifier the
# format. go.mod must be tidy, since the repositories of other modules are read
# from it.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
tool() { go tool -modfile=tools/go.mod "$@"; }

# files lists the named files of the tree, not of one checkout's own directories.
files() {
  find "$root" \( -name .git -o -name node_modules -o -name .rivers -o -path "$root/bin" -o -path "$root/out" -o -path "$root/tools" \) -prune -o \
    \( "$@" \) -print0
}

go -C tools run ./bazel/modules "$root/go.mod" "$root/MODULE.bazel" "$tmp/WORKSPACE"
tool gazelle update -bzlmod -repo_config "$tmp/WORKSPACE" -external=static
files -name BUILD.bazel | xargs -0 go -C tools run ./bazel/flatten
go run ./internal/house/buildozer >"$tmp/commands"
# buildozer exits 3 when everything is as it should be already.
tool buildozer -quiet -f "$tmp/commands" || [ $? = 3 ]
files -name BUILD.bazel -o -name '*.bzl' -o -name MODULE.bazel |
  xargs -0 go tool -modfile=tools/go.mod buildifier -lint=warn -mode=fix
