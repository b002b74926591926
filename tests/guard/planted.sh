#!/bin/bash
# Planted defects (proto/base/planted.h) are in the simulator's own build alone: nothing of them is left in what is shipped,
# and each that is listed is put in somewhere.
set -u
cd "$(dirname "$0")/../.." || exit 2
bin=build/${VARIANT:-release}
passed=0 failed=0
verdict() { # NAME FOUND
    if [ -z "$2" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "[  FAILED  ] $1"
        echo "$2"
    fi
}
listed() { sed -n 's/^ *X(\([A-Z_]*\), ".*/\1/p' proto/base/planted.h | sort -u; }
used() { grep -rho 'PLANTED([A-Z_]*)' proto client-sdk server --include='*.c' | sed 's/PLANTED(\(.*\))/\1/' | sort -u; }
built() { # a word that would be left: the names of symbols, and the texts
    for program in rondd rondctl rond librond.so; do
        nm -a "$bin/$program" 2>/dev/null | grep -i 'planted' | sed "s|^|$program: |"
        strings -a "$bin/$program" | grep -Fxf <(listed) | sed "s|^|$program: |"
    done
}
headers_elsewhere() { grep -rl 'base/planted.h' proto client-sdk server --include='*.[ch]' | xargs grep -Lw 'PLANTED'; }

verdict at_least_twelve_are_listed "$([ "$(listed | wc -l)" -ge 12 ] || echo "only $(listed | wc -l)")"
verdict each_that_is_listed_is_planted_and_no_other "$(diff <(listed) <(used))"
verdict nothing_is_left_in_the_programs "$(built)"
verdict who_includes_the_header_plants_something "$(headers_elsewhere)"
echo "[  PASSED  ] $passed test(s)."
[ "$failed" = 0 ] || { echo "[  FAILED  ] $failed test(s), listed above."; exit 1; }
