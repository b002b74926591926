#!/bin/bash
# What the compiler and the linker can do against a mistake in C is in the programs that people run: each protection is read
# out of what was built, and missed in a program that is built without it.
set -u
cd "$(dirname "$0")/../.."
b=build/release
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
passed=0 failed=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "$1"; }

# Says which protections FILE lacks, one a line. KIND: program or library.
lacks() { # KIND FILE
    local kind=$1 file=$2 header segments dynamic symbols flags
    header=$(readelf -hW "$file") segments=$(readelf -lW "$file") dynamic=$(readelf -dW "$file")
    symbols=$(readelf -W --dyn-syms "$file")
    flags=$(readelf --debug-dump=info --dwarf-depth=1 -W "$file" 2>/dev/null | grep -F 'DW_AT_producer')
    grep -Eq 'Type: +DYN' <<<"$header" || echo "position independence"
    [ "$kind" = library ] || grep -Eq 'FLAGS_1.*PIE' <<<"$dynamic" || echo "PIE"
    grep -q 'GNU_RELRO' <<<"$segments" || echo "RELRO"
    grep -Eq 'BIND_NOW|FLAGS.* NOW' <<<"$dynamic" || echo "immediate binding"
    grep -Eq 'GNU_STACK.* RW +0x' <<<"$segments" || echo "a stack that is not executable"
    ! grep -Eq 'LOAD.* RWE ' <<<"$segments" || echo "segments either writable or executable"
    ! grep -Eq 'RPATH|RUNPATH|TEXTREL' <<<"$dynamic" || echo "no path of its own to libraries, no relocations in code"
    grep -q '__stack_chk_fail' <<<"$symbols" || echo "stack protector"
    grep -Eq '__(mem|str|sn?|vsn?|f)(cpy|move|set|printf)_chk' <<<"$symbols" || echo "FORTIFY_SOURCE"
    # How each unit was compiled stands in its debug information.
    each() { [ -n "$flags" ] && ! grep -vqE -- "$1" <<<"$flags" || echo "$2 in each unit"; }
    each '-fstack-protector-strong' 'stack protector'
    each '-fstack-clash-protection' 'stack clash protection'
    # The last level that is given holds; librond.so is compiled for size.
    [ -n "$flags" ] && ! sed -E 's/.*( -O[0-9a-z]*).*/\1/' <<<"$flags" | grep -vqxE -- ' -O[23sz]' ||
        echo "optimisation (without it FORTIFY_SOURCE does nothing) in each unit"
    case $header in *X86-64*) each '-fcf-protection( |$|=full)' 'control-flow protection' ;; esac
}

for program in rondd rondctl rond; do
    missing=$(lacks program $b/$program)
    if [ -z "$missing" ]; then good; else bad "$b/$program lacks: $missing"; fi
done
missing=$(lacks library $b/librond.so)
if [ -z "$missing" ]; then good; else bad "$b/librond.so lacks: $missing"; fi

# No path of the machine that built it, so that the same source gives the same program anywhere.
for file in rondd rondctl rond librond.so librond.a; do
    if grep -qF "$PWD" $b/$file; then bad "$b/$file names $PWD"; else good; fi
done

# The guard sees each of them missing.
cat >"$out/bare.c" <<'END'
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv) {
    char copy[64];
    strcpy(copy, argv[argc - 1]);
    memset(copy, argc, 8);
    return puts(copy);
}
END
flags_of_ours="-O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fPIE -fstack-protector-strong -fstack-clash-protection -pie -Wl,-z,relro,-z,now,-z,noexecstack"
[ "$(uname -m)" != x86_64 ] || flags_of_ours="$flags_of_ours -fcf-protection"
misses() { # WHAT FLAGS...
    local what=$1
    shift
    # shellcheck disable=SC2086
    gcc $flags_of_ours -w "$@" "$out/bare.c" -o "$out/bare" || { bad "cannot build without $what"; return; }
    if lacks program "$out/bare" | grep -qF "$what"; then good; else bad "a program without '$what' passes"; fi
}
# shellcheck disable=SC2086
gcc $flags_of_ours "$out/bare.c" -o "$out/bare" && missing=$(lacks program "$out/bare")
if [ -z "$missing" ]; then good; else bad "a program with all of it is said to lack: $missing"; fi
misses PIE -no-pie -fno-pie
misses RELRO -Wl,-z,norelro
misses "immediate binding" -Wl,-z,lazy
misses "a stack that is not executable" -Wl,-z,execstack
misses "no path of its own" -Wl,-rpath,/tmp
misses "stack protector" -fno-stack-protector
misses FORTIFY_SOURCE -D_FORTIFY_SOURCE=0
misses "stack clash protection" -fno-stack-clash-protection
flags_of_ours=${flags_of_ours/-O2/-O0}
misses optimisation -O0
flags_of_ours=${flags_of_ours/-O0/-O2}
flags_of_ours=${flags_of_ours/-fcf-protection/}
[ "$(uname -m)" != x86_64 ] || misses "control-flow protection" -fcf-protection=none

echo "[  PASSED  ] $passed test(s)."
[ $failed = 0 ] || { echo "[  FAILED  ] $failed test(s)."; exit 1; }
