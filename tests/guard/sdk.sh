#!/bin/bash
# What an app meets: the header as C99 and as C++, the examples against the shared library and the archive, and no symbol
# of ours but rond_*.
set -eu
cd "$(dirname "$0")/../.."
b=build/release
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
make -s $b/librond.so $b/librond.a >/dev/null
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
echo "[  PASSED  ] $passed tests."
