#!/bin/bash
# The share of each source file's lines that the tests ran, lowest first. Usage: tests/coverage.sh BUILD [WORD]
# BUILD is a build of VARIANT=coverage whose tests have run; WORD keeps to the paths that contain it. What a process ran
# that was killed is not in it.
set -u
build=${1:?Usage: tests/coverage.sh BUILD [WORD]} word=${2:-}

lines_of() { # "SHARE LINES FILE", nothing for a file of declarations alone
    gcov --no-output --object-directory "$build/obj/$(dirname "$1")" "$1" 2>/dev/null |
        awk -v file="$1" -v start="File '$1'" '
            $0 == start {here = 1}
            here && sub(/^Lines executed:/, "") {sub(/% of/, ""); print $0, file; exit}'
}

find proto server client-sdk/src client-sdk/cli -name '*.c' | grep -F -- "$word" | while read -r file; do
    if [ -e "$build/obj/${file%.c}.gcno" ]; then lines_of "$file"; fi
done | sort -k 1n -k 3 | awk '
    {printf "%6.1f %% of %4d  %s\n", $1, $2, $3; lines += $2; run += $1 * $2 / 100}
    END {if (lines) printf "%6.1f %% of %d lines in %d files\n", 100 * run / lines, lines, NR; exit !lines}'
