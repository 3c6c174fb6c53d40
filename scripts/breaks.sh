#!/usr/bin/env bash
# Breaks the product on purpose, in one way after the other (tests/breaks/*.patch), and sees whether the exploration notices:
# each patch says what it breaks and what must notice it. A break that goes unnoticed fails this script.
# All of them take about 25 minutes on two cores.
# usage: scripts/breaks.sh [NAME...]
. "$(dirname "$0")/lib.sh"
need_rust
export RUST_BACKTRACE=0
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm

patches=$PWD/tests/breaks
copy=$cache_folder/breaks/copy
export CARGO_TARGET_DIR=$cache_folder/breaks/target
if [ $# -eq 0 ]; then
  names=()
  for patch in "$patches"/*.patch; do names+=("$(basename "$patch" .patch)"); done
  set -- "${names[@]}"
fi
for name in "$@"; do
  [ -f "$patches/$name.patch" ] || { printf 'There is no break %s in tests/breaks.\n' "$name" >&2; exit 2; }
done

output=$(mktemp)
# usage: explore WORD...   what the exploration says of the copy; whether all is well
explore() { "$CARGO_TARGET_DIR/debug/explore" "$@" >/dev/null 2>"$output"; }

say "The product as it is"
copy_tree "$copy"
(cd "$copy" && quietly "the exploration" cargo build --locked --package exploration)
for check in "memory 1 40000" "libraries 1 120"; do
  read -r -a words <<<"$check"
  if ! explore "${words[@]}"; then
    grep BROKEN "$output" >&2 || tail -n 5 "$output" >&2
    printf '\nFailed: the product is broken before anything was broken on purpose.\n' >&2
    exit 1
  fi
  printf '  explore %s: whole\n' "$check"
done

unnoticed=()
for name in "$@"; do
  patch=$patches/$name.patch
  say "$name: $(head -n 1 "$patch")"
  read -r -a words <<<"$(sed -n 's/^Noticed by: //p' "$patch")"
  copy_tree "$copy"
  (cd "$copy" && git apply "$patch")
  (cd "$copy" && quietly "the exploration" cargo build --locked --package exploration)
  code=0
  explore "${words[@]}" || code=$?
  if [ "$code" -eq 1 ] && grep -q BROKEN "$output"; then
    grep BROKEN "$output" | cut -c 1-160
  else
    printf '  explore %s noticed nothing (code %s)\n' "${words[*]}" "$code"
    unnoticed+=("$name")
  fi
done
rm -f "$output"

[ ${#unnoticed[@]} -eq 0 ] || { printf '\nNobody noticed: %s\n' "${unnoticed[*]}" >&2; exit 1; }
say "Each of $# breaks was noticed. Next: docs/reliability.md says what else was tried."
