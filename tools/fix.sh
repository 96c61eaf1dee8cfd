#!/usr/bin/env bash
# Formats Go and protobuf, and lets the linters mend what they can.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files -co --exclude-standard -z -- '*.go' | xargs -0 -r gofmt -w
if [ -d proto ]; then go tool -modfile=tools/go.mod buf format -w proto; fi
go tool -modfile=tools/lint/go.mod golangci-lint run --fix
