#!/usr/bin/env bash
# Starts a real SurrealDB v3 on loopback, for tests and development:
#
#   SURREAL_PASS=secret tools/surrealdb/run.sh --user root              in memory
#   SURREAL_PASS=secret tools/surrealdb/run.sh --user root --dir DATA   in RocksDB
#   tools/surrealdb/run.sh --unauthenticated --port 0                   a free port, no users
#
# A line "ready url=ws://… engine=… backend=…" tells that it listens; --help tells
# the flags. It ends with the process that started it. Its engine is SurrealDB's,
# under SurrealDB's licence: installed from its npm package, never part of rivers.
set -euo pipefail
server=$("$(dirname "$0")/install.sh")
exec "$server" "$@"
