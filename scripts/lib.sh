# What the scripts share. Source it; it is not run by itself.

set -euo pipefail

# What the head of the script that sources this says about it.
explanation=$(sed -n '2,/^[^#]/ s/^# \{0,1\}//p' "$0" 2>/dev/null || true)
case " $* " in
  *" -h "* | *" --help "*) [ -n "${answers_help:-}" ] || { printf '%s\n' "$explanation"; exit 0; } ;;
esac
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Refuses every word.
takes_no_words() { [ $# -eq 0 ] || refuse "There is nothing to choose: no \"$*\"."; }

# Ends with code 2: the script was not called as its head says.
refuse() { printf '%s\n\n%s\n' "$1" "$explanation" >&2; exit 2; }

# Says what happens now.
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }

# Ends with code 3: a part is missing, and the message names it.
missing() {
  printf '\nMissing: %s\n' "$*" >&2
  exit 3
}

need_rust() {
  command -v cargo >/dev/null 2>&1 || missing "Rust. Install it from https://rustup.rs, then run this again."
}

# Runs a long command quietly: a line now and then while it works, its last output if it fails.
# usage: quietly "what it does" command...
quietly() {
  local what=$1 log started pid waited=0
  shift
  log=$(mktemp)
  started=$SECONDS
  printf '%s ...\n' "$what"
  "$@" >"$log" 2>&1 &
  pid=$!
  trap 'kill "$pid" 2>/dev/null || true; rm -f "$log"' EXIT
  while kill -0 "$pid" 2>/dev/null; do
    sleep 1
    waited=$((waited + 1))
    if [ $((waited % 20)) -eq 0 ]; then
      printf '  %s s: %s\n' "$((SECONDS - started))" "$(tail -n 1 "$log" | cut -c 1-100 | sed 's/^ *//')"
    fi
  done
  if ! wait "$pid"; then
    tail -n 60 "$log" >&2
    printf '\nFailed: %s\n' "$what" >&2
    exit 1
  fi
  printf '  done in %s s\n' "$((SECONDS - started))"
  trap - EXIT
  rm -f "$log"
}

# Every function, as arguments of cargo.
functions=()
for folder in functions/*/; do functions+=(--package "$(basename "$folder")"); done

# Copies the tree to where changes are tried out, always the same place: what was built there once is warm the next time.
# Only files that differ are written: by their times cargo knows what it has built.
# usage: copy_tree FOLDER
copy_tree() {
  local copy=$1 files file
  mkdir -p "$copy"
  # Without what was removed and is in the index still.
  files=$(comm -23 <(git ls-files --cached --others --exclude-standard | sort) <(git ls-files --deleted | sort))
  comm -13 <(printf '%s\n' "$files") <(cd "$copy" && find . -type f -printf '%P\n' | sort) |
    (cd "$copy" && xargs --delimiter='\n' --no-run-if-empty rm)
  while read -r file; do
    cmp --silent "$file" "$copy/$file" || install -D --mode=644 "$file" "$copy/$file"
  done <<<"$files"
}

# Where environments and tools are kept between runs.
cache_folder=${XDG_CACHE_HOME:-$HOME/.cache}/sentry-key-rotation

# Builds a program of crates.io once and puts it on PATH.
# usage: use_cargo_tool NAME VERSION "how long it takes"
use_cargo_tool() {
  local name=$1 version=$2 root
  root=$cache_folder/$name-$version
  if [ ! -x "$root/bin/$name" ]; then
    quietly "Building $name $version, about $3, once" \
      cargo install --locked --debug --root "$root" --target-dir "$root/target" "$name@$version"
    rm -rf "$root/target"
  fi
  PATH=$root/bin:$PATH
}

use_cargo_deny() { use_cargo_tool cargo-deny 0.20.2 "4 minutes"; }
use_cargo_mutants() { use_cargo_tool cargo-mutants 27.1.0 "2 minutes"; }

# Makes the Python environment of the tests, once for each set of requirements, and puts its programs on PATH.
use_python_parts() {
  local python=${PYTHON:-python3} cache
  command -v "$python" >/dev/null 2>&1 ||
    missing "Python 3 (3.10 or newer), for the parts from PyPI. Install it, or name one with PYTHON=..., then run this again."
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
    missing "Python 3.10 or newer; $python is $("$python" --version 2>&1). Name another with PYTHON=..."
  cache=$cache_folder/python-$("$python" -c '
import hashlib, sys
print(hashlib.sha256((sys.version + open("tests/requirements.txt").read()).encode()).hexdigest()[:12])')
  if [ ! -e "$cache/complete" ]; then
    rm -rf "$cache"
    "$python" -m venv "$cache" >/dev/null 2>&1 ||
      missing "Python's venv module (on Debian: apt-get install python3-venv), for the parts from PyPI."
    quietly "Installing the parts from PyPI (tests/requirements.txt), about a minute, once" \
      "$cache/bin/python" -m pip install --disable-pip-version-check --requirement tests/requirements.txt
    touch "$cache/complete"
  fi
  PATH=$cache/bin:$PATH
}
