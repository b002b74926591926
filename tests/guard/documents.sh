#!/bin/bash
# What stands in two places says the same: the codes in docs/protocol.md and wire/codes.h, the answers in base/err.h and
# rond.h; every refusal of a page is in both languages; the tests and files that docs/threat-model.md and docs/asvs.md name are there.
# Usage: tests/guard/documents.sh [ROOT]   Speaks like a cmocka program.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2

codes_of_header() { # number|name|retry|sentence
    sed -nE 's/^ *X\(([A-Z_]+), ([0-9]+), (true|false), "(.*)"\).*/\2|\L\1\E|\3|\4/p' proto/wire/codes.h | sed 's/|true|/|yes|/; s/|false|/|no|/'
}
codes_of_document() {
    sed -nE 's/^\| ([0-9]{3}) \| `([a-z_]+)` \| (yes|no) \| (.*) \|$/\1|\2|\3|\4/p' docs/protocol.md
}
answers_of() { # name=value
    sed -nE 's/^ *(ROND_[A-Z]+) = ([0-9]+),?.*/\1=\2/p; /^};/q' <(sed -n '/^enum rond_err {/,$p' "$1")
}
fields_checked() { # of a report, by the names that a fault gives them
    { sed -nE 's/.*TEXT\(Rond__V1__[A-Za-z]+, ([a-z_]+), .*/\1/p' proto/wire/report_check.c
        grep -oE 'TEXT\(Rond__V1__[A-Za-z]+, [a-z_]+' proto/wire/report_check.c | sed 's/.*, //'
        grep -oE 'wrong\((words->)?fault, [^"]*"[a-z_]+"' proto/wire/report_check.c server/ingest/validate.c | sed -E 's/.*"(.*)"/\1/'; } | sort -u
}
fields_told() { # those of them that stand in section 4
    sed -n '/^## 4/,/^## 5/p' docs/protocol.md | grep -oE '`[a-z_]+`' | tr -d '`' | sort -u | comm -12 - <(fields_checked)
}
said_in_english_alone() { # files of what the pages ask for with a refusal that has no Swedish half
    awk '/fault_set\(/ { if (open) print FILENAME; open = 1 } /fault_in_swedish\(/ { open = 0 } /^}/ { if (open) print FILENAME; open = 0 }' \
        server/admin/*.c server/read/*.c server/auth/password_judge.c | sort -u
}
claims=(docs/threat-model.md docs/asvs.md)
tests_named() { # as "file: name", the file under tests/
    grep -ohE '`[a-z_]+/[a-z0-9_]+\.(c|sh): [A-Za-z0-9_]+`' "${claims[@]}" | tr -d '`' | sort -u
}
tests_there() { # those of them that stand in their file, outside comments
    local file name
    while IFS=: read -r file name; do
        sed -E 's@^ *//.*@@; /^ *# /d' "tests/$file" 2>/dev/null | grep -qw -- "${name# }" && echo "$file:$name"
    done < <(tests_named)
}
files_named() { # from the root of the repository, or under tests/
    grep -ohE '`[a-z.][a-z_.-]*/[a-z0-9_./-]+\.[a-z0-9]+[`:]' "${claims[@]}" | tr -d '`:' | sort -u
}
files_there() {
    local file
    while read -r file; do
        [ ! -e "$file" ] && [ ! -e "tests/$file" ] || echo "$file"
    done < <(files_named)
}

passed=0 failed=0
same() { # NAME LEFT RIGHT
    echo "[ RUN      ] $1"
    if [ -n "$2" ] && [ "$2" = "$3" ]; then
        echo "[       OK ] $1"
        passed=$((passed + 1))
    else
        diff <(echo "$2") <(echo "$3")
        echo "[  FAILED  ] $1"
        failed=$((failed + 1))
    fi
}
same the_protocol_lists_exactly_the_codes_with_their_sentences "$(codes_of_header)" "$(codes_of_document)"
same both_headers_give_an_answer_the_same_value "$(answers_of proto/base/err.h)" "$(answers_of client-sdk/include/rond/rond.h)"
same the_protocol_names_every_field_that_is_checked "$(fields_checked)" "$(fields_told)"
same refusals_that_pages_show_have_a_swedish_half "$(said_in_english_alone)" server/admin/rescue.c # rondctl alone
same every_test_that_shows_something_is_there "$(tests_named)" "$(tests_there)"
same every_file_that_does_something_is_there "$(files_named)" "$(files_there)"

echo "[  PASSED  ] $passed test(s)."
[ "$failed" = 0 ] || { echo "[  FAILED  ] $failed test(s), listed above."; exit 1; }
