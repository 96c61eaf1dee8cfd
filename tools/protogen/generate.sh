#!/usr/bin/env bash
# Writes what follows from proto/: Go next to each .proto, the OpenAPI document,
# and the .proto files of others in third_party/proto. A file that is already
# right is left untouched, one whose source is gone is removed.
set -euo pipefail
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

go -C tools/protogen run ./thirdparty "$tmp/third_party/proto"
if [ -n "$(find proto -name '*.proto' 2>/dev/null)" ]; then
  buf=$(go tool -modfile=tools/go.mod -n buf)
  "$buf" generate -o "$tmp"
  "$buf" generate -o "$tmp" --template tools/protogen/openapi.gen.yaml
  mv "$tmp/gateway/openapi/openapi.swagger.json" "$tmp/gateway/openapi/openapi.json"
fi

(cd "$tmp" && find . -type f) | while read -r f; do
  cmp -s "$tmp/$f" "$f" || { mkdir -p "$(dirname "$f")"; cp "$tmp/$f" "$f"; echo "wrote $f"; }
done
for dir in proto third_party/proto; do
  [ -d "$dir" ] || continue
  find "./$dir" -type f \( -name '*.pb.go' -o -name '*.pb.gw.go' -o -path './third_party/*.proto' \) | while read -r f; do
    [ -e "$tmp/$f" ] || { rm "$f"; echo "removed $f"; }
  done
done
