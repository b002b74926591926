#!/bin/bash
# Counts the instructions of tests/budget/budget.c inside our own objects only: libc, OpenSSL, SQLite and zstd choose code by processor and
# come in other versions. Usage: count.sh BUDGET-PROGRAM SCENARIO     Prints the number.
set -euo pipefail
program=$1 scenario=$2
out=$(mktemp)
trap 'rm -f "$out"' EXIT
valgrind --tool=callgrind --toggle-collect="measured_$scenario" --callgrind-out-file="$out" --compress-strings=no --compress-pos=no -q \
    "$program" "$scenario" >&2
# A line after calls= is what the callee took, which its own lines have.
awk -v own="/$(basename "$program")" '
    /^ob=/ { mine = substr($0, length($0) - length(own) + 1) == own; next }
    /^calls=/ { skip = 1; next }
    /^[0-9]/ { if (!skip && mine) sum += $2; skip = 0 }
    END { printf "%d\n", sum }' "$out"
