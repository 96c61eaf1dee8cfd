#!/usr/bin/env bash
# Prints what a release build stamps into binaries; Bazel reads it line by line.
set -euo pipefail
commit=$(git rev-parse HEAD)
[ -z "$(git status --porcelain)" ] || commit=$commit-modified
echo "STABLE_GIT_COMMIT $commit"
echo "STABLE_VERSION $(git describe --tags --always --match 'v[0-9]*')"
