#!/bin/bash
# Lund, 2015, complete: a year of reports from five organisations moves every commitment of both promises to a figure that is
# worked out by hand here; every tertial is published, and what comes late leads to a restatement. Speaks like a cmocka
# program, so that tests/run.sh counts it.
set -u
cd "$(dirname "$0")/../.." || exit 2
area=lund
. tests/support/year.sh
traffic=lund-2015-trafik station=lund-2015-station

cykel() { # HANDHELD DAY...: one targeted check of cyclists on each
    local name=$1 day
    shift
    for day in "$@"; do
        report_on "$day" "$name" check --of cyclist_behaviour --form targeted --checked 12 --remarked 3 --place stortorget >/dev/null
    done
}

# --- A calmer traffic situation ---

signs_and_cyclists_and_meetings_are_counted() {
    cykel police 2015-02-11 2015-03-18 2015-04-22 2015-05-06 2015-05-20 2015-06-10 2015-07-01 2015-08-19 2015-09-02 2015-09-16 2015-10-07
    {
        report town inventory --of traffic_signs --surveyed 214 --from "2015-04-14 09:00" --to "2015-04-14 15:00"
        report police meeting --with taxi_trade --subject Taxi --from "2015-03-05 10:00" --to "2015-03-05 11:00"
        report town meeting --with taxi_trade --with-org polisen --subject Taxi --from "2015-10-21 10:00" --to "2015-10-21 11:00"
    } >/dev/null
    handed_in police town
    each_is "figure of" figure <<END
$traffic/skyltar|1 met
$traffic/cykel|11 met
$traffic/taximoten|2 met
END
}

taxi() { # HANDHELD DAY ACTIVITY [OPTIONS...]
    local name=$1 day=$2 activity=$3
    shift 3
    report "$name" check --of taxi --form coordinated --checked 22 --place lund-c-stationen --activity "$activity" \
        --from "$day 21:00" --to "$day 23:30" "$@" >/dev/null
}
a_taxi_check_counts_once_both_agencies_are_among_those_reported() {
    taxi police 2015-05-08 taxi-0508 --with-org skatteverket
    taxi insurance 2015-05-08 taxi-0508
    taxi police 2015-11-13 taxi-1113 --with-org skatteverket
    taxi tax 2015-11-13 taxi-1113 --with-org polisen
    handed_in police tax insurance
    same "the first of two" "1 missed" "$(figure $traffic/taxi)"
    same "of the second one agency is missing" "counted 2, detail 11, organisations 2" "$(why $traffic/taxi)"
    taxi insurance 2015-11-13 taxi-1113
    handed_in insurance
    same "both" "2 met" "$(figure $traffic/taxi)"
    same "five reports, two checks" "counted 5, detail 11" "$(why $traffic/taxi)"
}

the_autumn_campaign_is_made_of_what_two_parties_report() {
    report_on 2015-10-05 police check --of cycle_equipment --form targeted --checked 60 --place stortorget >/dev/null
    report_on 2015-10-12 police handout --item reflectors=200 --place clemenstorget >/dev/null
    report_on 2015-12-02 police handout --item lights=40 --information --place stortorget >/dev/null # out of season
    handed_in police
    same "lights, information and the municipality are missing" "0 missed" "$(figure $traffic/synas)"
    report_on 2015-10-19 town handout --item lights=120 --place clemenstorget >/dev/null
    handed_in town
    same "information is missing" "0 missed" "$(figure $traffic/synas)"
    report_on 2015-11-02 town handout --information --place lund-c-stationen >/dev/null
    handed_in town
    same "all of it" "1 met" "$(figure $traffic/synas)"
}

# --- A clean, safe and pleasant station environment ---

meetings_about_once_a_month_are_held_on_average() {
    local day
    for day in 2015-0{1,2,3,4,5,6}-13 2015-08-11 2015-08-27 2015-09-15 2015-1{0,1,2}-13; do # none in July, two in August
        report town meeting --with-org jernhusen --with-org polisen --subject Samverkan --from "$day 13:00" --to "$day 14:30" >/dev/null
    done
    report_on 2015-07-14 station meeting --with-org polisen --subject "Samverkan utan kommunen" >/dev/null
    handed_in town station
    same "eleven months had theirs, and twelve meetings in twelve months are enough" "11 met" "$(figure $station/samverkan)"
    same "in words" "12 meetings in 12 months (promised: about 1 per month)" "$(summary $station/samverkan)"
    same "why" "counted 12, organisations 3" "$(why $station/samverkan)"
    same "by month" "2015-01 2015-02 2015-03 2015-04 2015-05 2015-06 2015-08 2015-09 2015-10 2015-11 2015-12" \
        "$(commitment $station/samverkan '[.periods[] | select(.count > 0) | .period] | join(" ")')"
}

unsafe() { echo "place=$1,cause=dark,responsible=$2,action=lamps,due=$3"; }
walks_find_places_unsafe_and_walks_again_find_them_safe() {
    local first others=(--with-org polisen --with-org jernhusen)
    first=$(report town walk "${others[@]}" --unsafe "$(unsafe bangatan lunds-kommun 2015-06-30)" \
        --unsafe "$(unsafe clemenstorget jernhusen 2015-05-31)" --safe stortorget --from "2015-04-21 19:00" --to "2015-04-21 21:00")
    handed_in town
    same "two to act upon" "0 missed" "$(figure $station/atgarder)"
    report_on 2015-06-09 town walk --unsafe "$(unsafe clemenstorget jernhusen 2015-08-31)" --rewalk "$first:2" >/dev/null # still
    report_on 2015-06-16 town walk --safe bangatan --rewalk "$first:1" >/dev/null
    # The second joint walk is told by each of the three; none names another.
    report police walk --unsafe "$(unsafe stortorget lunds-kommun 2015-11-30)" --activity vandring-0922 \
        --from "2015-09-22 19:00" --to "2015-09-22 21:00" >/dev/null
    report town walk --safe clemenstorget --rewalk "$first:2" --activity vandring-0922 --from "2015-09-22 19:00" --to "2015-09-22 21:00" >/dev/null
    report station walk --safe lund-c-stationen --activity vandring-0922 --from "2015-09-22 19:00" --to "2015-09-22 21:00" >/dev/null
    handed_in police town station
    same "two walks" "2 met" "$(figure $station/vandring)"
    same "two of three are safe again" "2 missed" "$(figure $station/atgarder)"
    same "open and closed" "1 2" "$(commitment $station/atgarder '"\(.sum.actions_open) \(.sum.actions_closed)"')"
}

patrol() { # HANDHELD ROLE=N FROM TO
    report "$1" patrol --place lund-c-stationen --persons "$2" --from "$3" --to "$4" >/dev/null
}
presence_is_minutes_inside_the_windows_over_both_clock_changes() {
    local day
    for day in $(days 2015-01-09 26 14); do patrol police police_officer=2 "$day 21:00" "$day 22:30"; done # 26 Fridays, 90 minutes
    for day in $(days 2015-02-02 10 7); do patrol station station_host=1 "$day 07:00" "$day 07:15"; done   # 10 Mondays, 15 of 20
    for day in $(days 2015-03-03 5 7); do # 5 Tuesdays: two overlap, 25 minutes covered, 30 person-minutes
        patrol station station_host=1 "$day 07:00" "$day 07:15"
        patrol police police_officer=1 "$day 07:10" "$day 07:25"
    done
    patrol police police_officer=2 "2015-06-05 18:00" "2015-06-05 20:00" # a Friday, before the window
    # The night to 29 March has no 02:00: 20:00-02:00 lasts six hours all the same, 22:00-04:00 only five. 21:30-03:30 are
    # five hours: 270 minutes in the one (until 02:00), 270 in the other (22:00-02:00 and 03:00-03:30).
    patrol police police_officer=2 "2015-03-28 21:30" "2015-03-29 03:30"
    # The night to 25 October has 02:00 twice; the window closes at the first. 22:30-04:00 are six and a half hours: 210
    # minutes in the one, 390 in the other, which lasts seven hours.
    patrol police police_officer=1 "2015-10-24 22:30" "2015-10-25 04:00"
    handed_in police station
    # 26 * 90 + 10 * 15 + 5 * 25 + 270 + 210 and 26 * 180 + 150 + 5 * 30 + 540 + 210; windows kept: 26 + 5 + 2
    same "minutes covered" 3095 "$(commitment $station/narvaro .sum.covered_minutes)"
    same "person-minutes" 5730 "$(commitment $station/narvaro .sum.person_minutes)"
    same "windows kept of 104 + 261" "33 of 365" "$(commitment $station/narvaro '"\(.done) of \(.target_whole)"')"
    same "minutes covered 22:00-04:00" 660 "$(commitment lund-2015-natt/helgnatt .sum.covered_minutes)"
    same "person-minutes 22:00-04:00" 930 "$(commitment lund-2015-natt/helgnatt .sum.person_minutes)"
}

# --- Follow-ups ---

told() { # PROMISE PERIOD: figures and statuses in the document
    document "$@" | jq -r '[.commitments[] | "\(.figure.done) \(.status)"] | join(", ")'
}
told_of() { told "${1% *}" "${1#* }"; } # "PROMISE PERIOD"

every_tertial_of_both_promises_is_published() {
    local promise tertial
    for promise in $traffic $station; do
        for tertial in T1 T2 T3; do
            expect 0 "published $promise 2015-$tertial" ctl followup publish $promise --tertial 2015-$tertial
        done
        expect 0 "published $promise final" ctl followup publish $promise --final
    done
    # Signs, cyclists, taxis, meetings, campaign; meetings, walks, places acted upon, presence: 8 + 5 + 1 windows until April,
    # 9 Fridays until August.
    each_is "figures of" told_of <<END
$traffic 2015-T1|1 met, 3 on_pace, 0 on_pace, 1 on_pace, 0 on_pace
$traffic 2015-T2|1 met, 8 on_pace, 1 on_pace, 1 on_pace, 0 on_pace
$traffic 2015-T3|1 met, 11 met, 2 met, 2 met, 1 met
$traffic final|1 met, 11 met, 2 met, 2 met, 1 met
$station 2015-T1|4 on_pace, 1 on_pace, 0 on_pace, 14 behind
$station 2015-T2|7 on_pace, 1 on_pace, 1 on_pace, 23 behind
$station 2015-T3|11 met, 2 met, 2 missed, 33 missed
$station final|11 met, 2 met, 2 missed, 33 missed
END
    expect 0 "2 av 3 otrygga platser" document $station final --html sv
}

a_late_report_that_changes_the_second_tertial_is_told_in_a_restatement() {
    cykel town 2015-06-24
    handed_in town
    same "the year" "12 met" "$(figure $traffic/cykel)"
    expect 0 "nothing has changed" ctl followup diff $traffic 2015-T1
    expect 0 "late 1" ctl followup diff $traffic 2015-T2
    same "published is published" 8 "$(document $traffic 2015-T2 | jq '.commitments[1].figure.done')"
    expect 0 "version 2" ctl followup publish $traffic --tertial 2015-T2 --restate
    same "restated: from, to, in the tertial, late" "$traffic/cykel 8 9 5 6 1" "$(document $traffic 2015-T2 | jq -r '.changes[] |
        "\(.commitment) \(.from.figure.done) \(.to.figure.done) \(.from.part.done) \(.to.part.done) \(.why.late)"')"
    same "and the first version stays" 8 "$(document $traffic 2015-T2 --version 1 | jq '.commitments[1].figure.done')"
    refused "Nothing has changed" ctl followup publish $traffic --tertial 2015-T1 --restate
    sound
}

ctl init --name "Test CA" >/dev/null || exit 1
start
ctl promise import tests/fixtures/lund-2015.yaml >/dev/null || exit 1
ctl promise import tests/fixtures/promises/lund-2015-natt.yaml >/dev/null || exit 1
enrolled police polisen police_officer
enrolled town lunds-kommun municipal_staff
enrolled station jernhusen station_host
enrolled tax skatteverket agency_staff
enrolled insurance forsakringskassan agency_staff
run_tests signs_and_cyclists_and_meetings_are_counted a_taxi_check_counts_once_both_agencies_are_among_those_reported \
    the_autumn_campaign_is_made_of_what_two_parties_report meetings_about_once_a_month_are_held_on_average \
    walks_find_places_unsafe_and_walks_again_find_them_safe presence_is_minutes_inside_the_windows_over_both_clock_changes \
    every_tertial_of_both_promises_is_published a_late_report_that_changes_the_second_tertial_is_told_in_a_restatement
