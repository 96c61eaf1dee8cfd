#!/usr/bin/env bash
# Runs every test with the race detector. What the tests need besides Go (a C
# compiler for -race, a browser, an S3 server, SurrealDB) is brought here, so that
# no test has a reason to be skipped.
#
#   tools/test.sh                   everything
#   tools/test.sh ./ui/... -run X   go test's own arguments
set -euo pipefail
cd "$(dirname "$0")/.."

tools/setup.sh git gcc chromium node npm
RIVERS_TEST_CHROMIUM=$(tools/chromium.sh)
RIVERS_TEST_VERSITYGW=$(tools/s3/build.sh)
RIVERS_TEST_SURREALDB=$(tools/surrealdb/install.sh)
# Pictures of every page are kept beside the build, in both themes.
RIVERS_SCREENSHOTS=${RIVERS_SCREENSHOTS:-$PWD/out/screenshots}
export RIVERS_TEST_CHROMIUM RIVERS_TEST_VERSITYGW RIVERS_TEST_SURREALDB RIVERS_SCREENSHOTS CGO_ENABLED=1

[ $# -gt 0 ] || set -- ./...
echo "test: SurrealDB $("$RIVERS_TEST_SURREALDB" --version), $(go list -m github.com/surrealdb/surrealdb.go)"
start=$SECONDS
rc=0
go test -race -timeout 40m "$@" || rc=$?
if [ "$*" = ./... ] && command -v bazel >/dev/null && [ "$(bazel --version | sed -n 's/^bazel \([0-9]*\)\..*/\1/p')" -ge 7 ]; then
  bazel test //... || rc=$?
fi
echo "test: $((SECONDS - start)) s"
exit $rc
