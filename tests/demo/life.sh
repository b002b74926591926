# shellcheck shell=bash
# The demo goes on in the browser: this year's promises, a year of reports up to today, what waits for a person to decide, and
# people who may log in. Read by demo.sh where it leaves its server running; uses its functions and variables.

year=$(date +%Y)
password='tre gröna äpplen'

# Days of this year that have been, every STEP days from OFFSET on, as YYYY-MM-DD.
days() { # offset step
    local today
    today=$((10#$(date +%j) - 1))
    for ((day = $1; day < today; day += $2)); do date -d "$year-01-01 + $day days" +%F; done
}
# The same of one weekday (1 to 7).
weekdays() { days 0 1 | while read -r day; do [ "$(date -d "$day" +%u)" != "$1" ] || echo "$day"; done; }
quietly() { "$@" >/dev/null 2>&1 || fail "$*"; }

say "This year's promises, and reports up to yesterday"
sed -e "s/2015/$year/g" -e 's/{id: polisen,/& name: Polisen,/' -e 's/{id: lunds-kommun,/& name: Lunds kommun,/' \
    -e 's/{id: jernhusen,/& name: Jernhusen,/' -e 's/{id: skatteverket,/& name: Skatteverket,/' \
    -e 's/{id: forsakringskassan,/& name: Försäkringskassan,/' tests/fixtures/lund-2015.yaml >"$dir/lund-$year.yaml"
quietly ctl promise import "$dir/lund-$year.yaml"
for name in "${handhelds[@]}"; do quietly held "$name" sync --deadline 10; done
for day in $(days 20 34); do
    report patrol-1 check --of cyclist_behaviour --form targeted --checked $((10 + 10#${day:8} % 9)) --remarked 3 --reported 1 --place stortorget \
        --from "$day 15:00" --to "$day 16:10" >/dev/null
done
for day in $(weekdays 5); do
    [ $((10#${day:8} % 4)) = 0 ] || report patrol-2 patrol --place lund-c-stationen --persons police_officer=2 --from "$day 20:15" --to "$day 22:00" >/dev/null
    report guard-1 patrol --place lund-c-stationen --persons security_guard=2 --from "$day 22:00" --to "$day 23:30" >/dev/null
done
for day in $(weekdays 2) $(weekdays 4); do
    [ $((10#${day:8} % 5)) = 0 ] || report host-1 patrol --place lund-c-stationen --persons station_host=1 --from "$day 06:40" --to "$day 07:20" >/dev/null
done
for day in $(days 14 31); do
    report town-1 meeting --with-org polisen --with-org jernhusen --subject Samverkan --from "$day 10:00" --to "$day 11:00" >/dev/null
done
read -r first < <(days 60 200) || first=
read -r later < <(days 150 200) || later=
if [ -n "$later" ]; then
    walked=$(report town-2 walk --with-org polisen --with-org jernhusen --from "$first 18:00" --to "$first 20:00" \
        --unsafe "id=1,place=bangatan,cause=trasig belysning,responsible=lunds-kommun,action=byt armaturer,due=$year-05-31" \
        --unsafe "id=2,place=clemenstorget,cause=skymd sikt,responsible=jernhusen,action=klipp häcken,due=$year-06-15" --safe "id=3,place=stortorget")
    report town-2 walk --with-org polisen --from "$later 20:00" --to "$later 21:00" --safe bangatan --rewalk "$walked:1" >/dev/null
    report town-1 inventory --of traffic_signs --surveyed 214 --from "$later 09:00" --to "$later 15:00" >/dev/null
fi
# Told by two without a reference: a person is asked whether they are one.
near=$(date -d yesterday +%F)
report patrol-1 check --of taxi --form coordinated --checked 12 --place lund-c-stationen --with-org skatteverket --from "$near 18:00" --to "$near 19:30" >/dev/null
report guard-1 check --of taxi --form coordinated --checked 12 --place lund-c-stationen --with-org forsakringskassan --from "$near 18:05" --to "$near 19:30" >/dev/null
report host-1 patrol --place lund-c-baksidan --persons station_host=1 --from "$near 20:00" --to "$near 21:00" >/dev/null 2>&1
soon=$(date -d '+9 days' +%F)
quietly ctl activity plan --area lund --kind check --of taxi --title "Taxi vid Lund C" --place lund-c-stationen --from "$soon 20:00" --to "$soon 23:00" \
    --organisations polisen,lunds-kommun,jernhusen
for name in "${handhelds[@]}"; do quietly held "$name" sync --wait --deadline 60; done
ctl --json progress | jq -r --arg year "$year" '.areas[].promises[] | select(.promise | contains($year)) | .commitments[] | "  \(.commitment) \(.done)"'

say "A follow-up that the public reads"
for promise in lund-2015-trafik lund-2015-station; do quietly ctl followup publish $promise --final; done
ctl followup list

say "People who may log in"
address=https://localhost:$people
# Adds a person, sets its password and second factor, and prints what to log in with: each code is good for once.
person() { # login role more...
    local login=$1 role=$2 code
    shift 2
    code=$(ctl person add "$login" --name "$login" --role "$role" "$@" 2>/dev/null | head -n 1)
    curl -fsS --cacert "$data/ca.crt" -H "Origin: $address" -H 'Content-Type: application/json' "$address/api/v1/setup" \
        -d "$(jq -n --arg login "$login" --arg code "$code" --arg password "$password" '$ARGS.named')" |
        jq -r --arg login "$login" --arg role "$role" '[$login, $role, .recovery_codes[:4][]] | @tsv' ||
        fail "$login could not be set up"
}
{
    printf 'log-in\trole\tcodes, each for one log-in\n'
    person chef area_chief --area lund --organisation polisen
    person samordnare coordinator --area lund --organisation lunds-kommun
    person admin administrator
    person revisor auditor
} | column -t -s $'\t' | sed 's/^/  /;s/ *$//' | tee "$dir/people"
