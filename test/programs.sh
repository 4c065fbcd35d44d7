#!/usr/bin/env bash
# Tests that need other programs, which are installed where they are missing: PostgreSQL, those that show manual pages, from
# Debian's packages, and DuckDB's from PyPI, for this run only. Arguments go to vitest.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
missing=()
command -v man >/dev/null || missing+=(man-db)
command -v mandoc >/dev/null || missing+=(mandoc)
command -v groff >/dev/null || missing+=(groff)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
[ ${#missing[@]} = 0 ] || { apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; } >/dev/null
command -v duckdb >/dev/null || {
  python3 -m venv "$scratch/venv"
  "$scratch/venv/bin/pip" install duckdb-cli
} >/dev/null
PATH="$scratch/venv/bin:$PATH"
npx vitest run --testTimeout=120000 test/programs "$@"
