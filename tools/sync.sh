# Sourced by the generators: makes the tree hold exactly what was generated
# elsewhere, or with --check only tells whether it does.
#
#   sync_generated DIR "OLD FILES" [--check]
#
# DIR holds the fresh files under the paths they have in the tree; OLD FILES are
# the generated files that the tree holds now, one a line.
sync_generated() {
  local dir=$1 old=$2 mode=${3:-write} stale=0 f
  while read -r f; do
    f=${f#./}
    [ -n "$f" ] || continue
    if ! cmp -s "$dir/$f" "$f"; then
      stale=1
      if [ "$mode" = --check ]; then
        echo "not fresh: $f (run: make generate)" >&2
        diff -u "$f" "$dir/$f" 2>/dev/null | head -20 >&2 || true
      else
        mkdir -p "$(dirname "$f")"
        cp "$dir/$f" "$f"
        echo "wrote $f"
      fi
    fi
  done < <(cd "$dir" && find . -type f)
  while read -r f; do
    [ -n "$f" ] && [ ! -e "$dir/$f" ] || continue
    stale=1
    if [ "$mode" = --check ]; then
      echo "generated from nothing: $f (run: make generate)" >&2
    else
      rm "$f"
      echo "removed $f"
    fi
  done <<<"$old"
  [ "$mode" != --check ] || [ "$stale" = 0 ]
}
