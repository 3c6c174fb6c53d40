#!/usr/bin/env bash
# Shows one rotation on this machine, with no account anywhere. Needs Rust alone.
. "$(dirname "$0")/lib.sh"
need_rust

say "Building the Lambda function as it is shipped, and its small world"
quietly "the function (release profile; about 3 minutes the first time on two cores)" \
  cargo build --release --locked --package rotate-client-key
quietly "the stand-ins of Secrets Manager and Sentry" cargo build --locked --package integration-tests --bin demo
exec target/debug/demo
