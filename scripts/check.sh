#!/usr/bin/env bash
# Checks everything that can be said without running the tests: format, lints, documentation, dependencies, the rules of
# the layout. CI runs this same script.
. "$(dirname "$0")/lib.sh"
need_rust

say "Format"
cargo fmt --all --check

say "Lints: the table in Cargo.toml and clippy.toml, all denied"
quietly "clippy over all targets" cargo clippy --workspace --all-targets --locked -- -D warnings
if grep -rnE '^\s*#\[(tracing::)?instrument\]' --include='*.rs' functions shared; then
  echo "A bare #[instrument] records every argument: use skip_all and name the fields." >&2
  exit 1
fi
if grep -rnE '#!?\[(allow|ignore)\b' --include='*.rs' functions shared tests; then
  echo "Use #[expect(..., reason = \"...\")] for a lint; a test runs or does not exist." >&2
  exit 1
fi

say "Documentation"
RUSTDOCFLAGS="-D warnings" quietly "rustdoc" cargo doc --workspace --no-deps --locked

say "Dependencies: licences, bans, sources (deny.toml)"
use_cargo_deny
cargo-deny --log-level warn check --hide-inclusion-graph bans licenses sources

say "All checks passed. Next: scripts/test.sh runs the tests."
