#!/usr/bin/env bash
# Hostile inputs for everything that reads bytes of others: the corpus as it is, and inputs made from it. The same seed makes
# the same inputs. TARGET is a name from tests/fuzz/corpus, or "all"; CASES is how many inputs are made for each, or a time
# such as 600s: then seed after seed is tried until it is over.
# usage: scripts/fuzz.sh [TARGET [CASES [SEED]]]
. "$(dirname "$0")/lib.sh"
target=${1:-all}
cases=${2:-4000}
seed=${3:-0}

[ $# -le 3 ] || refuse "Three words at most."
[[ $target =~ ^[a-z_]+$ ]] || refuse "There is no target $target: see tests/fuzz/corpus."
[[ $cases =~ ^[1-9][0-9]{0,8}s?$ ]] || refuse "CASES is a count or a time such as 600s, and not \"$cases\"."
[[ $seed =~ ^[0-9]{1,18}$ ]] || refuse "SEED is a number, and not \"$seed\"."
seed=$((10#$seed))
filter=(targets::)
if [ "$target" != all ]; then
  [ -d "tests/fuzz/corpus/$target" ] || refuse "There is no target $target: see tests/fuzz/corpus."
  filter=(--exact "targets::$target::$target")
fi
need_rust
quietly "the targets" cargo test --workspace --locked --test fuzz --no-run

try() {
  FUZZ_CASES=$1 FUZZ_SEED=$2 cargo test --quiet --workspace --locked --test fuzz -- "${filter[@]}"
}
started=$SECONDS
case $cases in
  *s)
    rounds=0
    while [ $((SECONDS - started)) -lt "${cases%s}" ]; do
      try 4000 "$((seed + rounds))"
      rounds=$((rounds + 1))
    done
    say "Nothing found with 4000 inputs for each of the seeds $seed to $((seed + rounds - 1)), in $((SECONDS - started)) s." ;;
  *)
    try "$cases" "$seed"
    say "Nothing found with $cases inputs, seed $seed, in $((SECONDS - started)) s." ;;
esac
