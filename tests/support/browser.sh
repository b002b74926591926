# People who log in, for the scenarios over real processes: a browser, an authenticator, and what a person does before the first
# log-in. Sourced after tests/support/scenario.sh; speaks to server "a".
# shellcheck shell=bash disable=SC2034,SC2154 # some names are for whoever sources it, others are scenario.sh's

base="" # of the running server
web() { # METHOD PATH [MORE...]: status in $status, body in $dir/body, head in $dir/head
    local method=$1 path=$2
    shift 2
    status=$(curl -sS --max-time 60 --cacert "$dir/a/ca.crt" -X "$method" -o "$dir/body" -D "$dir/head" -w '%{http_code}' "$@" "$base$path" 2>>"$dir/curl.log")
}
post() { # PATH JSON [MORE...]: as a page of ours does
    local path=$1 json=$2
    shift 2
    web POST "$path" -H "Origin: $base" -H "Content-Type: application/json" -d "$json" "$@"
}
cookie_of() { echo "${cookies[$1]:-}"; }
declare -A cookies=() csrfs=() # by login
as() { # LOGIN GET|POST PATH [JSON]
    local login=$1 method=$2 path=$3 json=${4:-}
    if [ "$method" = GET ]; then
        web GET "$path" -H "Cookie: __Host-rond=${cookies[$login]:-}"
    else
        post "$path" "$json" -H "Cookie: __Host-rond=${cookies[$login]:-}" -H "X-Rond-CSRF: ${csrfs[$login]:-}"
    fi
}
field() { jq -r "$1" <"$dir/body"; }
header() { tr -d '\r' <"$dir/head" | sed -n "s/^$1: //Ip"; }
answers() { # WHAT STATUS [CODE]
    same "$1" "$2" "$status"
    [ $# -lt 3 ] || same "$1, code" "$3" "$(field .code)"
}
totp() { # SECRET [STEPS-FROM-NOW]
    local key step mac offset
    key=$(printf %s "$1" | base32 -d | od -An -tx1 | tr -d ' \n')
    step=$(printf '%016x' $(($(date +%s) / 30 + ${2:-0})))
    mac=$(printf "$(sed 's/../\\x&/g' <<<"$step")" | openssl dgst -sha1 -mac HMAC -macopt "hexkey:$key" | sed 's/.*= //')
    offset=$((16#${mac:39:1} * 2))
    printf '%06d\n' $(((16#${mac:offset:8} & 0x7fffffff) % 1000000))
}
pass="tre gröna äpplen"
set_up() { # LOGIN CODE
    post /api/v1/setup "{\"login\":\"$1\",\"code\":\"$2\",\"password\":\"$pass\"}"
    [ "$status" = 200 ] || { complain "$1 could not set up: $status $(cat "$dir/body")"; return 1; }
    field .second_factor >"$dir/$1.secret"
    field '.recovery_codes[]' >"$dir/$1.recovery"
}
try() { # LOGIN PASSWORD CODE
    post /api/v1/session "{\"login\":\"$1\",\"password\":\"$2\",\"code\":\"$3\"}"
}
kept() { # LOGIN: what a log-in gave
    cookies[$1]=$(header set-cookie | sed -n 's/^__Host-rond=\([0-9a-f]*\);.*/\1/p')
    csrfs[$1]=$(field .csrf)
}
recovery_code() { # LOGIN: one that was not used yet
    head -n 1 "$dir/$1.recovery"
    sed -i 1d "$dir/$1.recovery"
}
log_in() { # LOGIN
    try "$1" "$pass" "$(recovery_code "$1")"
    [ "$status" = 200 ] || complain "$1 could not log in: $status"
    kept "$1"
}
add() { # LOGIN OPTIONS...
    local login=$1 code
    shift
    code=$(ctl person add "$login" --name "$login" "$@" 2>/dev/null) || complain "$login cannot be added"
    set_up "$login" "$code" && log_in "$login"
}
