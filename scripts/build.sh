#!/usr/bin/env bash
# Builds what is deployed: target/lambda/ARCHITECTURE/FUNCTION/bootstrap, and bootstrap.zip beside it.
# The machine's own architecture needs Rust and Python 3 alone; the other one also a cross compiler, which comes from PyPI.
# usage: scripts/build.sh [--arch x86_64|arm64] [FUNCTION...]     all functions, for the machine's own architecture
. "$(dirname "$0")/lib.sh"
# What provided.al2023 has. A binary that was linked against a newer C library would not start there.
lambda_glibc=2.34

all_functions() { (cd functions && echo *); }

case "$(uname -m)" in
  x86_64 | amd64) native=x86_64 ;;
  aarch64 | arm64) native=arm64 ;;
  *) native=none ;;
esac
[ "$(uname -s)" = Linux ] || native=none

arch=$native
wanted=()
while [ $# -gt 0 ]; do
  case $1 in
    --arch) arch=${2:-}; shift $(($# > 1 ? 2 : 1)) ;;
    --arch=*) arch=${1#*=} && shift ;;
    -*) refuse "There is no option $1." ;;
    *) wanted+=("$1") && shift ;;
  esac
done
case $arch in
  x86_64) target=x86_64-unknown-linux-gnu ;;
  arm64) target=aarch64-unknown-linux-gnu ;;
  none) refuse "This machine is neither Linux on x86_64 nor on arm64: say --arch x86_64 or --arch arm64." ;;
  *) refuse "There is no architecture \"$arch\": x86_64 or arm64." ;;
esac
[ ${#wanted[@]} -gt 0 ] || read -r -a wanted <<<"$(all_functions)"
packages=()
for name in "${wanted[@]}"; do
  [ -f "functions/$name/Cargo.toml" ] || refuse "There is no function $name: $(all_functions)."
  packages+=(--package "$name")
done
need_rust

command -v "${PYTHON:-python3}" >/dev/null 2>&1 || missing "Python 3, to write the zip files. Install it, or name one with PYTHON=..."
output=target/lambda/$arch
mkdir -p "$output"

# The newest C library that a program asks for.
glibc_of() { grep -aoE 'GLIBC_2\.[0-9]+' "$1" | sort -uV | tail -n 1 | cut -d _ -f 2; }

build_natively() {
  quietly "${wanted[*]} for $arch (release profile; about 5 minutes the first time on two cores)" \
    cargo build --release --locked "${packages[@]}"
  local program
  for name in "${wanted[@]}"; do
    program=${CARGO_TARGET_DIR:-target}/release/$name
    if [ "$(printf '%s\n' "$(glibc_of "$program")" "$lambda_glibc" | sort -V | tail -n 1)" != "$lambda_glibc" ]; then
      echo "$name needs glibc $(glibc_of "$program") when it is linked here; Lambda has $lambda_glibc. Linking against that one."
      too_new=yes
      return
    fi
    mkdir -p "$output/$name"
    cp "$program" "$output/$name/bootstrap"
  done
}

build_across() {
  use_python_parts
  command -v cargo-lambda >/dev/null 2>&1 || missing "cargo-lambda (tests/requirements.txt names it)."
  if ! ls "$(rustc --print sysroot)/lib/rustlib/$target/lib/"libstd-* >/dev/null 2>&1; then
    command -v rustup >/dev/null 2>&1 || missing "Rust's standard library for $target: install Rust from https://rustup.rs."
    rustup target add "$target" || missing "Rust's standard library for $target: \`rustup target add $target\` did not work."
  fi
  # Without optimizations of cargo-lambda's own: what Cargo.toml says holds for both architectures.
  quietly "${wanted[*]} for $arch (release profile; about 7 minutes the first time on two cores)" \
    cargo lambda build --release --locked --disable-optimizations "${packages[@]}" --target "$target.$lambda_glibc" \
    --lambda-dir "$output"
}

too_new=
if [ "$arch" = "$native" ]; then
  build_natively
fi
if [ "$arch" != "$native" ] || [ -n "$too_new" ]; then
  build_across
fi

# The same program gives the same bytes, so that a deployment without a change changes nothing.
for name in "${wanted[@]}"; do
  "${PYTHON:-python3}" - "$output/$name/bootstrap" <<'PYTHON'
import sys
import zipfile

path = sys.argv[1]
entry = zipfile.ZipInfo("bootstrap", (1980, 1, 1, 0, 0, 0))
entry.external_attr = 0o100755 << 16
entry.compress_type = zipfile.ZIP_DEFLATED
with zipfile.ZipFile(path + ".zip", "w", compresslevel=9) as archive, open(path, "rb") as program:
    archive.writestr(entry, program.read(), compresslevel=9)
PYTHON
  printf '%s: %s bytes, zip %s bytes, glibc %s\n' "$output/$name/bootstrap" "$(wc -c <"$output/$name/bootstrap")" \
    "$(wc -c <"$output/$name/bootstrap.zip")" "$(glibc_of "$output/$name/bootstrap")"
done
say "Built for $arch. Next: sam deploy (docs/deploy.md), or scripts/test.sh."
