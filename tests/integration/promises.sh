#!/bin/bash
# Promises that no code was written for: each file of tests/fixtures/promises, written after docs/promises.md, is imported,
# says what it says while nothing has been reported, and moves as it promises once something is. Speaks like a cmocka
# program, so that tests/run.sh counts it.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/year.sh

each_file_imports_and_again_changes_nothing() {
    local file before
    for file in tests/fixtures/promises/*.yaml; do
        expect 0 "imported" ctl promise import "$file"
    done
    before=$(ctl promise list)
    for file in tests/fixtures/promises/*.yaml; do
        expect 0 "" ctl promise import "$file"
    done
    same "imported twice" "$before" "$(ctl promise list)"
    same "promises" 9 "$(wc -l <<<"$before")"
}

every_shape_in_the_document_imports_as_it_stands_there() {
    local file=$dir/shapes.yaml
    cat >"$file" <<END
area: {id: shapes, name: Shapes}
period: {from: 2015-01-01, to: 2015-12-31}
organisations: [{id: polisen, kind: police}, {id: lunds-kommun, kind: municipality}, {id: jernhusen, kind: station_owner},
  {id: skatteverket, kind: agency}, {id: forsakringskassan, kind: agency}]
places: [{id: lund-c, name: Lund C, lat: 55.7059, lon: 13.1871, radius_m: 150}, {id: gunnesbo, name: Gunnesbo, lat: 55.7270, lon: 13.1680, radius_m: 150}]
promises:
  - id: shapes
    title_sv: Allt
    parties: [polisen, lunds-kommun]
    commitments:
END
    sed -n '/^## Every shape/,/^### /p' docs/promises.md | sed -n '/^```yaml/,/^```$/{/^```/d; s/^/      /; p}' >>"$file"
    expect 0 "imported 1 promises with $(grep -cE '^      - (\{|id:)' "$file") commitments" ctl promise import "$file"
    expect 0 "" ctl promise remove shapes
}

nothing_reported_says_what_was_promised() {
    # Weeks and tertials of which a day lies in the period count; windows are those that open in it.
    cat >"$dir/expected" <<END
angered-2015/lagesbild|missed: 0 of 53 weeks with at least 1 meeting
angered-2015/vandring|missed: 0 of at least 3 safety walks; none at Angered Centrum, Hjällbo torg, Hammarkulletorget
angered-2015/atgarder|counted: no unsafe place has been found
angered-2015/nattvandring|missed: 0 of at least 40 initiatives
angered-2015/kvallar|missed: 0 of 261 windows with the promised presence; 0 person-minutes, 0 minutes covered
gotland-sommar-2019/kampanj|missed: not carried out
gotland-sommar-2019/krogar|missed: 0 of at least 2 meetings
kiruna-2017/byar|missed: 0 of 12 months with at least 2 initiatives
kiruna-2017/grans|missed: 0 of at least 4 checks; none at Riksgränsen, Karesuando
kiruna-2017/lysen|missed: 0 of at least 2 campaign handouts
kiruna-2017/vandring|missed: not carried out
lund-2015-natt/helgnatt|missed: 0 of 52 windows with the promised presence; 0 person-minutes, 0 minutes covered
norrtalje-2016/uppfoljning|missed: 0 of 7 tertials with at least 1 meeting
norrtalje-2016/sjofylleri|missed: 0 of at least 6 checks
norrtalje-2016/grannstod|missed: 0 of 8 quarters with at least 5 initiatives
norrtalje-2016/hamnen|counted: 0 visible patrols
pitea-arvidsjaur-vinter/skoter|missed: 0 of at least 20 checks; none at Piteå centrum, Arvidsjaur centrum
pitea-arvidsjaur-vinter/leder|missed: 0 of at least 3 initiatives
pitea-arvidsjaur-vinter/belysning|missed: not carried out
pitea-arvidsjaur-unga/narvaro|counted: 0 visible patrols
pitea-arvidsjaur-unga/skolbesok|missed: 0 initiatives in 11 months (promised: about 1 per month)
sodertalje-station/klotter|missed: 0 of 4 quarters with at least 3 initiatives
sodertalje-station/rond|counted: 0 visible patrols
sodertalje-station/fordon|missed: 0 of at least 4 checks; none at Södertälje centrum station, Södertälje syd
sodertalje-station/sprit|missed: 0 of at least 2 checks
sodertalje-station/kvall|missed: 0 of 104 windows with the promised presence; 0 person-minutes, 0 minutes covered
END
    progress | jq -r '.areas[].promises[] | select(.state != "draft") | .commitments[] | "\(.commitment)|\(.status): \(.summary_en)"' >"$dir/found"
    same "standing" "" "$(diff "$dir/expected" "$dir/found")"
    same "states" "active closed draft" "$(progress | jq -r '[.areas[].promises[].state] | unique | join(" ")')"
}

told() { report_on "$@" >/dev/null; }
figure_and_why() { echo "$(figure "$1") ($(why "$1"))"; }

a_suburb() {
    area=angered
    enrolled police polisen police_officer
    enrolled volunteers nattvandrarna night_walker
    told 2015-01-07 police meeting --with situation_group --with-org goteborgs-stad
    told 2015-01-14 police meeting --with situation_group --with-org goteborgs-stad
    told 2015-01-21 police meeting --with situation_group # alone
    told 2015-04-16 police walk --with-org goteborgs-stad --with-org bostadsbolaget --place hjallbo \
        --unsafe "place=hjallbo,cause=dark,responsible=bostadsbolaget,action=lamps,due=2015-06-30"
    told 2015-05-08 volunteers initiative --of night_walk --quantity 5
    told 2015-05-09 police initiative --of night_walk --quantity 3 # not theirs to count
    {
        report police patrol --place angered-centrum --persons police_officer=2 --from "2015-03-06 16:00" --to 17:30
        report police patrol --place hjallbo --persons police_officer=2 --from "2015-03-07 23:30" --to "2015-03-08 00:30"
        report police patrol --place hjallbo --persons police_officer=2 --from "2015-03-08 23:30" --to "2015-03-09 00:30" # a Sunday
    } >/dev/null
    handed_in police volunteers
    each_is "" figure_and_why <<END
angered-2015/lagesbild|2 missed (counted 2, organisations 1)
angered-2015/vandring|1 missed (counted 1)
angered-2015/atgarder|0 missed (counted 1)
angered-2015/nattvandring|5 missed (counted 1, owner 1)
angered-2015/kvallar|2 missed (counted 2, window 1)
END
    same "summary" "1 of at least 3 safety walks; none at Angered Centrum, Hammarkulletorget" "$(summary angered-2015/vandring)"
}

an_inland() {
    area=pitea-arvidsjaur
    enrolled inland polisen police_officer
    enrolled club skoterklubben municipal_staff
    enrolled town arvidsjaurs-kommun municipal_staff
    told 2015-12-28 inland check --of snowmobile_sobriety --form targeted --checked 40 --place arvidsjaur-centrum
    told 2016-01-02 inland check --of snowmobile_sobriety --form targeted --checked 25 --place pitea-centrum
    told 2016-06-01 inland check --of snowmobile_sobriety --form targeted --checked 1 --place pitea-centrum
    told 2016-11-12 club initiative --of trail_marking --quantity 2
    told 2016-10-01 inland inventory --of street_lights --surveyed 10
    told 2016-10-02 town inventory --of street_lights --surveyed 412
    told 2015-09-04 inland patrol --place strombacka --persons police_officer=1
    told 2015-09-04 inland initiative --of school_visit --quantity 1
    told 2016-02-04 inland initiative --of school_visit --quantity 2
    handed_in inland club town
    each_is "" figure_and_why <<END
pitea-arvidsjaur-vinter/skoter|2 missed (counted 2, season 1)
pitea-arvidsjaur-vinter/leder|2 missed (counted 1, owner 2)
pitea-arvidsjaur-vinter/belysning|1 met (counted 1, owner 1)
pitea-arvidsjaur-unga/narvaro|1 counted (counted 1)
pitea-arvidsjaur-unga/skolbesok|2 missed (counted 2, period 1)
END
    same "summary" "3 initiatives in 11 months (promised: about 1 per month)" "$(summary pitea-arvidsjaur-unga/skolbesok)"
}

two_years_from_july_followed_up_every_tertial() {
    local tertial
    area=norrtalje
    enrolled harbour polisen police_officer
    told 2016-08-15 harbour meeting --with follow_up_group --with-org norrtalje-kommun
    told 2017-02-01 harbour meeting --with follow_up_group --with-org norrtalje-kommun
    told 2017-07-08 harbour check --of boat_sobriety --form coordinated --checked 30 --with-org kustbevakningen
    told 2018-06-15 harbour check --of boat_sobriety --form coordinated --checked 30 --with-org kustbevakningen
    told 2018-06-16 harbour check --of boat_sobriety --form targeted --checked 30 --with-org kustbevakningen
    told 2016-08-30 harbour initiative --of neighbour_support_trained --quantity 5
    told 2017-03-30 harbour initiative --of neighbour_support_trained --quantity 3
    told 2017-05-05 harbour patrol --place norrtalje-hamn --persons police_officer=2
    handed_in harbour
    each_is "" figure_and_why <<END
norrtalje-2016/uppfoljning|2 missed (counted 2)
norrtalje-2016/sjofylleri|2 missed (counted 2, detail 1)
norrtalje-2016/grannstod|1 missed (counted 2)
norrtalje-2016/hamnen|1 counted (counted 1)
END
    for tertial in 2016-T2 2016-T3 2017-T1 2017-T2 2017-T3 2018-T1 2018-T2; do
        expect 0 "version 1" ctl followup publish norrtalje-2016 --tertial $tertial
    done
    expect 0 "version 1" ctl followup publish norrtalje-2016 --final
    refused "2016-T2 to 2018-T2" ctl followup publish norrtalje-2016 --tertial 2016-T1
    same "the first ends in August" "2016-07-01 2016-08-31 1" "$(document norrtalje-2016 2016-T2 | jq -r '"\(.period.from) \(.period.to) \(.commitments[0].figure.done)"')"
    same "the last in June" "2018-05-01 2018-06-30 2" "$(document norrtalje-2016 2018-T2 | jq -r '"\(.period.from) \(.period.to) \(.commitments[0].figure.done)"')"
}

a_station_and_its_guards() {
    area=sodertalje
    enrolled owner stationsagaren station_host
    enrolled guard vaktbolaget security_guard
    enrolled rail polisen police_officer
    told 2018-02-01 owner initiative --of graffiti_removed --quantity 3
    told 2018-05-01 owner initiative --of graffiti_removed --quantity 2
    told 2018-08-01 rail initiative --of graffiti_removed --quantity 3
    told 2018-03-01 guard patrol --place sodertalje-syd --persons security_guard=1
    told 2018-03-02 rail patrol --place sodertalje-syd --persons police_officer=1
    told 2018-04-01 rail check --of bus --form targeted --checked 9 --place sodertalje-c
    told 2018-04-02 guard check --of bus --form targeted --checked 9 --place sodertalje-c
    told 2018-06-01 rail check --of alcohol_licence --form coordinated --checked 4 --with-org sodertalje-kommun --with-org stationsagaren
    report guard patrol --place sodertalje-c --persons security_guard=2 --from "2018-02-02 23:45" --to "2018-02-03 00:45" >/dev/null
    handed_in owner guard rail
    each_is "" figure_and_why <<END
sodertalje-station/klotter|1 missed (counted 2, owner 1)
sodertalje-station/rond|2 counted (counted 2, detail 1)
sodertalje-station/fordon|1 missed (counted 1, detail 1, role 1)
sodertalje-station/sprit|1 missed (counted 1, detail 2)
sodertalje-station/kvall|1 missed (counted 1, place 2)
END
}

a_summer_that_is_closed_and_a_draft() {
    area=gotland
    enrolled island polisen police_officer
    enrolled region region-gotland municipal_staff
    told 2019-05-14 island meeting --with restaurants
    told 2019-06-15 island check --of alcohol_licence --form coordinated --checked 12 --place stora-torget
    told 2019-06-20 island meeting --with restaurants
    handed_in island
    same "the municipality and the information are missing" "0 missed" "$(figure gotland-sommar-2019/kampanj)"
    told 2019-07-02 region handout --information --place visby-hamn
    told 2020-06-01 island meeting --with restaurants
    handed_in island region
    each_is "" figure_and_why <<END
gotland-sommar-2019/kampanj|1 met (counted 3, period 1, season 1)
gotland-sommar-2019/krogar|2 met (counted 2, period 1)
END
    same "a draft collects nothing" 0 "$(commitment gotland-2020/krogar .done)"
    same "and is not sent to devices" "" "$(held island --json promises | jq -r '.. | .promise? // empty' | grep gotland-2020)"
}

a_long_border() {
    area=kiruna
    enrolled north polisen police_officer
    enrolled village kiruna-kommun municipal_staff
    told 2017-03-04 north initiative --of village_visit
    told 2017-03-18 village initiative --of village_visit
    told 2017-04-18 village initiative --of village_visit
    told 2017-02-04 north check --of border_traffic --form targeted --checked 80 --place riksgransen --with-org tullverket
    told 2017-02-05 north check --of border_traffic --form targeted --checked 8 --place karesuando
    told 2017-10-20 village handout --item lights=50 --item reflectors=80 --place kiruna-centrum
    told 2017-10-21 village handout --item reflectors=80 --place kiruna-centrum
    told 2017-06-01 village handout --item lights=50 --item reflectors=80 --place kiruna-centrum
    told 2017-09-12 village walk --safe kiruna-centrum
    handed_in north village
    each_is "" figure_and_why <<END
kiruna-2017/byar|1 missed (counted 3)
kiruna-2017/grans|1 missed (counted 1, organisations 1)
kiruna-2017/lysen|1 missed (counted 1, detail 1, season 1)
kiruna-2017/vandring|1 met (counted 1)
END
    same "summary" "1 of at least 4 checks; none at Karesuando" "$(summary kiruna-2017/grans)"
    sound
}

ctl init --name "Test CA" >/dev/null || exit 1
start
run_tests each_file_imports_and_again_changes_nothing every_shape_in_the_document_imports_as_it_stands_there \
    nothing_reported_says_what_was_promised a_suburb an_inland two_years_from_july_followed_up_every_tertial \
    a_station_and_its_guards a_summer_that_is_closed_and_a_draft a_long_border
