#!/usr/bin/env bash
# The helper for Spark, on a Spark of two executors: pyspark from PyPI in a virtual environment of its own, on Java 17.
# Prints how many tests passed as its last line. Arguments are names of tests.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
log=$scratch/log
show() { tail -n 100 "$log" >&2; }
trap show ERR
{
  command -v java >/dev/null || { apt-get update && apt-get install -y --no-install-recommends openjdk-17-jre-headless; }
  python3 -m venv "$scratch/venv"
  "$scratch/venv/bin/pip" install 'pyspark[sql]>=4,<5'
} >"$log" 2>&1
export PYSPARK_PYTHON="$scratch/venv/bin/python" SPARK_LOCAL_IP=127.0.0.1 PYTHONDONTWRITEBYTECODE=1
"$PYSPARK_PYTHON" test/spark/run.py "$scratch" "$@" 2>>"$log"
