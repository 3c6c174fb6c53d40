#!/usr/bin/env bash
# Changes the code in one place after the other and sees whether a test notices (cargo-mutants). A change that no test of its
# crate notices must stand in .cargo/mutants-accepted.txt, with the reason in docs/mutants.md; any other fails this script.
# All crates take about three hours on two cores; a crate can be run alone, and in parts: the third of ten parts is 2/10.
# usage: scripts/mutants.sh [CRATE [PART/PARTS]]
. "$(dirname "$0")/lib.sh"
crates=(rotation key-lifecycle sentry-client key-policy)
part=()
name=whole
[ $# -le 2 ] || refuse "One crate and one part at most."
if [ $# -ge 1 ]; then
  case " ${crates[*]} " in *" $1 "*) ;; *) refuse "There is no pure crate $1; there are: ${crates[*]}." ;; esac
  crates=("$1")
fi
if [ $# -ge 2 ]; then
  [[ $2 =~ ^[0-9]{1,4}/[1-9][0-9]{0,3}$ && $((10#${2%/*})) -lt $((10#${2#*/})) ]] ||
    refuse "$2 is no part: the first of ten is 0/10, the last 9/10."
  part=(--shard "$2")
  name=part-${2/\//-of-}
fi

need_rust
use_cargo_mutants
export INSTA_UPDATE=no
copy=$cache_folder/mutants/copy
export CARGO_TARGET_DIR=$cache_folder/mutants/target
results=$PWD/target/mutants
mkdir -p "$results"
copy_tree "$copy"

accepted=$PWD/.cargo/mutants-accepted.txt
failed=0
for crate in "${crates[@]}"; do
  say "$crate: $name"
  output=$results/$crate-$name
  rm -rf "$output"
  mkdir -p "$output"
  # Without tests beside the crate, the library need not be built for them as well.
  only=()
  [ -d "shared/$crate/tests" ] || only=(--cargo-arg=--lib)
  # 2: some change was missed, 3: some change made a test run for too long. What that means is judged below.
  status=0
  cargo mutants --dir "$copy" --in-place --package "$crate" --cap-lints true --timeout 120 --build-timeout 300 \
    --output "$output" --no-times --colors never "${only[@]}" "${part[@]}" || status=$?
  case $status in 0 | 2 | 3) ;; *) exit "$status" ;; esac
  # Lines and columns move with every edit.
  here() { sed -E 's/^([^:]*):[0-9]+:[0-9]+:/\1:/' | { grep "^shared/$crate/" || true; } | sort; }
  here <"$output/mutants.out/missed.txt" >"$output/missed"
  here <"$accepted" >"$output/accepted"
  count() { wc -l <"$output/mutants.out/$1.txt"; }
  printf '%s, %s: %s caught, %s timed out, %s not compiled, %s missed\n' \
    "$crate" "$name" "$(count caught)" "$(count timeout)" "$(count unviable)" "$(count missed)" | tee "$output/summary"
  if ! diff=$(comm -23 "$output/missed" "$output/accepted") || [ -n "$diff" ]; then
    printf 'No test notices these, and .cargo/mutants-accepted.txt does not list them:\n%s\n' "$diff" >&2
    failed=1
  fi
  if [ "$name" = whole ] && diff=$(comm -13 "$output/missed" "$output/accepted") && [ -n "$diff" ]; then
    printf 'A test notices these now, or they are no more: take them out of .cargo/mutants-accepted.txt:\n%s\n' "$diff" >&2
    failed=1
  fi
done

[ "$failed" -eq 0 ] || exit 1
say "No change went unnoticed that is not accepted. The figures are in docs/mutants.md."
