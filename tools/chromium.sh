#!/usr/bin/env bash
# Prints the path of the Chromium that browser tests drive: what
# RIVERS_TEST_CHROMIUM names, or the first one found.
set -euo pipefail
if [ -n "${RIVERS_TEST_CHROMIUM:-}" ]; then
  command -v "$RIVERS_TEST_CHROMIUM"
  exit
fi
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  if command -v "$name"; then exit; fi
done
echo "no Chromium found" >&2
exit 1
