#!/bin/bash
# People over real TLS: first administrator, log-in with two factors, roles, forged requests, a trusted proxy, audit.
# Speaks like a cmocka program.
# Tests: server/app_web.c server/app_tiles.c server/app_events.c server/app_people_files.c
# Tests: server/app_people.c server/app_people_door.c server/app_people_arguments.c server/app_people_password.c server/app_people_login.c server/app_people_page.c server/people_refusal.c server/admin/login.c
# Tests: server/admin/people.c server/admin/sessions.c server/admin/right.c server/net/http_head.c server/ctl/person.c server/ctl/audit.c
set -u
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/support/scenario.sh
. tests/support/scenario.sh
# shellcheck source=tests/support/browser.sh
. tests/support/browser.sh

metric() { metrics | tr -d '\r' | sed -n "s/^$1 //p"; }

# --- Log-in ---

the_first_administrator_comes_by_rondctl_and_sets_the_own_secrets() {
    local code
    code=$(ctl person add root --name "Driften" --role administrator 2>/dev/null)
    expect 9 "already" ctl person add root --name again
    expect 3 "lower-case" ctl person add Root --name again
    expect 0 "not_set_up" ctl person list
    post /api/v1/setup "{\"login\":\"root\",\"code\":\"$code\",\"password\":\"short\"}"
    answers "a short password" 422 argument_invalid
    post /api/v1/setup "{\"login\":\"root\",\"code\":\"$code\",\"password\":\"rootrootroot\"}"
    answers "the login name as password" 422 argument_invalid
    for known in "Sommaren2026" "polisen i Lund" "Gräddbullar 15"; do
        post /api/v1/setup "{\"login\":\"root\",\"code\":\"$code\",\"password\":\"$known\"}"
        answers "known, of the place, of the file: $known" 422 argument_invalid
        same "by its field" password "$(field .field)"
    done
    post /api/v1/setup "{\"login\":\"other\",\"code\":\"$code\",\"password\":\"$pass\"}"
    answers "another's code" 401 setup_refused
    set_up root "$code"
    same "recovery codes" 10 "$(wc -l <"$dir/root.recovery")"
    post /api/v1/setup "{\"login\":\"root\",\"code\":\"$code\",\"password\":\"$pass\"}"
    answers "a code that was used" 401 setup_refused
    expect 0 "active" ctl person list
}

password_and_code_log_in_and_the_cookie_is_closed() {
    local secret code cookie
    secret=$(cat "$dir/root.secret")
    code=$(totp "$secret")
    try root "$pass" "$code"
    answers "log-in" 200
    cookie=$(header set-cookie)
    for flag in "Path=/" Secure HttpOnly "SameSite=Strict"; do
        grep -q "; $flag\(;\|$\)" <<<"$cookie" || complain "the cookie lacks $flag: $cookie"
    done
    grep -q "Domain" <<<"$cookie" && complain "the cookie has a domain"
    kept root
    as root GET /api/v1/session
    answers "one's own account" 200
    same "who" root "$(field .login)"
    same "csrf again" "${csrfs[root]}" "$(field .csrf)"
    try root "$pass" "$code"
    answers "the same code again" 401 login_refused
    try root "$pass" "$(totp "$secret" 1)"
    answers "the next one" 200
    grep -q "$(cookie_of root)" "$dir/a.log" && complain "the token is in the log"
    sqlite3 "$dir/a/rond.db" .dump | grep -q "$(cookie_of root)\|$pass\|$code" && complain "a secret is in the store"
}

headers_are_those_of_a_closed_page() {
    web GET /login
    answers "the page" 200
    grep -q "script" "$dir/body" && complain "there is a script"
    grep -q "style=" "$dir/body" && complain "there is a style inside"
    for name in content-security-policy strict-transport-security x-content-type-options referrer-policy cache-control; do
        same "how often $name" 1 "$(header $name | wc -l)"
    done
    header content-security-policy | grep -q "default-src 'none'; script-src 'self'; style-src 'self';" || complain "csp: $(header content-security-policy)"
    header content-security-policy | grep -q "unsafe" && complain "csp is not strict"
    header content-security-policy | grep -q "frame-ancestors 'none'" || complain "may be framed"
    same "no-store" no-store "$(header cache-control)"
    # Without a referrer a browser sends a form's Origin as null, and every change would be refused.
    same "referrer policy" same-origin "$(header referrer-policy | tail -n 1)"
    web GET / -H "Sec-Fetch-Site: cross-site" # a link from elsewhere leads here
    answers "the page from elsewhere" 200
    web GET /api/v1/devices -H "Sec-Fetch-Site: cross-site"
    answers "the API from elsewhere" 403
    web GET /api/v1/devices
    answers "without a session" 401 not_logged_in
    same "problem details" application/problem+json "$(header content-type)"
}

wrong_name_wrong_password_wrong_code_are_one_answer_at_one_cost() {
    local before runs said
    : >"$dir/answers"
    for attempt in "nobody $pass 123456" "root wrong-password-x 123456" "root $pass 000000" "Nobody! x x"; do
        # shellcheck disable=SC2086
        set -- $attempt
        before=$(metric rond_password_checks_total)
        post /api/v1/session "$(jq -nc --arg l "${attempt%% *}" --arg c "${attempt##* }" --arg p "$(sed 's/^[^ ]* //; s/ [^ ]*$//' <<<"$attempt")" '{login:$l,password:$p,code:$c}')"
        runs=$(($(metric rond_password_checks_total) - before))
        said="$status $(cat "$dir/body") $(grep -vi "^date" "$dir/head" | tr -d '\r' | sort | md5sum) $runs"
        echo "$said" >>"$dir/answers"
    done
    same "one answer" 1 "$(sort -u "$dir/answers" | wc -l)"
    same "of this kind" 1 "$(grep -c login_refused <<<"$(sort -u "$dir/answers")")"
    same "one check each" 1 "$runs"
}

after_five_failures_even_what_is_right_must_wait() {
    add lisa
    for _ in 1 2 3 4 5; do
        try lisa wrong-password-x 123456
        answers "wrong" 401 login_refused
    done
    try lisa "$pass" "$(recovery_code lisa)"
    answers "right, while it waits" 401 login_refused
    expect 0 "waiting" ctl person list
    as lisa GET /api/v1/session
    answers "who is in stays in" 200
    expect 0 "unlocked" ctl person unlock lisa
    log_in lisa
    [ "$(metric 'rond_people_logins_total{outcome="waiting"}')" -ge 1 ] || complain "no figure of it"
}

a_lost_second_factor_has_a_way_back_that_ends_everything_before() {
    local code old
    old=$(cat "$dir/lisa.secret")
    code=$(ctl person reset-second-factor lisa 2>/dev/null)
    as lisa GET /api/v1/session
    answers "her session ended" 401 not_logged_in
    try lisa "$pass" "$(totp "$old")"
    answers "the old factor" 401 login_refused
    try lisa "$pass" "$(recovery_code lisa)"
    answers "an old recovery code" 401 login_refused
    set_up lisa "$code"
    log_in lisa
    expect 0 "locked" ctl person lock lisa
    as lisa GET /api/v1/session
    answers "locked" 401 not_logged_in
    try lisa "$pass" "$(recovery_code lisa)"
    answers "locked, log-in" 401 login_refused
    expect 0 "" ctl person unlock lisa
}

log_out_ends_the_session_and_everywhere_ends_all() {
    local one
    log_in lisa
    one=$(cookie_of lisa)
    log_in lisa
    as lisa POST /api/v1/session/end
    answers "log-out" 200
    header set-cookie | grep -q "Max-Age=0" || complain "the cookie is not taken away"
    as lisa GET /api/v1/session
    answers "after it" 401 not_logged_in
    web GET /api/v1/session -H "Cookie: __Host-rond=$one"
    answers "the other goes on" 200
    log_in lisa
    as lisa POST /api/v1/session/end-all
    web GET /api/v1/session -H "Cookie: __Host-rond=$one"
    answers "everywhere" 401 not_logged_in
}

the_own_password_is_changed_by_who_knows_the_old_one() {
    local one new="fyra blå päron"
    log_in lisa
    one=$(cookie_of lisa)
    log_in lisa
    web POST /api/v1/session/password -H "Origin: $base" -H "Content-Type: application/json" -H "Cookie: __Host-rond=$one" -d "{\"password\":\"$pass\",\"new_password\":\"$new\"}"
    answers "without the page's word" 403 csrf_refused
    as lisa POST /api/v1/session/password "{\"password\":\"$pass\"}"
    answers "no new one" 400 request_invalid
    as lisa POST /api/v1/session/password "{\"password\":\"$pass\",\"new_password\":\"short\"}"
    answers "a short one" 422 argument_invalid
    same "by its field" new_password "$(field .field)"
    as lisa POST /api/v1/session/password "{\"password\":\"not the old one\",\"new_password\":\"$new\"}"
    answers "the wrong old one" 403 password_refused
    web GET /api/v1/session -H "Cookie: __Host-rond=$one"
    answers "nothing has ended" 200
    as lisa POST /api/v1/session/password "{\"login\":\"root\",\"password\":\"$pass\",\"new_password\":\"$new\"}"
    answers "the right one" 200
    as lisa GET /api/v1/session
    answers "who changed it is in" 200
    web GET /api/v1/session -H "Cookie: __Host-rond=$one"
    answers "and nobody else" 401 not_logged_in
    try lisa "$pass" "$(recovery_code lisa)"
    answers "the old one" 401 login_refused
    try lisa "$new" "$(recovery_code lisa)"
    answers "the new one" 200
    kept lisa
    as lisa POST /api/v1/session/password "{\"password\":\"$new\",\"new_password\":\"$pass\"}"
    answers "and back" 200
    same "counted" 2 "$(metric rond_people_password_changes_total)"
    ctl audit | grep "person:lisa" | grep "session.password" | grep -q "ended=1" || complain "it is not in the audit log"
    ctl audit | grep "person:lisa" | grep -q "session.password.refused" || complain "nor that it was refused"
    grep -q "$new\|$pass\|not the old one" "$dir/a.log" && complain "a password is in the log"
}

another_password_by_an_administrator_leaves_the_second_factor() {
    local code secret
    secret=$(cat "$dir/lisa.secret")
    code=$(ctl person reset-password lisa 2>/dev/null)
    as lisa GET /api/v1/session
    answers "her session ended" 401 not_logged_in
    try lisa "$pass" "$(recovery_code lisa)"
    answers "the password is none" 401 login_refused
    expect 0 "not_set_up" ctl person list
    code=$(ctl person code lisa 2>/dev/null) # the first one ran out
    web POST /setup -H "Origin: $base" --data-urlencode "login=lisa" --data-urlencode "password=$pass" --data-urlencode "code=$code"
    answers "by the form" 200
    grep -q "Lösenordet är sparat" "$dir/body" || complain "another page"
    grep -q "otpauth" "$dir/body" && complain "with a second factor"
    try lisa "$pass" "$(totp "$secret")"
    answers "with the second factor of before" 200
    kept lisa
    expect 9 "reset-password" ctl person code lisa
    code=$(ctl person reset-password lisa 2>/dev/null)
    post /api/v1/setup "{\"login\":\"lisa\",\"code\":\"$code\",\"password\":\"$pass\"}"
    answers "by the API" 200
    same "no second factor" null "$(field .second_factor)"
    post /api/v1/setup "{\"login\":\"lisa\",\"code\":\"$code\",\"password\":\"$pass\"}"
    answers "and once" 401 setup_refused
}

own_sessions_are_seen_and_ended() {
    local one
    set_up lisa "$(ctl person reset-second-factor lisa 2>/dev/null)" # her recovery codes are nearly used up
    log_in lisa
    one=$(cookie_of lisa)
    log_in lisa
    log_in root
    as lisa GET /api/v1/sessions
    answers "the list" 200
    same "both" 2 "$(field '.items | length')"
    same "one of them is this" 1 "$(field '[.items[] | select(.this)] | length')"
    same "from where" "127.0.0.1" "$(field '[.items[].address] | unique | join(",")')"
    same "when" 2 "$(field '[.items[] | select(.began_ms > 0 and .seen_ms >= .began_ms and (.began | length) > 10)] | length')"
    field . | grep -q "$one\|$(cookie_of lisa)" && complain "a token is in the list"
    local other
    other=$(field '.items[] | select(.this | not) | .id')
    as root POST "/api/v1/sessions/$other/end"
    answers "another's" 404 not_found
    as lisa POST "/api/v1/sessions/$other/end"
    answers "her own" 200
    web GET /api/v1/session -H "Cookie: __Host-rond=$one"
    answers "it has ended" 401 not_logged_in
    one=$(cookie_of lisa)
    log_in lisa
    as lisa POST /api/v1/sessions/end-others
    same "the others" 1 "$(field .ended)"
    header set-cookie | grep -q "Max-Age=0" && complain "the cookie is taken away"
    web GET /api/v1/session -H "Cookie: __Host-rond=$one"
    answers "ended too" 401 not_logged_in
    as lisa GET /api/v1/sessions
    same "this one is left" true "$(field '.items | map(.this) | join(",")')"
}

the_form_logs_in_without_script() {
    web POST /login -H "Origin: $base" --data-urlencode "login=lisa" --data-urlencode "password=$pass" --data-urlencode "code=$(recovery_code lisa)"
    answers "the form" 303
    same "where to" / "$(header location)"
    header set-cookie | grep -q "^__Host-rond=" || complain "no cookie"
    web POST /login -H "Origin: $base" -d "login=lisa&password=%3Cb%3E&code=1"
    answers "wrong" 401
    grep -q "role=\"alert\"" "$dir/body" || complain "nothing is said"
    web GET /setup
    answers "the set-up page" 200
}

# --- Forged requests ---

files_come_compressed_and_are_kept_by_their_names() {
    local script tag encoding
    web GET /
    answers "the pages" 200
    same "the page is asked for again" no-cache "$(header cache-control)"
    script=$(grep -o '/assets/[a-z]*-[A-Z0-9]*\.js' "$dir/body" | head -n 1)
    tag=$(header etag)
    web GET / -H "Accept-Encoding: br"
    same "the page's frame is served as it is" "" "$(header content-encoding)"
    web GET "$script"
    cp "$dir/body" "$dir/plain"
    for encoding in br gzip; do
        web GET "$script" -H "Accept-Encoding: $encoding"
        same "encoded" $encoding "$(header content-encoding)"
        [ "$(wc -c <"$dir/body")" -lt "$(wc -c <"$dir/plain")" ] || complain "$encoding is no smaller"
    done
    gzip -dc <"$dir/body" | cmp - "$dir/plain" || complain "the compressed script is another"
    web GET / -H "If-None-Match: $tag"
    answers "the same page again" 304
    same "its body" 0 "$(wc -c <"$dir/body")"
    web GET "$script"
    answers "a script" 200
    same "it is kept" "public, max-age=31536000, immutable" "$(header cache-control)"
    web GET /assets/none.js
    answers "what is not there" 404 not_found
    same "is not kept" no-store "$(header cache-control)"
    # One connection takes one request after another.
    same "connections" 1 "$(curl -sS --cacert "$dir/a/ca.crt" -o /dev/null -o /dev/null -o /dev/null -w '%{num_connects}\n' "$base/" "$base$script" "$base/" | awk '{n += $1} END {print n}')"
}

the_ground_of_the_map_comes_from_a_directory_to_who_has_logged_in() {
    local tag path
    web GET /tiles/3/4/2.png
    answers "without a session" 401 not_logged_in
    as root GET /api/v1/session
    same "where it is" "/tiles/{z}/{x}/{y}.png 3 5 © ours" "$(field '.map | "\(.tiles) \(.zooms.first) \(.zooms.last) \(.attribution)"')"
    as root GET /tiles/3/4/2.png
    answers "a tile" 200
    same "its bytes" "a tile" "$(cat "$dir/body")"
    same "its kind" image/png "$(header content-type)"
    same "it is kept by the asker alone" "private, max-age=86400" "$(header cache-control)"
    tag=$(header etag)
    web GET /tiles/3/4/2.png -H "Cookie: __Host-rond=${cookies[root]}" -H "If-None-Match: $tag"
    answers "the same again" 304
    same "its body" 0 "$(wc -c <"$dir/body")"
    as root GET /tiles/3/4/3.png
    answers "what is there under that name" 200
    same "its kind" image/jpeg "$(header content-type)"
    as root GET /tiles/3/4/4.png
    answers "what is not there" 404
    same "nothing is said of it" 0 "$(wc -c <"$dir/body")"
    same "is kept as well" "private, max-age=86400" "$(header cache-control)"
    as root GET /tiles/3/4/5.png
    answers "what is too large" 500 failed
    grep -q "event=tile_not_read tile=3/4/5 err=full" "$dir/a.log" || complain "what is wrong is not in the log"
    for path in 3/4/8.png 3/8/2.png 23/0/0.png 3/4/secret.png 3/../secret.png 3/4/..%2f..%2fsecret.png 3/%2e%2e/secret.png 03/4/2.png 3/4/2; do
        web GET "/tiles/$path" --path-as-is -H "Cookie: __Host-rond=${cookies[root]}"
        answers "$path" 404 not_found
    done
    sed "s|^map_attribution|map_tiles = https://tiles.example/{z}/{x}/{y}.png\n&|" "$dir/a.conf" >"$dir/wrong.conf"
    expect 3 "people.map_tiles_directory: give it or map_tiles, not both" "$bin/rondd" --config "$dir/wrong.conf" --check-config
}

a_page_that_is_open_hears_of_what_was_committed() {
    log_in lisa
    web GET /api/v1/events
    answers "without a session" 401 not_logged_in
    curl -sSN --max-time 20 --cacert "$dir/a/ca.crt" -H "Cookie: __Host-rond=$(cookie_of lisa)" "$base/api/v1/events" >"$dir/events" 2>/dev/null &
    local listener=$! i
    for i in $(seq 100); do grep -q retry "$dir/events" && break; sleep 0.05; done
    sleep 1 # the log-in itself was committed
    local before
    before=$(grep -c '^event: changed' "$dir/events")
    report police meeting --with taxi_trade --from "2015-05-09 14:00" --to "2015-05-09 15:30" >/dev/null
    sync police ", 0 waiting"
    for i in $(seq 200); do # promised is a second
        [ "$(grep -c '^event: changed' "$dir/events")" -gt "$before" ] && break
        sleep 0.05
    done
    [ "$(grep -c '^event: changed' "$dir/events")" -gt "$before" ] || complain "nothing was heard: $(cat "$dir/events")"
    same "nothing of what it was is said" 0 "$(grep -v '^event: changed$\|^data:$\|^retry: 2000$\|^:$\|^$' "$dir/events" | wc -l)"
    sleep 1 # what else that was committed is told of within it
    before=$(grep -c '^event: changed' "$dir/events")
    sync police ", 0 waiting" # a Hello, and nothing that was stored
    expect 7 "There is no person" ctl person lock nobody
    sleep 1.5
    same "what changes nothing is not told" "$before" "$(grep -c '^event: changed' "$dir/events")"
    kill "$listener"
    wait "$listener" 2>/dev/null
}

# When it was seen is written into the store behind the server's back, so that nobody waits for half an hour.
a_page_that_is_left_open_keeps_no_session() {
    local listener hash
    hash=$(printf "$(cookie_of lisa | sed 's/../\\x&/g')" | sha256sum | cut -c 1-64)
    seen_minutes_ago() { sqlite3 -cmd ".timeout 5000" "$dir/a/rond.db" "UPDATE person_sessions SET seen_ms = $(date +%s000) - $1 * 60000 WHERE token_hash = x'$hash'"; }
    is_kept() { # yes or no: seen just now; the command goes the same way, behind what was seen
        ctl person unlock root >/dev/null
        sqlite3 "$dir/a/rond.db" "SELECT iif(seen_ms > $(date +%s000) - 60000, 'yes', 'no') FROM person_sessions WHERE token_hash = x'$hash'"
    }
    by_itself() { web GET "$1" -H "Cookie: __Host-rond=$(cookie_of lisa)" -H "X-Rond-Auto: $2"; }
    seen_minutes_ago 29
    curl -sSN --max-time 20 --cacert "$dir/a/ca.crt" -H "Cookie: __Host-rond=$(cookie_of lisa)" "$base/api/v1/events" >"$dir/events" 2>/dev/null &
    listener=$!
    for _ in $(seq 100); do grep -q retry "$dir/events" && break; sleep 0.05; done
    grep -q retry "$dir/events" || complain "no stream"
    same "by the stream" no "$(is_kept)"
    by_itself /api/v1/session 1
    answers "what a page asks by itself" 200
    same "by that" no "$(is_kept)"
    by_itself /api/v1/session 0
    answers "what somebody asks" 200
    same "by that" yes "$(is_kept)"
    seen_minutes_ago 29
    post /api/v1/sessions/end-others "" -H "Cookie: __Host-rond=$(cookie_of lisa)" -H "X-Rond-CSRF: ${csrfs[lisa]}" -H "X-Rond-Auto: 1"
    answers "a change" 200
    same "by a change" yes "$(is_kept)"
    seen_minutes_ago 31
    by_itself /api/v1/session 1
    answers "half an hour without anybody" 401 not_logged_in
    seen_minutes_ago 0
    kill "$listener"
    wait "$listener" 2>/dev/null
}

a_change_from_elsewhere_is_refused_and_counted() {
    local cookie csrf before
    add admin2 --role administrator
    cookie="Cookie: __Host-rond=$(cookie_of admin2)" csrf="X-Rond-CSRF: ${csrfs[admin2]}"
    local json="Content-Type: application/json" add='{"login":"eve","name":"Eve"}'
    before=$(metric 'rond_people_refusals_total{code="origin_refused"}')
    web POST /api/v1/people -H "$cookie" -H "$csrf" -H "$json" -H "Origin: https://evil.example" -d "$add"
    answers "another origin" 403 origin_refused
    web POST /api/v1/people -H "$cookie" -H "$csrf" -H "$json" -H "Origin: null" -d "$add"
    answers "a null origin" 403 origin_refused
    web POST /api/v1/people -H "$cookie" -H "$csrf" -H "$json" -d "$add"
    answers "no origin" 403 origin_refused
    web POST /api/v1/people -H "$cookie" -H "$csrf" -H "$json" -H "Origin: $base" -H "Sec-Fetch-Site: cross-site" -d "$add"
    answers "a fetch from another site" 403 origin_refused
    web GET /api/v1/session -H "$cookie" -H "Sec-Fetch-Site: cross-site"
    answers "a reading from another site" 403 origin_refused
    web POST /login -H "Origin: https://evil.example" -d "login=lisa&password=x&code=1"
    answers "a log-in from another site" 403 origin_refused
    same "counted" $((before + 6)) "$(metric 'rond_people_refusals_total{code="origin_refused"}')"
    web POST /api/v1/people -H "$cookie" -H "$json" -H "Origin: $base" -d "$add"
    answers "no csrf word" 403 csrf_refused
    web POST /api/v1/people -H "$cookie" -H "X-Rond-CSRF: ${csrfs[root]}" -H "$json" -H "Origin: $base" -d "$add"
    answers "another session's csrf word" 403 csrf_refused
    web POST /api/v1/people -H "$cookie" -H "$csrf" -H "Content-Type: text/plain" -H "Origin: $base" -d "$add"
    answers "as a form could send it" 400 request_invalid
    web POST /api/v1/people -H "$cookie; __Host-rond=0" -H "$csrf" -H "$json" -H "Origin: $base" -d "$add"
    answers "two cookies" 401 not_logged_in
    web PUT /api/v1/people -H "$cookie" -H "$csrf" -H "$json" -H "Origin: $base" -d "$add"
    same "another method" 405 "$status"
    ctl --json person list | grep -q '"eve"' && complain "one of them was done"
    as admin2 POST /api/v1/people "$add"
    answers "as it should be" 200
}

# --- Roles, over the real thing ---

roles_reach_as_far_as_the_table_says() {
    local rows
    add anna --role area_chief --organisation polisen --area lund
    add petra --role partner_viewer --organisation jernhusen --area lund
    add rut --role auditor
    add sten --role area_chief --organisation polisen --area strangnas
    as anna GET /api/v1/devices
    same "her devices" polisen "$(field '[.items[].organisation] | unique | join(",")')"
    as anna GET "/api/v1/reports?limit=500"
    same "evidence of all in her area" "jernhusen,polisen" "$(field '[.items[].organisation] | unique | join(",")')"
    field . | grep -q "behind the fountain" && complain "a list shows free texts"
    as petra GET "/api/v1/reports?limit=500"
    same "a partner sees its own" jernhusen "$(field '[.items[].organisation] | unique | join(",")')"
    as petra GET /api/v1/progress
    same "and the joint figures" lund "$(field '[.areas[].area] | join(",")')"
    [ "$(field '[.areas[].silent_devices[] | select(.name)] | length')" = 0 ] || complain "and names of handhelds"
    as petra GET "/api/v1/progress?area=strangnas"
    answers "another area" 404 not_found
    as petra GET "/api/v1/progress?area=nowhere"
    answers "no area" 404 not_found
    as sten GET "/api/v1/reports?limit=500"
    same "another area's chief sees nothing of it" 0 "$(field '.items | length')"
    as rut GET /api/v1/reports
    answers "the auditor reads no reports" 403 not_permitted
    as root GET /api/v1/reports
    answers "nor does the administrator" 403 not_permitted
    as anna GET /api/v1/audit
    answers "nor the chief the audit log" 403 not_permitted
    as rut POST /api/v1/people '{"login":"mallory","name":"M"}'
    answers "the auditor changes nothing" 403 not_permitted
}

a_text_is_read_for_a_reason_and_what_is_another_s_is_not_there() {
    local read=reading
    as anna POST "/api/v1/reports/$police_report/$read" '{}'
    answers "no reason" 422 reason_missing
    as anna POST "/api/v1/reports/$police_report/$read" '{"reason":"follow-up of 8 May"}'
    answers "with one" 200
    same "the text" "behind the fountain" "$(field '.items[0].report.text')"
    as anna POST "/api/v1/reports/$station_report/$read" '{"reason":"curious"}'
    answers "another organisation's" 404 not_found
    cp "$dir/body" "$dir/refused"
    as anna POST "/api/v1/reports/ZZZZZZ-1-A/$read" '{"reason":"curious"}'
    answers "one that is not there" 404 not_found
    cmp -s "$dir/body" "$dir/refused" || complain "the two can be told apart"
    as sten POST "/api/v1/reports/$police_report/$read" '{"reason":"curious"}'
    answers "from another area" 404 not_found
    as petra POST "/api/v1/reports/$station_report/$read" '{"reason":"our own"}'
    answers "the partner's own" 200
    as root POST "/api/v1/reports/$police_report/$read" '{"reason":"curious"}'
    answers "the administrator" 403 not_permitted
    ctl audit | grep "person:anna" | grep "report.show" | grep -q "reason=follow-up of 8 May" || complain "it is not in the audit log"
    ctl audit | grep "person:petra" | grep -q " export" || complain "a list of reports is not in the audit log"
}

handhelds_and_codes_stay_within_the_grant() {
    local device
    device=$(ctl --json device list | jq -r 'select(.name == "station") | .device')
    add lo --role administrator --organisation polisen --area lund
    as lo POST "/api/v1/devices/$device/revoke" '{"how":"lost"}'
    answers "another organisation's handheld" 404 not_found
    as lo POST "/api/v1/devices/0000/revoke" '{"how":"lost"}'
    answers "one that is not there" 404 not_found
    as lo POST /api/v1/codes '{"organisation":"jernhusen","area":"lund","roles":["station_host"]}'
    answers "another organisation's code" 404 not_found
    as lo POST /api/v1/codes "{\"organisation\":\"polisen\",\"area\":\"lund\",\"roles\":[\"police_officer\"],\"device\":\"$device\"}"
    answers "a code for another's handheld" 404 not_found
    as lo POST /api/v1/codes '{"organisation":"polisen","area":"lund","roles":["police_officer"]}'
    answers "its own" 200
    ctl device list | grep -q "station.*active" || complain "it was revoked"
    device=$(ctl --json device list | jq -r 'select(.name == "police") | .device')
    as anna POST "/api/v1/devices/$device/revoke" '{"how":"nonsense"}'
    answers "nonsense" 422 argument_invalid
}

nobody_takes_over_an_account_that_reaches_further() {
    as lo GET /api/v1/people
    field '.items[].login' | grep -q "^root$" && complain "sees who looks after all"
    for change in lock unlock log-out reset-password reset-second-factor; do
        as lo POST "/api/v1/people/root/$change"
        answers "$change of one who looks after all" 404 not_found
    done
    as lo POST /api/v1/people/anna/grants '{"role":"area_chief"}'
    answers "a grant for all" 404 not_found
    as lo POST /api/v1/people/petra/grants '{"role":"area_chief","organisation":"polisen","area":"lund"}'
    answers "to one of another organisation" 404 not_found
    as lo POST /api/v1/people/lo/grants '{"role":"area_chief","organisation":"polisen","area":"lund"}'
    answers "to oneself" 403 not_permitted
    as root POST /api/v1/people/root/grants '{"role":"auditor"}'
    answers "nor does root" 403 not_permitted
    as lo POST /api/v1/people/anna/grants '{"role":"coordinator","organisation":"polisen","area":"lund"}'
    answers "what is within" 200
    as lo POST /api/v1/people/anna/grants/2/end
    answers "and its end" 200
}

what_rondctl_decides_is_decided_by_who_may() {
    local hold
    as anna POST /api/v1/holds "{\"reference\":\"$police_report\"}"
    answers "a hold without its reason" 422 reason_missing
    as anna POST /api/v1/holds "{\"reference\":\"$station_report\",\"reason\":\"case 4711\"}"
    answers "of another's report" 404 not_found
    as anna POST /api/v1/holds "{\"reference\":\"$police_report\",\"reason\":\"case 4711\"}"
    answers "of one of hers" 200
    hold=$(field .id)
    as anna GET /api/v1/holds
    same "it is in the list" "$hold polisen lund" "$(field '.items[] | "\(.id) \(.controller) \(.area)"')"
    as sten POST "/api/v1/holds/$hold/lift" '{"reason":"over"}'
    answers "another area's chief" 404 not_found
    as anna POST "/api/v1/holds/$hold/lift" '{"reason":"over"}'
    answers "lifted" 200
    as rut GET /api/v1/retention
    same "the built-in rule" "year+1y" "$(field '.items[-1].keep')"
    as petra GET /api/v1/retention/plan
    answers "not a partner's" 403 not_permitted
    as root POST /api/v1/disclosure '{"from":"polisen","to":"jernhusen","category":"check","level":"figures"}'
    answers "a rule of disclosure" 200
    as petra GET /api/v1/disclosure
    same "is seen by whom it is for" polisen "$(field '.items[].from')"
    as root POST /api/v1/disclosure/unset '{"from":"polisen","to":"jernhusen","category":"check"}'
    answers "and goes" 200
    as anna POST /api/v1/public-record '{"controller":"polisen","area":"lund","decision":"dnr 12"}'
    answers "a public record" 200
    field . | grep -q "behind the fountain" && complain "with a free text"
    ctl audit | grep "person:anna" | grep "export.public" | grep -q "decision=dnr 12" || complain "its decision is not in the audit log"
    as anna POST "/api/v1/reports/$police_report/place" '{"place":"stortorget","value":"yes"}'
    answers "where it was" 200
    as anna GET /api/v1/joins/decisions
    same "what was decided" place "$(field '.items[].kind')"
    as petra GET /api/v1/joins/decisions
    same "of another's report" 0 "$(field '.items | length')"
    as anna GET /api/v1/outboxes
    same "outboxes of hers" polisen "$(field '[.items[].organisation] | unique | join(",")')"
    as anna GET /api/v1/forks
    answers "forks" 200
    as petra GET /api/v1/promises/lund-2015-trafik/followups/2015-T2/draft
    answers "a draft" 200
    same "of the first version" "1 lund-2015-trafik" "$(field '"\(.version) \(.document.promise.id)"')"
    as petra GET /api/v1/promises/lund-2015-trafik/followups/2015-T2/changes
    answers "since nothing" 404
    as root POST /api/v1/promises/check "$(jq -n --rawfile text tests/fixtures/lund-2015.yaml '{name:"lund.yaml",text:$text}')"
    same "a promise file" "true false" "$(field '"\(.good) \(.promises[0].is_new)"')"
    as root POST /api/v1/promises/check '{"name":"x.yaml","text":"area: ["}'
    same "a wrong one" "false 1" "$(field '"\(.good) \(.items | length)"')"
    as lo POST /api/v1/people/anna/code
    answers "a code for one who has a password" 409 conflict
}

a_code_for_a_handheld_lives_as_long_as_the_configuration_says() {
    as lo POST /api/v1/codes '{"organisation":"polisen","area":"lund","roles":["police_officer"]}'
    answers "a code" 200
    local minutes=$((($(field .expires_ms) / 1000 - $(date +%s)) / 60))
    [ "$minutes" -ge 6 ] && [ "$minutes" -le 7 ] || complain "it lives for $minutes minutes: $(cat "$dir/body")"
}

lists_go_on_after_their_cursor() {
    local seen="" next=0 more
    while [ "$next" != null ]; do
        as anna GET "/api/v1/reports?limit=2&after=$next"
        answers "a page" 200
        [ "$(field '.items | length')" -le 2 ] || complain "a page is too long"
        seen="$seen $(field '.items[].row' | tr '\n' ' ')"
        more=$(field .next)
        [ "$more" != "$next" ] || { complain "it does not go on"; break; }
        next=$more
    done
    same "each once" "$(ctl --json counts | jq .reports)" "$(tr ' ' '\n' <<<"$seen" | grep -c .)"
    for wrong_query in "limit=0" "limit=501" "limit=x" "after=-1" "after=99999999999999999999"; do
        as anna GET "/api/v1/reports?$wrong_query"
        answers "$wrong_query" 400 request_invalid
    done
    as rut GET "/api/v1/audit?limit=3"
    same "of the audit log too" 3 "$(field '.items | length')"
    as rut GET "/api/v1/audit?limit=1&after=$(field .next)"
    same "from there on" 4 "$(field '.items[0].id')"
}

a_list_is_a_file_for_a_spreadsheet_and_no_answer_is_sent_twice() {
    local rows tag
    as anna GET "/api/v1/reports?format=csv"
    answers "the list" 200
    rows=$(wc -l <"$dir/body")
    same "a line each, and one with the columns" "$(($(ctl --json counts | jq .reports) + 1))" "$rows"
    same "type" "text/csv; charset=utf-8; header=present" "$(header content-type)"
    same "file" 'attachment; filename="rond-reports.csv"' "$(header content-disposition)"
    same "the mark of UTF-8" efbbbf "$(head -c 3 "$dir/body" | od -An -tx1 | tr -d ' ')"
    tag=$(header etag)
    web GET "/api/v1/reports?format=csv" -H "Cookie: __Host-rond=${cookies[anna]}" -H "If-None-Match: $tag"
    answers "the same once more" 304
    same "nothing is sent" 0 "$(wc -c <"$dir/body")"
    as anna GET "/api/v1/reports?format=csv&limit=1"
    same "a part" 2 "$(wc -l <"$dir/body")"
    as anna GET "/api/v1/reports?limit=1"
    same "where it goes on" "$(field .next)" "$(as anna GET "/api/v1/reports?format=csv&limit=1"; header x-rond-next)"
    for wrong_query in "reports?format=xml" "progress?format=csv" "reports?format=csv&limit=20001"; do
        as anna GET "/api/v1/$wrong_query"
        answers "$wrong_query" 400 request_invalid
    done
}

# --- A trusted proxy ---

a_user_header_counts_from_the_proxy_alone() {
    local before
    before=$(metric 'rond_people_refusals_total{code="proxy_header_refused"}')
    web GET /api/v1/session -H "X-Remote-User: root"
    answers "from anybody" 403 proxy_header_refused
    web GET /api/v1/session -H "X-Remote-User: root" -H "Cookie: __Host-rond=$(cookie_of root)"
    answers "not even beside a session" 403 proxy_header_refused
    same "counted" $((before + 2)) "$(metric 'rond_people_refusals_total{code="proxy_header_refused"}')"
    grep -q "proxy_header_refused" "$dir/a.log" || complain "not in the log"
    stop a
    more_configuration="$people
[people]
proxy = 127.0.0.1"
    start a
    web GET /api/v1/session -H "X-Remote-User: anna"
    answers "from the proxy" 200
    same "it is her" anna "$(field .login)"
    local csrf
    csrf=$(field .csrf)
    web GET /api/v1/session -H "X-Remote-User: nobody"
    answers "a name that is nobody's" 401 not_logged_in
    post /api/v1/joins/dismiss '{"references":[]}' -H "X-Remote-User: anna"
    answers "a change without its word" 403 csrf_refused
    post /api/v1/joins/dismiss '{"references":[]}' -H "X-Remote-User: anna" -H "X-Rond-CSRF: $csrf"
    same "with it, it is looked at" 422 "$status"
    stop a
    more_configuration="$people
[people]
proxy = $dir/proxy.sock"
    start a
    web GET /api/v1/session -H "X-Remote-User: anna"
    answers "by the address no longer" 403 proxy_header_refused
    web GET /api/v1/session -H "X-Remote-User: anna" --unix-socket "$dir/proxy.sock"
    answers "by the socket" 200
    same "of its group" 660 "$(stat -c %a "$dir/proxy.sock")"
    as root GET /api/v1/session
    answers "a session outlives the server" 200
}

a_file_of_forbidden_passwords_that_is_not_there_is_a_fault_of_the_configuration() {
    sed "s|^forbidden_passwords = .*|forbidden_passwords = $dir/nowhere|" "$dir/a.conf" >"$dir/wrong.conf"
    expect 3 "people.forbidden_passwords: it cannot be read: No such file" "$bin/rondd" --config "$dir/wrong.conf" --check-config
    expect 3 "No such file" "$bin/rondd" --config "$dir/wrong.conf"
    grep -q "event=forbidden_passwords count=[0-9]* file=yes" "$dir/a.log" || complain "what was read is not in the log"
}

# --- Audit ---

the_audit_log_is_sampled_and_exported_with_its_chain() {
    expect 2 "usage" ctl audit sample
    expect 3 "size" ctl audit sample --size 0
    expect 3 "no day" ctl audit --from yesterday
    same "a sample" 3 "$(ctl audit sample --size 3 --seed 7 2>/dev/null | wc -l)"
    same "the same again" "$(ctl audit sample --size 3 --seed 7 2>/dev/null)" "$(ctl audit sample --size 3 --seed 7 2>/dev/null)"
    same "of readings alone" 0 "$(ctl audit sample --size 1000 2>/dev/null | grep -vc " report.show \| export \| export.public ")"
    as rut GET "/api/v1/audit/sample?size=2&seed=1"
    same "by the listener" 2 "$(field '.items | length')"
    ctl audit export >"$dir/audit.jsonl"
    same "without gaps" "$(wc -l <"$dir/audit.jsonl")" "$(tail -n 1 "$dir/audit.jsonl" | jq .id)"
    same "each with a hash" "$(wc -l <"$dir/audit.jsonl")" "$(jq -r .hash "$dir/audit.jsonl" | sort -u | wc -l)"
    same "none before" 0 "$(ctl audit export --to 2001-01-01 | wc -l)"
    grep -q '"action":"login"' "$dir/audit.jsonl" || complain "no log-ins"
    grep -q '"action":"login.refused"' "$dir/audit.jsonl" || complain "no log-ins that were refused"
    grep -q "nobody" "$dir/audit.jsonl" && complain "what was typed as a name is written down"
    grep -q "$pass\|behind the fountain" "$dir/audit.jsonl" && complain "content is written down"
    expect 0 "sound" ctl verify
}

# --- The town ---

people="[people]
logins_per_minute = 10000
forbidden_passwords = $dir/forbidden
map_tiles_directory = $dir/tiles
map_attribution = © ours
[enrolment]
code_minutes = 7"
echo "gräddbullar" >"$dir/forbidden"
mkdir -p "$dir/tiles/3/4" "$dir/tiles/5"
printf 'a tile' >"$dir/tiles/3/4/2.png"
printf 'a photograph' >"$dir/tiles/3/4/3.jpg"
printf 'secret' >"$dir/tiles/secret.png"
truncate -s 2M "$dir/tiles/3/4/5.png"
more_configuration=$people
printf '%s=0\n' devices enrolment operations people >"$dir/a.ports"
more_listening="people = 127.0.0.1:0"
ctl init >/dev/null || exit 1
for town in lund-2015 strangnas-2019; do
    ctl promise import "tests/fixtures/$town.yaml" >/dev/null || exit 1
done
start a
more_listening="people = 127.0.0.1:$(port a people)"
base="https://localhost:$(port a people)"
enrolled police polisen police_officer
enrolled station jernhusen station_host
may8=(--from "2015-05-08 14:00" --to "2015-05-08 15:30")
police_report=$(report police check --of cyclist_behaviour --form targeted --checked 14 --place stortorget "${may8[@]}" --text "behind the fountain")
for _ in 1 2 3 4; do report police meeting --with taxi_trade "${may8[@]}" >/dev/null; done
station_report=$(report station meeting --with taxi_trade "${may8[@]}" --text "station secret")
sync police ", 0 waiting"
sync station ", 0 waiting"

run_tests the_first_administrator_comes_by_rondctl_and_sets_the_own_secrets \
    password_and_code_log_in_and_the_cookie_is_closed \
    headers_are_those_of_a_closed_page \
    wrong_name_wrong_password_wrong_code_are_one_answer_at_one_cost \
    after_five_failures_even_what_is_right_must_wait \
    a_lost_second_factor_has_a_way_back_that_ends_everything_before \
    log_out_ends_the_session_and_everywhere_ends_all \
    the_own_password_is_changed_by_who_knows_the_old_one \
    another_password_by_an_administrator_leaves_the_second_factor \
    own_sessions_are_seen_and_ended \
    the_form_logs_in_without_script \
    files_come_compressed_and_are_kept_by_their_names \
    the_ground_of_the_map_comes_from_a_directory_to_who_has_logged_in \
    a_page_that_is_open_hears_of_what_was_committed \
    a_page_that_is_left_open_keeps_no_session \
    a_change_from_elsewhere_is_refused_and_counted \
    roles_reach_as_far_as_the_table_says \
    a_text_is_read_for_a_reason_and_what_is_another_s_is_not_there \
    handhelds_and_codes_stay_within_the_grant \
    nobody_takes_over_an_account_that_reaches_further \
    what_rondctl_decides_is_decided_by_who_may \
    a_code_for_a_handheld_lives_as_long_as_the_configuration_says \
    lists_go_on_after_their_cursor \
    a_list_is_a_file_for_a_spreadsheet_and_no_answer_is_sent_twice \
    a_user_header_counts_from_the_proxy_alone \
    a_file_of_forbidden_passwords_that_is_not_there_is_a_fault_of_the_configuration \
    the_audit_log_is_sampled_and_exported_with_its_chain
