#!/usr/bin/env bash
# Writes the files that the code can say itself: documentation from tables and policy, the schema of the policy file.
. "$(dirname "$0")/lib.sh"
takes_no_words "$@"
need_rust

quietly "Building the generator" cargo build --locked --package integration-tests --bin generate
"${CARGO_TARGET_DIR:-target}/debug/generate"
say "Next: read what changed (git diff docs policy) and commit it with the change that caused it. Tests hold these files against the code."
