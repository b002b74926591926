#!/bin/bash
# The description of the API (server/web/openapi/) tells of exactly what the server answers to: see openapi.mjs beside this.
# Usage: tests/guard/openapi.sh [ROOT]   Speaks like a cmocka program.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
exec node tests/guard/openapi.mjs
