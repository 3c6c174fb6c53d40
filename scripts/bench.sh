#!/usr/bin/env bash
# Prints what the shipped binary costs beside a Python rotation function of the shape that AWS documents: medians of ten fresh
# processes each, in one run and in turn, so that the ratios hold on a noisy machine. Needs Rust and Python 3.
# usage: scripts/bench.sh [rotation|retirement|audit]
. "$(dirname "$0")/lib.sh"
case "$*" in "" | rotation | retirement | audit) ;; *) refuse "scripts/bench.sh does not know \"$*\"." ;; esac
need_rust
use_python_parts

say "Building"
quietly "the functions (release profile)" cargo build --release --locked "${functions[@]}"
quietly "the benchmark" cargo build --locked --package integration-tests --bin bench

say "Measuring: about six minutes"
# The evidence bucket of ten thousand secrets is as many files.
[ -w /dev/shm ] && export TMPDIR=/dev/shm
target/debug/bench "$(command -v python)" "$@"
say "What the figures mean, and what would make them better: docs/performance.md"
