#!/bin/bash
# The bill of materials names every library that a program is linked with, and every one that the pages are made of, by the
# package it comes from, and says the same each time it is made.
set -u
cd "$(dirname "$0")/../.."
b=build/release
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
passed=0 failed=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "$1"; }

.ci/sbom $b >"$out/one.json" || bad "it cannot be made"
(cd / && LC_ALL=C.UTF-8 TZ=Asia/Tokyo "$OLDPWD/.ci/sbom" "$OLDPWD/$b") >"$out/two.json" || bad "it cannot be made elsewhere"
if cmp -s "$out/one.json" "$out/two.json"; then good; else bad "made twice it differs"; diff "$out/one.json" "$out/two.json" | head -n 5; fi
if grep -qF -e "$PWD" -e "$(hostname)" "$out/one.json"; then bad "it names this machine"; else good; fi
shape='.bomFormat == "CycloneDX" and .specVersion == "1.5" and ([.components[] | .version != "" and .name != ""] | all) and
    ([.components[]."bom-ref"] | length == (unique | length)) and
    (([.dependencies[].dependsOn[]] - [.components[]."bom-ref"]) | length == 0)'
if jq -e "$shape" "$out/one.json" >/dev/null; then good; else bad "it is not of the form that it says"; fi
declare -A packages=() # by file
for name in rondd rondctl rond librond.so; do
    for library in $(readelf -dW $b/$name | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
        file=$(ldd $b/$name | awk -v library="$library" '$1 == library {print $3}')
        [ -n "$file" ] || continue # the loader itself
        [ -n "${packages[$file]:-}" ] || packages[$file]=$(dpkg-query -S "$(readlink -f "$file")" "$file" 2>/dev/null | sed -n '1s/:.*//p')
        package=${packages[$file]}
        if jq -e --arg name "$name" --arg package "$package" '.dependencies[] | select(.ref | startswith("rond/\($name)@")) |
            [.dependsOn[] | startswith("pkg:deb/debian/\($package)@")] | any' "$out/one.json" >/dev/null; then good; else bad "$name: $library ($package) is missing"; fi
    done
done
if jq -e '[.components[].name] | index("libssl3") and index("libwebsockets17") and index("libsqlite3-0")' "$out/one.json" >/dev/null; then good; else bad "the best known libraries are missing"; fi
for package in $(jq -r '.dependencies | to_entries[] | "\(.key)@\(.value)"' server/web/package.json); do
    if jq -e --arg ref "pkg:npm/$package" '.dependencies[] | select(.ref | startswith("rond/rondd@")) | .dependsOn | index($ref)' \
        "$out/one.json" >/dev/null; then good; else bad "the pages' $package is missing"; fi
done
echo "[  PASSED  ] $passed test(s)."
[ $failed = 0 ] || { echo "[  FAILED  ] $failed test(s)."; exit 1; }
