#!/bin/bash
# Makes the demo's data, looks at its pages in a real browser, and ends its server.
# Usage: tests/web/screenshots.sh DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$1
dir=$(mktemp -d)
trap 'kill "$(cat "$dir/pid" 2>/dev/null)" 2>/dev/null; rm -rf "$dir"' EXIT
mkdir -p "$out"
KEEP=1 DEMO_DIR=$dir tests/demo/demo.sh >"$dir/log" 2>&1 || { tail -n 20 "$dir/log" >&2; exit 1; }
node tests/web/screenshots.mjs "$dir" "$out"
