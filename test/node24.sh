#!/usr/bin/env bash
# The tests on Node 24, which is installed for this run only, with each run of the command in a process of its own. Arguments
# go to vitest.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && npm init -y >/dev/null && npm install --no-audit --no-fund node@24 >/dev/null)
PATH="$folder/node_modules/node/bin:$PATH"
echo "Node $(node -v)"
# Those that run strace or need other programs do not depend on Node.
ALONE=1 npx vitest run --config test/vitest.config.ts --exclude 'test/{faults,fuzz,programs}/**' "$@"
