#!/usr/bin/env bash
# Prints the path of versitygw, a real S3 server that tests start on loopback.
# It is built once per version into the user's cache, never into the tree.
set -euo pipefail
cd "$(dirname "$0")"
version=$(go list -m -f '{{.Version}}' github.com/versity/versitygw)
cache=${XDG_CACHE_HOME:-${HOME:?neither XDG_CACHE_HOME nor HOME is set}/.cache}/rivers
path=$cache/versitygw-$version-$(go env GOVERSION)/versitygw
if [ ! -x "$path" ]; then
  echo "building versitygw $version" >&2
  mkdir -p "$(dirname "$path")"
  go build -trimpath -buildvcs=false -o "$path.$$" github.com/versity/versitygw/cmd/versitygw >&2
  mv "$path.$$" "$path" # another build may be at it: the last one wins, both are whole
fi
echo "$path"
