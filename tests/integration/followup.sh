#!/bin/bash
# A follow-up over real processes: published, a late report arrives, the figure moves and the follow-up does not, it is
# restated, and openssl alone checks both (docs/follow-up.md). Speaks like a cmocka program.
# Tests: server/ctl/followup.c server/ctl/followup_files.c server/admin/followup.c server/read/followup_lists.c
# Tests: server/read/verify_followups.c
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/scenario.sh

check_on() { # HANDHELD DAY...: one targeted check of cyclists on each
    local name=$1 day
    shift
    for day in "$@"; do
        held "$name" --json report check --of cyclist_behaviour --form targeted --checked 12 --remarked 3 --place stortorget \
            --from "$day 14:00" --to "$day 15:00" | jq -r .reference
    done
    held "$name" sync --deadline 15 >/dev/null || complain "$name could not sync"
}
told() { # FILE FILTER, of the commitment
    jq -r '.commitments[] | select(.commitment == "lund-2015-trafik/cykel") | '"$2" "$1"
}
T1=(lund-2015-trafik 2015-T1)

# What docs/follow-up.md tells a reader to type.
openssl_verifies() { # DOCUMENT SIGNATURE KEY
    { printf 'rond statement v1'; cat "$1"; } >"$dir/signed"
    openssl pkeyutl -verify -pubin -inkey "$3" -rawin -in "$dir/signed" -sigfile "$2" >"$dir/openssl" 2>&1
}

published_figures_stay_whatever_arrives_later() {
    check_on police 2015-02-03 2015-03-10 2015-04-30 2015-05-01 >"$dir/references"
    expect 0 "published lund-2015-trafik 2015-T1, version 1" ctl followup publish lund-2015-trafik --tertial 2015-T1
    expect 0 "" ctl followup show "${T1[@]}" --out "$dir/v1.json"
    same "checks until the end of April" 3 "$(told "$dir/v1.json" .figure.done)"
    same "checks in all" 4 "$(figure lund-2015-trafik/cykel)"
    expect 0 "nothing has changed since version 1" ctl followup diff "${T1[@]}"
    check_on town 2015-04-02 2015-04-03 >/dev/null # late
    held police withdraw "$(sed -n 1p "$dir/references")" --reason mistaken >/dev/null
    held police correct "$(sed -n 2p "$dir/references")" check --of cyclist_behaviour --form targeted --checked 20 --remarked 1 \
        --place bangatan --from "2015-03-11 14:00" --to "2015-03-11 15:00" >/dev/null
    held police sync --deadline 15 >/dev/null
    same "checks in all, now" 5 "$(figure lund-2015-trafik/cykel)"
    expect 0 "" ctl followup show "${T1[@]}" --out "$dir/again.json"
    same "the same bytes" "" "$(cmp "$dir/v1.json" "$dir/again.json" 2>&1)"
    expect 0 "" ctl report erase "$(sed -n 3p "$dir/references")"
    expect 0 "the same as before" ctl rebuild
    expect 0 "" ctl followup show "${T1[@]}" --out "$dir/again.json"
    same "the same bytes after erasing and a rebuild" "" "$(cmp "$dir/v1.json" "$dir/again.json" 2>&1)"
}

the_difference_is_shown_before_it_is_published() {
    expect 9 "--restate publishes that" ctl followup publish lund-2015-trafik --tertial 2015-T1
    expect 0 "late 2" ctl followup diff "${T1[@]}"
    expect 0 '"differs":true' ctl followup diff "${T1[@]}" --json
    expect 0 "version 2" ctl followup publish lund-2015-trafik --tertial 2015-T1 --restate
    expect 0 "" ctl followup show "${T1[@]}" --out "$dir/v2.json"
    same "restated" 4 "$(told "$dir/v2.json" .figure.done)"
    same "its change" '["lund-2015-trafik/cykel",3,4,2,1,1]' "$(jq -c '.changes[] | [.commitment, .from.figure.done, .to.figure.done,
        .why.late, .why.withdrawn, .why.corrected]' "$dir/v2.json")"
    same "names the one before" "$(sha256sum <"$dir/v1.json" | cut -d' ' -f1)" "$(jq -r .replaces.sha256 "$dir/v2.json")"
    expect 9 "Nothing has changed since version 2" ctl followup publish lund-2015-trafik --tertial 2015-T1 --restate
    expect 0 "" ctl followup show "${T1[@]}" --version 1 --out "$dir/again.json"
    same "version 1 stands" "" "$(cmp "$dir/v1.json" "$dir/again.json" 2>&1)"
}

openssl_alone_checks_what_was_published() {
    expect 0 "2 documents and 1 public keys" ctl followup export "$dir/export"
    local key
    key=$(ls "$dir"/export/keys/*.pem)
    for version in 1 2; do
        openssl_verifies "$dir/export/lund-2015-trafik_2015-T1_v$version.json" "$dir/export/lund-2015-trafik_2015-T1_v$version.json.sig" "$key" ||
            complain "openssl does not verify version $version: $(cat "$dir/openssl")"
        same "exported and shown, version $version" "" "$(cmp "$dir/export/lund-2015-trafik_2015-T1_v$version.json" "$dir/v$version.json" 2>&1)"
    done
    sed 's/"done": 3/"done": 9/' "$dir/v1.json" >"$dir/forged.json"
    openssl_verifies "$dir/forged.json" "$dir/v1.json.sig" "$key" && complain "openssl verifies a forged document"
    openssl_verifies "$dir/v2.json" "$dir/v1.json.sig" "$key" && complain "openssl verifies version 2 by the signature of version 1"
    # Anybody, without a data directory, and from an own copy of the key.
    expect 0 "verified: lund-2015-trafik 2015-T1, version 1" "$bin/rondctl" --data /nowhere followup verify "$dir/v1.json" "$dir/v1.json.sig" --key "$key"
    expect 8 "is not what was signed" "$bin/rondctl" --data /nowhere followup verify "$dir/forged.json" "$dir/v1.json.sig" --key "$key"
    expect 8 '"verified":false' ctl --json followup verify "$dir/forged.json" "$dir/v1.json.sig"
    expect 0 "verified" ctl followup verify "$dir/v2.json" "$dir/v2.json.sig"
    expect 7 "cannot be read" ctl followup verify "$dir/none.json" "$dir/v1.json.sig"
    expect 3 "no public key" ctl followup verify "$dir/v1.json" "$dir/v1.json.sig" --key "$dir/v1.json"
    # The state's name is the hash of the lines that docs/follow-up.md tells of.
    same "the state's name" "$(jq -r .state.name "$dir/v2.json")" "$(jq -r '"rond state v2", (.state | "store \(.store)",
        "epoch \(.epoch)", "last_row \(.last_row)", "catalogue_revision \(.catalogue_revision)", "rulings \(.rulings)",
        "rules \(.rules)", "fold \(.fold)"), (.commitments[] | (.sureness + {commitment}
        | "silent \(.commitment) \(.silent) \(.devices) \(.never_heard) \(.unsent) \(.since // "-")"))' \
        "$dir/v2.json" | sha256sum | cut -d' ' -f1)"
    same "the fold is what rebuild says" "$(jq -r .state.fold "$dir/v2.json")" "$(ctl --json rebuild | jq -r .digest)"
}

an_old_followup_verifies_after_the_key_was_changed() {
    local old
    old=$(ls "$dir"/export/keys/*.pem)
    expect 0 "from now on the key" ctl followup rotate-key
    expect 0 "version 1" ctl followup publish lund-2015-station --tertial 2015-T2
    expect 0 "" ctl followup show lund-2015-station 2015-T2 --out "$dir/station.json"
    expect 0 "3 documents and 2 public keys" ctl followup export "$dir/export"
    expect 0 "verified" ctl followup verify "$dir/v1.json" "$dir/v1.json.sig"
    expect 0 "verified" ctl followup verify "$dir/station.json" "$dir/station.json.sig"
    expect 8 "another key signed it" ctl followup verify "$dir/station.json" "$dir/station.json.sig" --key "$old"
    openssl_verifies "$dir/v1.json" "$dir/v1.json.sig" "$old" || complain "the old key does not verify what it signed"
    same "mode of the key" 600 "$(stat -c %a "$dir/a/statement.key")"
    expect 0 "sound" ctl verify
}

what_cannot_be_published_says_what_to_do() {
    expect 7 "its tertials are 2015-T1 to 2015-T3" ctl followup publish lund-2015-trafik --tertial 2014-T3
    expect 7 "There is no promise" ctl followup publish nothing --final
    expect 3 "is no period" ctl followup publish lund-2015-trafik --tertial 2015
    expect 2 "usage" ctl followup publish lund-2015-trafik
    expect 2 "usage" ctl followup publish lund-2015-trafik --final --tertial 2015-T1
    expect 2 "usage" ctl followup show "${T1[@]}" --html de
    expect 7 "see 'rondctl followup list'" ctl followup show "${T1[@]}" --version 9
    expect 7 "nothing to restate" ctl followup publish lund-2015-station --final --restate
    expect 0 "usage" ctl followup --help
    sed 's/2015-/2099-/g' tests/fixtures/lund-2015.yaml | sed 's/lund-2015/lund-2099/' >"$dir/later.yaml"
    sed -i 's/id: lund-2015/id: lund-2099/' "$dir/later.yaml"
    expect 0 "imported" ctl promise import "$dir/later.yaml"
    expect 9 "no day of it has passed" ctl followup publish lund-2099-trafik --final --early
    chmod 640 "$dir/a/statement.key"
    expect 4 "chmod 600" ctl followup publish lund-2015-trafik --final
    chmod 600 "$dir/a/statement.key"
    same "what was refused left nothing" 3 "$(ctl --json followup list | grep -c '"version"')"
    same "audited" 3 "$(ctl audit | grep -c followup.publish)"
}

a_page_is_made_from_the_document_alone() {
    expect 0 "" ctl followup show "${T1[@]}" --html sv --out "$dir/sv.html"
    expect 0 "Ändrat sedan version 1" cat "$dir/sv.html"
    expect 0 "4 av minst 10 kontroller" cat "$dir/sv.html"
    expect 0 "Changed since version 1" ctl followup show "${T1[@]}" --html en
    stop # and the same without a server
    expect 0 "" ctl followup show "${T1[@]}" --html sv --out "$dir/again.html"
    same "the same page" "" "$(cmp "$dir/sv.html" "$dir/again.html" 2>&1)"
    expect 0 "2015-T1" ctl followup list lund-2015-trafik
    expect 0 "current" ctl followup keys
    start
}

ctl init >/dev/null 2>&1
start
ctl promise import tests/fixtures/lund-2015.yaml >/dev/null
enrolled police polisen police_officer
enrolled town lunds-kommun municipal_staff
run_tests published_figures_stay_whatever_arrives_later the_difference_is_shown_before_it_is_published \
    openssl_alone_checks_what_was_published an_old_followup_verifies_after_the_key_was_changed \
    what_cannot_be_published_says_what_to_do a_page_is_made_from_the_document_alone
