#!/usr/bin/env bash
# Prints the path of a SurrealDB v3 server: the real engine as its npm package
# brings it, with the small server beside this file around it. Both go into a
# directory of the user's cache that is named after their content; several
# installations may run at once.
set -euo pipefail
cd "$(dirname "$0")"
files=(package.json package-lock.json .npmrc ./*.mjs)

for command in node npm; do
  command -v "$command" >/dev/null || { echo "SurrealDB needs $command: tools/setup.sh $command" >&2; exit 1; }
done
node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 18 || (a == 18 && b >= 11) ? 0 : 1)' ||
  { echo "SurrealDB needs node 18.11 or newer, this is $(node --version)" >&2; exit 1; }

hash=$(cat install.sh "${files[@]}" | node -e '
  const hash = require("node:crypto").createHash("sha256");
  process.stdin.on("data", (b) => hash.update(b)).on("end", () => console.log(hash.digest("hex").slice(0, 16)));')
platform=$(node -p 'process.platform + "-" + process.arch')
cache=${XDG_CACHE_HOME:-${HOME:?neither XDG_CACHE_HOME nor HOME is set}/.cache}/rivers/surrealdb
home=$cache/$hash-$platform
if [ ! -x "$home/surrealdb" ]; then
  echo "installing SurrealDB's engine into $home" >&2
  mkdir -p "$cache"
  tmp=$(mktemp -d "$cache/.new-XXXXXX")
  trap 'rm -rf "$tmp"' EXIT
  cp "${files[@]}" "$tmp"
  (cd "$tmp" && npm ci --omit=dev --ignore-scripts >&2)
  # The package carries a binary for each of eight platforms; two may fit this one.
  find "$tmp/node_modules/@surrealdb/node/dist" -name '*.node' ! -name "surrealdb-node.$platform*" -delete
  printf '#!/bin/sh\nexec node "$(dirname "$0")/server.mjs" "$@"\n' >"$tmp/surrealdb"
  chmod +x "$tmp/surrealdb"
  # mv would move into a directory that another installation brought meanwhile;
  # rename leaves that one, which is whole.
  node -e 'require("node:fs").renameSync(...process.argv.slice(1))' "$tmp" "$home" 2>/dev/null || [ -x "$home/surrealdb" ]
fi
echo "$home/surrealdb"
