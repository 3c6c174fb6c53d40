#!/usr/bin/env bash
# Breaks the product on purpose, in one way after the other (tests/breaks/*.patch), and sees whether that is noticed: each
# patch says what it breaks, and which exploration or which tests must notice it. A break that goes unnoticed fails this script.
# All of them take about 50 minutes on two cores.
# usage: scripts/breaks.sh [NAME...]
. "$(dirname "$0")/lib.sh"
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
  [ -f "$patches/$name.patch" ] || refuse "There is no break $name in tests/breaks."
done
need_rust

output=$(mktemp)
# Builds what a check needs, and runs it on the copy. Its exit code: 0 all is well, 1 something is broken, 2 it did not run.
# usage: run_check explore|it|cargo WORD...
run_check() {
  local code=0
  if [ "$1" = explore ]; then
    (quietly "the exploration" cargo test --locked --workspace --test exploration --no-run) || return 2
    "$CARGO_TARGET_DIR/debug/explore" "${@:2}" >/dev/null 2>"$output" || code=$?
    [ "$code" -eq 0 ] || grep -q BROKEN "$output" || return 2
  elif [ "$1" = it ]; then
    (quietly "the functions" cargo build --locked "${functions[@]}") || return 2
    (quietly "the tests" cargo test --locked --workspace --test it --no-run) || return 2
    cargo test --locked --workspace --test it -- "${@:2}" >"$output" 2>&1 || code=$?
    [ "$code" -eq 0 ] || grep -q "^test result: FAILED" "$output" || return 2
  else
    (quietly "the tests" "$@" --no-run) || return 2
    "$@" >"$output" 2>&1 || code=$?
    [ "$code" -eq 0 ] || grep -q "^test result: FAILED" "$output" || return 2
  fi
  [ "$code" -eq 0 ] || return 1
}

# usage: check "WORD..."
check() {
  local words
  read -r -a words <<<"$1"
  (cd "$copy" && run_check "${words[@]}")
}

say "The product as it is"
copy_tree "$copy"
# The integration tests look for the functions there.
ln -sfn "$CARGO_TARGET_DIR" "$copy/target"
for name in "$@"; do sed -n 's/^Noticed by: //p' "$patches/$name.patch"; done | sort -u >"$output.checks"
while read -r words; do
  if ! check "$words" </dev/null; then
    grep -E 'BROKEN|^test .* FAILED' "$output" >&2 || tail -n 20 "$output" >&2
    printf '\nFailed: %s, before anything was broken on purpose.\n' "$words" >&2
    exit 1
  fi
  printf '  %s: whole\n' "$words"
done <"$output.checks"

unnoticed=()
for name in "$@"; do
  patch=$patches/$name.patch
  say "$name: $(head -n 1 "$patch")"
  words=$(sed -n 's/^Noticed by: //p' "$patch")
  copy_tree "$copy"
  (cd "$copy" && git apply "$patch")
  code=0
  check "$words" || code=$?
  if [ "$code" -eq 1 ]; then
    grep -E 'BROKEN|^test .* FAILED' "$output" | cut -c 1-160 | head -n 5
  else
    [ "$code" -eq 0 ] || tail -n 20 "$output" >&2
    printf '  %s noticed nothing (code %s)\n' "$words" "$code"
    unnoticed+=("$name")
  fi
done
rm -f "$output" "$output.checks"

[ ${#unnoticed[@]} -eq 0 ] || { printf '\nNobody noticed: %s\n' "${unnoticed[*]}" >&2; exit 1; }
say "Each of $# breaks was noticed. Next: docs/reliability.md says what else was tried."
