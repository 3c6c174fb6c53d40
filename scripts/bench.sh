#!/usr/bin/env bash
# Prints what the shipped binary costs beside a Python rotation function of the shape that AWS documents: medians of ten fresh
# processes each, in one run and in turn, so that the ratios hold on a noisy machine. Needs Rust and Python 3.
. "$(dirname "$0")/lib.sh"
need_rust
use_python_parts

say "Building"
quietly "the function (release profile)" cargo build --release --locked --package rotate-client-key
quietly "the benchmark" cargo build --locked --package integration-tests --bin bench

say "Measuring: about a minute"
target/debug/bench "$(command -v python)"
say "What the figures mean, and what would make them better: docs/performance.md"
