#!/usr/bin/env bash
# Checks a downloaded copy of the evidence bucket's ledger for altered, missing and forked records. Reads only, needs no
# network and no Rust: Python 3.9 or newer alone. The check itself is scripts/verify_ledger.py, which can be run as it is.
# usage: scripts/verify-ledger.sh [--heads FILE] [--json] DIR     exit 0: whole; 1: problems; 2: usage; 3: no Python
here=$PWD
answers_help=yes
. "$(dirname "$0")/lib.sh"
program=$PWD/scripts/verify_ledger.py
# DIR and FILE are the caller's paths.
cd "$here"

python=${PYTHON:-python3}
command -v "$python" >/dev/null 2>&1 ||
  missing "Python 3 (3.9 or newer). Install it, or name one with PYTHON=..., then run this again."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' ||
  missing "Python 3.9 or newer; $python is $("$python" --version 2>&1). Name another with PYTHON=..."

# Isolated: neither the caller's environment nor the folder it is called in has a say in what Python loads.
exec "$python" -I "$program" "$@"
