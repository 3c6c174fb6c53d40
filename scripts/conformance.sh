#!/usr/bin/env bash
# Holds every fact about Sentry that the functions rely on against a real Sentry 23.7.1 and against the stand-in of the
# other tests; then the functions as they are shipped rotate, retire, revoke and audit with each of them. Needs Rust, Python 3.8,
# PostgreSQL 15 or newer, Redis and a C compiler with the headers of libxmlsec1; the first run installs Sentry from PyPI and makes
# its tables (about 4 minutes, 1 GB), and builds the functions (about 6); later runs take about 4 minutes.
# Only facts whose name contains FILTER are asked for, if one is given.
# usage: scripts/conformance.sh [--stand-in-only] [--install] [--prepare] [FILTER]
#   --stand-in-only  no real server, and nothing but Rust is needed
#   --install        as root on Debian: installs what is missing; without it the script says what to install
#   --prepare        only what later runs find: Sentry, and a database with its tables
#   UPDATE=1         in the environment: writes docs/conformance.md anew instead of comparing it
. "$(dirname "$0")/lib.sh"

stand_in_only=no install=no prepare=no filter=()
for argument in "$@"; do
  case $argument in
    --stand-in-only) stand_in_only=yes ;;
    --install) install=yes ;;
    --prepare) prepare=yes ;;
    -*) refuse "There is no option $argument." ;;
    *) filter+=("$argument") ;;
  esac
done
[ ${#filter[@]} -le 1 ] || refuse "One FILTER at most."
need_rust

packages=(gcc libmaxminddb-dev libpq-dev libxml2-dev libxmlsec1-dev libxslt1-dev pkg-config postgresql redis-server)

# Puts the programs of the newest PostgreSQL on PATH.
find_postgres() {
  local programs
  programs=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb /opt/homebrew/opt/postgresql@*/bin/initdb | sort -V | tail -n 1)
  [ -x "$programs" ] && PATH=$(dirname "$programs"):$PATH
  command -v initdb >/dev/null 2>&1 && [ "$(initdb --version | tr -dc '0-9.' | cut -d. -f1)" -ge 15 ]
}

find_python() {
  local candidate
  for candidate in "${SENTRY_PYTHON:-}" python3.8 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.8.*/bin/python; do
    # A shim of pyenv is on PATH whether or not it leads anywhere.
    if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 8))' 2>/dev/null; then
      sentry_python=$candidate
      return 0
    fi
  done
  return 1
}

has_all_packages() {
  find_postgres && command -v redis-server >/dev/null 2>&1 && command -v cc >/dev/null 2>&1 &&
    pkg-config --exists xmlsec1 2>/dev/null
}

install_packages() {
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
}

find_parts() {
  local advice="apt-get install ${packages[*]}"
  if [ "$install" = yes ] && ! has_all_packages && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    quietly "Installing Debian packages: ${packages[*]}" install_packages
  fi
  if [ "$install" = yes ] && ! find_python && command -v pyenv >/dev/null 2>&1; then
    quietly "Installing Python 3.8 with pyenv" pyenv install --skip-existing 3.8.18
  fi
  # From util-linux; without them a run could not have the database to itself, nor PostgreSQL start for root.
  command -v flock >/dev/null 2>&1 || missing "flock. On Debian: apt-get install util-linux"
  [ "$(id -u)" -ne 0 ] || command -v setpriv >/dev/null 2>&1 || missing "setpriv. On Debian: apt-get install util-linux"
  find_python || missing "Python 3.8, the last that Sentry 23.7.1 runs on. Install it (pyenv install 3.8.18), or name one with SENTRY_PYTHON=..."
  find_postgres || missing "PostgreSQL 15 or newer (initdb, pg_ctl). On Debian: $advice"
  command -v redis-server >/dev/null 2>&1 || missing "Redis (redis-server). On Debian: $advice"
  command -v cc >/dev/null 2>&1 || missing "a C compiler, with which parts of Sentry are built. On Debian: $advice"
  pkg-config --exists xmlsec1 2>/dev/null || missing "the headers of libxmlsec1 and pkg-config. On Debian: $advice"
}

server=$PWD/tests/conformance/server

# Installs Sentry once for each list of requirements.
install_sentry() {
  environment=$cache_folder/sentry-$("$sentry_python" -c '
import hashlib, sys
print(hashlib.sha256((sys.version + open(sys.argv[1]).read()).encode()).hexdigest()[:12])' "$server/requirements.txt")
  if [ ! -e "$environment/complete" ]; then
    rm -rf "$environment"
    "$sentry_python" -m venv "$environment" >/dev/null 2>&1 || missing "the venv module of $sentry_python."
    # Newer versions of pip refuse what some of these packages say about themselves.
    quietly "Installing Sentry 23.7.1 from PyPI, about 3 minutes, once" "$environment/bin/python" -m pip install \
      --disable-pip-version-check "pip==23.0.1" wheel --requirement "$server/requirements.txt"
    touch "$environment/complete"
  fi
}

# PostgreSQL does not run as root, and nobody else can look into root's home.
if [ "$(id -u)" -eq 0 ]; then
  database_folder=/var/cache/sentry-key-rotation
  database_user=$(id -un postgres 2>/dev/null || echo nobody)
  as_database_user() { (cd / && exec setpriv --reuid="$database_user" --regid="$(id -g "$database_user")" --clear-groups "$@"); }
else
  database_folder=$cache_folder
  as_database_user() { (cd / && exec "$@"); }
fi

run= web= host= redis= cluster=
# Ends what was started, whatever happened.
end_everything() {
  local pid
  trap '' INT TERM
  for pid in $host $web $redis; do kill "$pid" 2>/dev/null || true; done
  for pid in $host $web $redis; do wait "$pid" 2>/dev/null || true; done
  [ -z "$cluster" ] || as_database_user pg_ctl stop -D "$cluster" -m fast -s >/dev/null 2>&1 || true
  [ -z "$run" ] || rm -rf "$run"
}

start_postgres() {
  local folder=$database_folder/postgres-$(initdb --version | tr -dc '0-9.' | cut -d. -f1)
  mkdir -p "$database_folder"
  if [ ! -e "$folder/complete" ]; then
    rm -rf "$folder"
    install -d -m 700 ${database_user:+-o "$database_user"} "$folder"
    as_database_user initdb -D "$folder" --auth=trust --username=sentry --encoding=UTF8 --locale=C >"$run/initdb.log" 2>&1 ||
      { cat "$run/initdb.log" >&2; exit 1; }
    touch "$folder/complete"
  fi
  # What is in there can be made again in two minutes.
  as_database_user pg_ctl start -D "$folder" -w -s -l "$run/postgres.log" -o "-c listen_addresses= -c unix_socket_directories=$run/socket \
    -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=200" >/dev/null 9>&- ||
    { cat "$run/postgres.log" >&2; printf '\nFailed: PostgreSQL did not start; %s can be deleted.\n' "$folder" >&2; exit 1; }
  cluster=$folder
}

sql() { PGOPTIONS="-c client_min_messages=warning" psql -q -h "$run/socket" -U sentry -d postgres -v ON_ERROR_STOP=1 -At -c "$1"; }

# A database with all of Sentry's tables, made once; each run works on a copy of it.
make_database() {
  local template=template_$(basename "$environment" | tr -dc 'a-z0-9')
  if [ "$(sql "SELECT count(*) FROM pg_database WHERE datname = '${template}_complete'")" = 0 ]; then
    sql "DROP DATABASE IF EXISTS $template"
    sql "CREATE DATABASE $template"
    CONFORMANCE_DATABASE=$template quietly "Making Sentry's tables, about 2 minutes, once" \
      "$environment/bin/sentry" upgrade --noinput
    sql "ALTER DATABASE $template RENAME TO ${template}_complete"
  fi
  sql "DROP DATABASE IF EXISTS sentry"
  sql "CREATE DATABASE sentry TEMPLATE ${template}_complete"
}

failed() {
  tail -n 60 "$1" >&2
  printf '\nFailed: %s\n' "$2" >&2
  exit 1
}

start_servers() {
  local started=$SECONDS
  CONFORMANCE_DATABASE=sentry
  export CONFORMANCE_DATABASE
  "$environment/bin/sentry" run web >"$run/web.log" 2>&1 9>&- &
  web=$!
  "$environment/bin/python" "$server/host.py" >"$run/host.out" 2>"$run/host.log" 9>&- &
  host=$!
  until grep -q ready "$run/host.out"; do
    kill -0 "$web" 2>/dev/null || failed "$run/web.log" "Sentry did not start"
    kill -0 "$host" 2>/dev/null || failed "$run/host.log" "the ingestion front did not start, or Sentry never answered it"
    # It says so in a file, and nothing tells when a file grows.
    sleep 0.2
  done
  printf '  Sentry 23.7.1 answers after %s s at http://127.0.0.1:%s, ingestion at %s\n' \
    "$((SECONDS - started))" "$CONFORMANCE_WEB_PORT" "$CONFORMANCE_FRONT_URL"
}

build() {
  # Most facts ask by requests of their own; the functions are at work as they are shipped.
  quietly "the functions as they are shipped (release profile; about 6 minutes the first time on two cores)" \
    cargo build --release --locked "${functions[@]}"
  quietly "the suite" cargo test --workspace --locked --test conformance --no-run
  local facts
  facts=$(suite --list)
  [ -n "$facts" ] || refuse "No fact has \"${filter[*]}\" in its name: docs/conformance.md has the names."
}

# usage: suite [--list]
suite() {
  cargo test --quiet --workspace --locked --test conformance -- "$@" "${filter[@]}"
}

if [ "$stand_in_only" = yes ]; then
  say "Building the suite"
  build
  say "Every fact against the stand-in"
  suite
  say "The stand-in keeps to every fact. Next: scripts/conformance.sh asks a real Sentry as well."
  exit 0
fi

say "1/4 What is needed"
find_parts
# Two runs at once would share one database.
mkdir -p "$cache_folder"
exec 9>"$cache_folder/conformance.lock"
flock -n 9 || { echo "Another run is under way; this one waits for it."; flock 9; }
install_sentry

if [ "$prepare" = no ]; then
  say "2/4 Building the suite"
  build
fi

say "3/4 Starting Sentry 23.7.1"
trap end_everything EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
run=$(mktemp -d)
chmod 711 "$run"
install -d ${database_user:+-o "$database_user"} "$run/socket"
touch "$run/postgres.log"
[ -z "${database_user:-}" ] || chown "$database_user" "$run/postgres.log"
export CONFORMANCE_FOLDER=$run CONFORMANCE_SOCKET=$run/socket
export SENTRY_CONF=$server PYTHONPATH=$server PYTHONDONTWRITEBYTECODE=1
start_postgres
eval "$("$environment/bin/python" "$server/begin.py")"
redis-server --bind 127.0.0.1 --port "$CONFORMANCE_REDIS_PORT" --save "" --appendonly no --dir "$run" >"$run/redis.log" 2>&1 9>&- &
redis=$!
# In a shell of its own, so that it leaves the trap alone.
(make_database)
if [ "$prepare" = yes ]; then
  say "Sentry 23.7.1 is installed and its tables are made. Next: scripts/conformance.sh"
  exit 0
fi
start_servers

say "4/4 Every fact against the real server and the stand-in"
export CONFORMANCE_WEB_URL=http://127.0.0.1:$CONFORMANCE_WEB_PORT
suite || { [ -z "${KEEP_LOGS:-}" ] || cp -r "$run" "$KEEP_LOGS"; exit 1; }

say "The table of facts is docs/conformance.md; how to read it is said there. Next: scripts/demo.sh shows what relies on them."
