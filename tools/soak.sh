#!/usr/bin/env bash
# Lets the SurrealDB driver go through N storms of faults with fresh seeds, the
# engine killed in each, and says what was done. A failure names its seed:
#
#   N=500 tools/soak.sh
#   N=1 SEED=12345 tools/soak.sh    that one again
set -euo pipefail
cd "$(dirname "$0")/.."

tools/setup.sh git gcc node npm
RIVERS_TEST_SURREALDB=$(tools/surrealdb/install.sh)
export RIVERS_TEST_SURREALDB RIVERS_CHAOS_STORMS=${N:-100} RIVERS_CHAOS_SEED=${SEED:-} CGO_ENABLED=1

start=$SECONDS
rc=0
go test -race -timeout 0 -v -run TestStorms ./runtime/store/surreal/chaos | grep -v '^\(===\|    --- PASS\)' || rc=$?
echo "soak: $((SECONDS - start)) s"
exit $rc
