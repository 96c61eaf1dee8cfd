#!/usr/bin/env bash
# Sees to it that the named commands are there. On Debian as root it installs
# what is missing; elsewhere it says exactly what is missing and fails.
#
#   tools/setup.sh git gcc chromium
set -euo pipefail

# package_of names Debian's package that brings a command.
package_of() {
  case $1 in
    gcc) echo gcc libc6-dev ;; # the race detector links C
    chromium) echo chromium fonts-liberation ;;
    node) echo nodejs ;;
    *) echo "$1" ;;
  esac
}

# present tells whether a command is there; any Chromium will do.
present() {
  case $1 in
    chromium) "$(dirname "$0")/chromium.sh" >/dev/null 2>&1 ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

missing=()
packages=()
for command in "$@"; do
  present "$command" && continue
  missing+=("$command")
  read -ra more < <(package_of "$command")
  packages+=("${more[@]}")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ] && command -v apt-get >/dev/null; then
  echo "installing ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq </dev/null
  apt-get install -y -qq --no-install-recommends "${packages[@]}" </dev/null >/dev/null
  exit 0
fi
echo "missing: ${missing[*]}" >&2
echo "on Debian: apt-get install ${packages[*]}" >&2
exit 1
