#!/bin/bash
# The systemd unit: sound, and as closed as it is said to be (at most 1.5 of 10), with what the server then needs still there.
set -u
cd "$(dirname "$0")/../.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
passed=0 failed=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "$1"; }
score() { timeout 60 systemd-analyze security --offline=true --threshold=15 "$1" >"$out/said" 2>&1; } # true: at most 1.5

make -s install DESTDIR="$out/root" PREFIX=/usr/local >/dev/null || { echo "make install fails"; exit 1; }
unit=$out/root/usr/local/lib/systemd/system/rondd.service
if score "$unit" && grep -q 'Overall exposure level for rondd.service: \(0\.[0-9]\|1\.[0-5]\) ' "$out/said"; then good; else bad "$(tail -n 3 "$out/said")"; fi
exposure() { sed -n 's/.*Overall exposure level for rondd.service: \([0-9.]*\).*/\1/p' "$out/said"; }
whole=$(exposure)
if grep -q '@PREFIX@' "$unit"; then bad "a prefix was not filled in"; else good; fi
if grep -q '^ExecStart=/usr/local/bin/rondd ' "$unit" && [ -x "$out/root/usr/local/bin/rondd" ]; then good; else bad "it starts what is not installed"; fi

# What is missing is seen: the score without a few of its lines, and a line that systemd does not know.
for line in SystemCallFilter CapabilityBoundingSet ProtectSystem User; do
    mkdir -p "$out/without"
    grep -v "^$line" "$unit" >"$out/without/rondd.service"
    score "$out/without/rondd.service"
    if [ "$(exposure)" != "$whole" ]; then good; else bad "without $line it scores as well"; fi
done

# What rondd does needs these calls, which the unit must not take away: it ends where it cannot forbid core dumps.
for call in setrlimit prlimit64 landlock_restrict_self seccomp; do
    if grep '^SystemCallFilter=[^~]' "$unit" | grep -qw "$call"; then good; else bad "$call is taken away"; fi
done
for folder in rond rond-ca; do
    if grep '^StateDirectory=' "$unit" | grep -qw "$folder" && grep -q "^d /var/lib/$folder 0700 rond rond" server/rond.tmpfiles; then good; else bad "nobody makes $folder"; fi
done

echo "[  PASSED  ] $passed test(s)."
[ $failed = 0 ] || { echo "[  FAILED  ] $failed test(s)."; exit 1; }
