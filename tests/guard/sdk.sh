#!/bin/bash
# What an app meets: the header as C99 and as C++, the examples against the shared library and the archive, no symbol of ours
# but rond_*, a library as small as promised with a file beside it for the debugger, and the whole way with that very library,
# which is compiled unlike what the other tests are linked with (docs/decisions/0020).
set -eu
cd "$(dirname "$0")/../.."
b=build/release
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
make -s programs >/dev/null
passed=0
ok() { passed=$((passed + 1)); }
strict="-Wall -Wextra -Werror -pedantic -Iclient-sdk/include"
p11="-isystem $(pkg-config --variable=includedir p11-kit-1)/p11-kit-1" # for the example of a keystore in a token

echo '#include <rond/rond.h>' >"$out/header.c"
gcc -std=c99 $strict -c "$out/header.c" -o "$out/header.o" && ok
cp "$out/header.c" "$out/header.cc"
if command -v g++ >/dev/null; then g++ -std=c++11 $strict -c "$out/header.cc" -o "$out/header.oo" && ok; fi

ln -s "$PWD/$b/librond.so" "$out/librond.so.$(cut -d. -f1 VERSION)"
private=$(sed -n 's/^Libs.private: //p' $b/rond.pc 2>/dev/null || true)
[ -n "$private" ] || { make -s $b/rond.pc >/dev/null; private=$(sed -n 's/^Libs.private: //p' $b/rond.pc); }
for example in client-sdk/examples/*.c; do
    name=$(basename "$example" .c)
    gcc -std=c99 -D_POSIX_C_SOURCE=200809L $strict $p11 "$example" $b/librond.so -o "$out/$name" && ok
    gcc -std=c99 -D_POSIX_C_SOURCE=200809L $strict $p11 "$example" $b/librond.a $private -o "$out/$name.static" && ok
    for program in "$out/$name" "$out/$name.static"; do
        status=0
        LD_LIBRARY_PATH=$out "$program" 2>/dev/null || status=$?
        [ $status = 2 ] || { echo "$program ends with $status instead of its usage"; exit 1; }
        ok
    done
done

declared=$(grep -o 'rond_[a-z_]*(' client-sdk/include/rond/rond.h | tr -d '(' | sort -u)
exported() { awk '$2 ~ /^[A-Z]$/ && $2 != "U" && $2 != "w" {print $3}' | sort -u; }
for library in "-D $b/librond.so" "-g $b/librond.a"; do
    strange=$(nm --defined-only $library | exported | comm -13 <(echo "$declared") -)
    [ -z "$strange" ] || { echo "exported by $library and not in rond.h:"; echo "$strange"; exit 1; }
    ok
done
grep -o '^ROND_API.*' client-sdk/include/rond/rond.h | grep -o 'rond_[a-z_]*(' | tr -d '(' | sort -u >"$out/promised"
missing=$(comm -23 "$out/promised" <(nm -D --defined-only $b/librond.so | exported))
[ -z "$missing" ] || { echo "in rond.h and not exported:"; echo "$missing"; exit 1; }
ok

# Promised: under 250 kB, stripped, without what it is linked to.
strip -s -o "$out/stripped" $b/librond.so
size=$(stat -c %s "$out/stripped")
[ "$size" -lt 250000 ] || { echo "librond.so is $size bytes, stripped; promised are fewer than 250000 (docs/decisions/0020)"; exit 1; }
ok
# It holds no tables to unwind the stack with; the file beside it, which it names, does, and is of the same build.
debug=$b/$(readelf -p .gnu_debuglink $b/librond.so | sed -n 's/.* \(librond.*\.debug\)$/\1/p')
build_id() { readelf -n "$1" | sed -n 's/.*Build ID: //p'; }
[ -n "$(build_id $b/librond.so)" ] && [ "$(build_id $b/librond.so)" = "$(build_id "$debug")" ] || { echo "$debug is of another build"; exit 1; }
ok
unwound=$(readelf --debug-dump=frames -W "$debug" 2>/dev/null | grep -c ' FDE ')
[ "$unwound" -ge 500 ] || { echo "$debug tells how to unwind $unwound functions"; exit 1; }
ok
# protobuf-c's own calls a function that the messages in librond.so do not have (client-sdk/slim.sed).
! grep -rn 'protobuf_c_message_init(' client-sdk/src proto --include='*.c' || exit 1
ok

# The command line uses nothing but rond.h: linked to the shared library it goes the whole way.
gcc -o "$out/rond" $b/obj/client-sdk/cli/*.o $b/librond.so $b/libproto.a -ljansson -lcrypto -Wl,-rpath,"$out"
ROND_PROGRAM=$out/rond tests/integration/end_to_end.sh >"$out/said" || { cat "$out/said"; exit 1; }
passed=$((passed + $(sed -n 's/.*PASSED  \] \([0-9]*\) tests.*/\1/p' "$out/said")))
echo "[  PASSED  ] $passed tests."
