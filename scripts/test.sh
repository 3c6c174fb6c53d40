#!/usr/bin/env bash
# Runs all tests, or those whose name contains FILTER. Needs Rust, and Python 3 for the parts from PyPI.
# usage: scripts/test.sh [FILTER]
. "$(dirname "$0")/lib.sh"
case "${1:-}" in -*) refuse "There is no option $1." ;; esac
[ $# -le 1 ] || refuse "One FILTER at most."
need_rust
use_python_parts
export INSTA_UPDATE=no
# Most tests wait for a process of their own, not for the processor.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-$(($(nproc) * 4))}

say "1/4 Building what is shipped and what is tested"
quietly "the functions as they are shipped (release profile; about 6 minutes the first time on two cores)" \
  cargo build --release --locked "${functions[@]}"
quietly "the functions with all their log levels (dev profile)" cargo build --locked "${functions[@]}"
quietly "the tests" cargo test --workspace --locked --no-run
quietly "what is uploaded to Lambda" scripts/build.sh
say "2/4 The tests: decisions, clients at the wire, the shipped binary in a small world"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Every line that says something, and none of the many that say "ok".
set +e
cargo test --workspace --locked -- "$@" 2>&1 | tee "$log" |
  grep --line-buffered -vE '^(test .* ok|running [0-9]+ tests?|test result: ok\..*|\s*(Finished|Doc-tests|Running).*)?$'
failed=${PIPESTATUS[0]}
set -e
[ "$failed" -eq 0 ] || { echo "Some tests failed: see above." >&2; exit 1; }
passed=$(awk '/^test result: ok/ { sum += $4 } END { print sum + 0 }' "$log")

say "3/4 Second opinions: the same binary against other people's emulators"
cargo test --quiet --locked --package integration-tests --test second_opinions -- "$@" 2>&1 | tee "$log"
more=$(awk '/^test result: ok/ { sum += $4 } END { print sum + 0 }' "$log")

say "4/4 The ledger's check; the stack: what template, code and guide must say alike, a deployment into AWS on loopback"
python tests/ledger/test_verify_ledger.py "$@" | tee "$log"
python tests/stack/test_template.py "$@" | tee -a "$log"
python tests/stack/test_stack.py "$@" | tee -a "$log"
total=$((passed + more + $(awk '/^test result: ok/ { sum += $4 } END { print sum + 0 }' "$log")))

[ "$total" -gt 0 ] || refuse "No test has \"$*\" in its name."
say "$total tests passed. Next: scripts/demo.sh shows what they protect."
