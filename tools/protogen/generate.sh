#!/usr/bin/env bash
# Writes what follows from proto/: Go next to each .proto, the OpenAPI document,
# and the .proto files of others in third_party/proto. A file that is already
# right is left untouched, one whose source is gone is removed.
#
#   tools/protogen/generate.sh          write
#   tools/protogen/generate.sh --check  write nothing; fail, naming each file that is not fresh
set -euo pipefail
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

go -C tools/protogen run ./thirdparty "$tmp/third_party/proto"
cp third_party/proto/protoc-gen-openapiv2/LICENSE "$tmp/third_party/proto/protoc-gen-openapiv2/"
cp third_party/proto/README.md "$tmp/third_party/proto/"
if [ -n "$(find proto -name '*.proto' 2>/dev/null)" ]; then
  go tool -modfile=tools/go.mod buf generate -o "$tmp"
  go tool -modfile=tools/go.mod buf generate -o "$tmp" --template tools/protogen/openapi.gen.yaml
  mv "$tmp/gateway/openapi/openapi.swagger.json" "$tmp/gateway/openapi/openapi.json"
fi

# shellcheck source=../sync.sh
. tools/sync.sh
generated() { find proto gateway/openapi third_party/proto -type f \( -name '*.pb.go' -o -name '*.pb.gw.go' -o -name openapi.json -o -path 'third_party/*' \) 2>/dev/null || true; }
sync_generated "$tmp" "$(generated)" "$@"
