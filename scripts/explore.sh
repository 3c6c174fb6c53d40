#!/usr/bin/env bash
# Explores what may happen to keys: faults at every call, processes that die, several at once, people who interfere.
# usage: scripts/explore.sh                              a whole exploration, about 12 minutes on two cores
#        scripts/explore.sh every [N]                    every schedule of each kind in memory, or each Nth
#        scripts/explore.sh memory|libraries|binaries FIRST COUNT
#        scripts/explore.sh replay memory|libraries|binaries SEED
. "$(dirname "$0")/lib.sh"
place='(memory|libraries|binaries)' one='[1-9][0-9]{0,9}'
[[ "$*" =~ ^(|every( $one)?|$place\ [0-9]{1,18}\ $one|replay\ $place\ [0-9]{1,18})$ ]] ||
  refuse "scripts/explore.sh does not know \"$*\"."
need_rust
export RUST_BACKTRACE=0
# The evidence buckets are folders: in memory they cost nothing.
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm

case "${1:-all} ${2:-}" in
"all "* | binaries* | "replay binaries") binaries=yes ;;
*) binaries= ;;
esac

# As a part of the tests: what they have built is not built again.
quietly "Building the exploration (dev profile)" cargo test --workspace --locked --test exploration --no-run
[ -z "$binaries" ] || quietly "Building what is shipped (release profile; it takes minutes only the first time)" \
  cargo build --release --locked "${functions[@]}"
# quietly takes the trap away: it comes after.
output=$(mktemp)
trap 'rm -f "$output"' EXIT

# The functions log to standard output, where no secret may be.
explore() {
  local code=0
  target/debug/explore "$@" >"$output" || code=$?
  [ "$code" -ne 1 ] || printf '\nSome invariants are broken: replay a seed as said above.\n' >&2
  [ "$code" -eq 0 ] || exit "$code"
  if grep -q planted5ecret "$output"; then
    printf '\nA secret is in the output of the functions.\n' >&2
    exit 1
  fi
}

if [ $# -gt 0 ]; then
  explore "$@"
  exit
fi

say "1/3 In memory, on the shipped decisions: each eighth schedule of each kind, then 100,000 seeds"
explore every 8
explore memory 1 100000
say "2/3 Over loopback, on the functions as libraries: 2,000 seeds"
explore libraries 1 2000
say "3/3 Over loopback, on the shipped binaries: 200 seeds"
explore binaries 1 200
say "No invariant was broken. More seeds: scripts/explore.sh memory 100001 1000000; what this shows and what not: docs/reliability.md"
