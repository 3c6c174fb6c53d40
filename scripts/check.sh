#!/usr/bin/env bash
# Checks everything that can be said without running the tests: format, lints, documentation, dependencies, the rules of
# the layout. CI runs this same script.
. "$(dirname "$0")/lib.sh"
takes_no_words "$@"
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

say "The template"
use_python_parts
# No account is asked for anything; sam wants to know a Region all the same.
sam=(env AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0)
quietly "sam validate --lint" "${sam[@]}" sam validate --lint
quietly "cfn-lint, the examples too" cfn-lint template.yaml docs/examples/*.yaml
# Whether the build section of the template works. Nobody runs what comes out, so it is neither optimized nor anywhere that
# it could be deployed from.
case "$(uname -m)" in aarch64 | arm64) architecture=arm64 ;; *) architecture=x86_64 ;; esac
quietly "sam build, without optimizations (about 5 minutes the first time)" "${sam[@]}" CARGO_TARGET_DIR="$PWD/target/sam/cargo" \
  CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
  sam build --parameter-overrides "Architecture=$architecture" --build-dir target/sam/build

say "All checks passed. Next: scripts/test.sh runs the tests."
