#!/usr/bin/env bash
# Shows a rotation, the end of old keys, the drill for a leaked one and a review of all keys on this machine, with no account anywhere. Needs Rust alone.
. "$(dirname "$0")/lib.sh"
takes_no_words "$@"
need_rust

say "Building the Lambda functions as they are shipped, and their small world"
quietly "the functions (release profile; about 6 minutes the first time on two cores)" \
  cargo build --release --locked "${functions[@]}"
quietly "the stand-ins of Secrets Manager, Sentry and S3" cargo build --locked --package integration-tests --bin demo
exec target/debug/demo
