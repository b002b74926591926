#include "auth/endpoints.h"

#include <string.h>

#include "base/check.h"

#define A "/api/v1"

static const struct endpoint ENDPOINTS[] = {
    {ENDPOINT_GET, "/", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_FILE, NULL},
    {ENDPOINT_GET, "/assets/{file}", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_FILE, NULL},
    {ENDPOINT_GET, "/favicon.svg", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_FILE, NULL},
    {ENDPOINT_GET, "/login", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_PAGE, NULL},
    {ENDPOINT_GET, "/accessibility", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_ACCESSIBILITY, NULL},
    {ENDPOINT_GET, "/rond.css", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_STYLE, NULL},
    {ENDPOINT_POST, "/login", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_PAGE, NULL},
    {ENDPOINT_GET, "/setup", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_PAGE | ENDPOINT_SETUP, NULL},
    {ENDPOINT_POST, "/setup", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_PAGE | ENDPOINT_SETUP, NULL},
    {ENDPOINT_GET, "/tiles/{z}/{x}/{y}", ACCESS_SELF, OBJECT_SELF, ENDPOINT_TILE, NULL},

    {ENDPOINT_GET, "/public", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_OPEN, NULL},
    {ENDPOINT_GET, "/public.css", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_FILE, NULL},
    {ENDPOINT_GET, "/public/{promise}", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_OPEN, NULL},
    {ENDPOINT_GET, "/public/{promise}/{period}/{version}", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_OPEN, NULL},
    {ENDPOINT_GET, A "/public/promises", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_OPEN, NULL},
    {ENDPOINT_GET, A "/public/promises.json", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_OPEN, NULL},
    {ENDPOINT_GET, A "/public/promises.csv", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_OPEN, NULL},
    {ENDPOINT_GET, A "/public/promises.geojson", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_OPEN, NULL},
    {ENDPOINT_GET, A "/public/promises/{promise}", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_OPEN, NULL},
    {ENDPOINT_GET, A "/public/promises/{promise}/statements", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_OPEN, NULL},
    {ENDPOINT_GET, A "/public/promises/{promise}/statements/{period}/{file}", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_OPEN,
     NULL},
    {ENDPOINT_GET, A "/public/keys", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_OPEN, NULL},
    {ENDPOINT_GET, A "/public/keys/{key}", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_OPEN, NULL},

    {ENDPOINT_GET, A "/openapi.json", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_FILE, NULL},
    {ENDPOINT_POST, A "/session", ACCESS_SELF, OBJECT_PUBLIC, 0, NULL},
    {ENDPOINT_POST, A "/setup", ACCESS_SELF, OBJECT_PUBLIC, ENDPOINT_SETUP, NULL},
    {ENDPOINT_GET, A "/session", ACCESS_SELF, OBJECT_SELF, ENDPOINT_CSRF, "session.show"},
    {ENDPOINT_GET, A "/events", ACCESS_SELF, OBJECT_SELF, ENDPOINT_STREAM, "events"},
    {ENDPOINT_POST, A "/session/end", ACCESS_SELF, OBJECT_SELF, ENDPOINT_LOGS_OUT, "session.end"},
    {ENDPOINT_POST, A "/session/end-all", ACCESS_SELF, OBJECT_SELF, ENDPOINT_LOGS_OUT, "session.end-all"},
    {ENDPOINT_POST, A "/session/password", ACCESS_SELF, OBJECT_SELF, 0, NULL},
    {ENDPOINT_GET, A "/sessions", ACCESS_SELF, OBJECT_SELF, ENDPOINT_LIST, "session.list"},
    {ENDPOINT_POST, A "/sessions/end-others", ACCESS_SELF, OBJECT_SELF, 0, "session.end-others"},
    {ENDPOINT_POST, A "/sessions/{id}/end", ACCESS_SELF, OBJECT_SELF, 0, "session.end-one"},

    {ENDPOINT_GET, A "/words", ACCESS_REFERENCE_READ, OBJECT_INSTALLATION, ENDPOINT_LIST, "words"},
    {ENDPOINT_GET, A "/promises", ACCESS_PROMISES_READ, OBJECT_ROWS, ENDPOINT_LIST, "promise.list"},
    {ENDPOINT_POST, A "/promises", ACCESS_PROMISE_CHANGE, OBJECT_INSTALLATION, 0, "promise.import"},
    {ENDPOINT_GET, A "/promises/{promise}/versions", ACCESS_PROMISES_READ, OBJECT_PROMISE, ENDPOINT_LIST,
     "promise.versions"},
    {ENDPOINT_GET, A "/promises/{promise}", ACCESS_PROMISES_READ, OBJECT_PROMISE, 0, "promise.show"},
    {ENDPOINT_GET, A "/promises/{promise}/file", ACCESS_PROMISES_READ, OBJECT_PROMISE, ENDPOINT_ATTACHMENT, "promise.file"},
    {ENDPOINT_POST, A "/promises/check", ACCESS_PROMISE_CHANGE, OBJECT_INSTALLATION, ENDPOINT_LIST, "promise.check"},
    {ENDPOINT_POST, A "/promises/save", ACCESS_PROMISE_SAVE, OBJECT_SAVED, 0, "promise.save"},
    {ENDPOINT_POST, A "/promises/preview", ACCESS_PROMISE_TRY, OBJECT_AREA, ENDPOINT_HEAVY, "promise.preview"},
    {ENDPOINT_POST, A "/promises/{promise}/remove", ACCESS_PROMISE_CHANGE, OBJECT_INSTALLATION, 0, "promise.remove"},
    {ENDPOINT_GET, A "/promises/{promise}/followups", ACCESS_PROMISES_READ, OBJECT_PROMISE, ENDPOINT_LIST, "followup.list"},
    {ENDPOINT_GET, A "/promises/{promise}/followups/{period}", ACCESS_PROMISES_READ, OBJECT_PROMISE, ENDPOINT_LIST,
     "followup.show"},
    {ENDPOINT_GET, A "/promises/{promise}/followups/{period}/changes", ACCESS_FIGURES_READ, OBJECT_PROMISE, 0,
     "followup.diff"},
    {ENDPOINT_GET, A "/promises/{promise}/followups/{period}/draft", ACCESS_FIGURES_READ, OBJECT_PROMISE, 0,
     "followup.draft"},
    {ENDPOINT_GET, A "/followup-keys", ACCESS_REFERENCE_READ, OBJECT_INSTALLATION, ENDPOINT_LIST, "followup.keys"},
    {ENDPOINT_POST, A "/promises/{promise}/followups", ACCESS_FOLLOWUP_PUBLISH, OBJECT_PROMISE, 0, "followup.publish"},
    {ENDPOINT_GET, A "/progress", ACCESS_FIGURES_READ, OBJECT_AREA, 0, "progress"},
    {ENDPOINT_GET, A "/commitments/{promise}/{commitment}", ACCESS_FIGURES_READ, OBJECT_COMMITMENT, 0,
     "progress.commitment"},
    {ENDPOINT_GET, A "/commitments/{promise}/{commitment}/evidence", ACCESS_EVIDENCE_READ, OBJECT_COMMITMENT, ENDPOINT_LIST,
     "progress.why"},
    {ENDPOINT_GET, A "/commitments/{promise}/{commitment}/course", ACCESS_FIGURES_READ, OBJECT_COMMITMENT, 0,
     "progress.course"},
    {ENDPOINT_GET, A "/presence", ACCESS_FIGURES_READ, OBJECT_AREA, 0, "presence"},
    {ENDPOINT_GET, A "/summary", ACCESS_EVIDENCE_READ, OBJECT_SHARE, ENDPOINT_LIST, "summary"},
    {ENDPOINT_GET, A "/activities", ACCESS_PROMISES_READ, OBJECT_AREA, ENDPOINT_LIST, "activity.list"},
    {ENDPOINT_POST, A "/activities", ACCESS_ACTIVITY_PLAN, OBJECT_AREA, 0, "activity.plan"},
    {ENDPOINT_POST, A "/activities/{activity}/cancel", ACCESS_ACTIVITY_PLAN, OBJECT_ACTIVITY, 0, "activity.cancel"},

    {ENDPOINT_GET, A "/walks", ACCESS_FIGURES_READ, OBJECT_AREA, ENDPOINT_LIST, "walk.list"},
    {ENDPOINT_POST, A "/walks/{reference}", ACCESS_COUNTING_DECIDE, OBJECT_REPORTS, 0, "walk.set"},
    {ENDPOINT_POST, A "/walks/{reference}/close", ACCESS_COUNTING_DECIDE, OBJECT_REPORTS, ENDPOINT_REASON, "walk.close"},
    {ENDPOINT_GET, A "/map", ACCESS_EVIDENCE_READ, OBJECT_AREA, ENDPOINT_LIST | ENDPOINT_WHOLE, "map"},
    {ENDPOINT_GET, A "/map/reports", ACCESS_EVIDENCE_READ, OBJECT_AREA, ENDPOINT_LIST, "map.reports"},
    {ENDPOINT_GET, A "/map/unsafe-places", ACCESS_FIGURES_READ, OBJECT_AREA, ENDPOINT_LIST, "map.unsafe"},

    {ENDPOINT_GET, A "/reports", ACCESS_EVIDENCE_READ, OBJECT_ROWS, ENDPOINT_LIST, "export"},
    {ENDPOINT_GET, A "/reports/flagged", ACCESS_EVIDENCE_READ, OBJECT_ROWS, ENDPOINT_LIST, "report.flagged"},
    {ENDPOINT_GET, A "/reports/undecided", ACCESS_EVIDENCE_READ, OBJECT_ROWS, ENDPOINT_LIST, "report.undecided"},
    {ENDPOINT_GET, A "/reports/{reference}", ACCESS_EVIDENCE_READ, OBJECT_REPORTS, 0, "report.trace"},
    {ENDPOINT_POST, A "/reports/{reference}/reading", ACCESS_REPORT_READ, OBJECT_REPORTS, ENDPOINT_REASON, "report.show"},
    {ENDPOINT_POST, A "/reports/{reference}/place", ACCESS_COUNTING_DECIDE, OBJECT_REPORTS, 0, "report.place"},
    {ENDPOINT_POST, A "/reports/{reference}/part", ACCESS_COUNTING_DECIDE, OBJECT_REPORTS, 0, "join.part"},
    {ENDPOINT_GET, A "/joins", ACCESS_EVIDENCE_READ, OBJECT_AREA, ENDPOINT_LIST, "join.list"},
    {ENDPOINT_GET, A "/joins/decisions", ACCESS_EVIDENCE_READ, OBJECT_ROWS, ENDPOINT_LIST, "join.log"},
    {ENDPOINT_POST, A "/joins", ACCESS_COUNTING_DECIDE, OBJECT_REPORTS, 0, "join.make"},
    {ENDPOINT_POST, A "/joins/dismiss", ACCESS_COUNTING_DECIDE, OBJECT_REPORTS, 0, "join.dismiss"},
    {ENDPOINT_POST, A "/joins/{decision}/undo", ACCESS_COUNTING_DECIDE, OBJECT_DECISION, 0, "join.undo"},
    {ENDPOINT_GET, A "/quarantine", ACCESS_EVIDENCE_READ, OBJECT_ROWS, ENDPOINT_LIST, "quarantine.list"},
    {ENDPOINT_POST, A "/quarantine/{reference}/amend", ACCESS_QUARANTINE_DECIDE, OBJECT_REPORTS, ENDPOINT_REASON,
     "quarantine.amend"},
    {ENDPOINT_POST, A "/quarantine/{reference}/release", ACCESS_QUARANTINE_DECIDE, OBJECT_REPORTS, 0, "quarantine.release"},
    {ENDPOINT_POST, A "/quarantine/{reference}/discard", ACCESS_QUARANTINE_DECIDE, OBJECT_REPORTS, ENDPOINT_REASON,
     "quarantine.discard"},

    {ENDPOINT_GET, A "/forks", ACCESS_EVIDENCE_READ, OBJECT_ROWS, ENDPOINT_LIST, "fork.list"},
    {ENDPOINT_POST, A "/public-record", ACCESS_RECORD_DISCLOSE, OBJECT_CONTROLLER, ENDPOINT_LIST, "export.public"},

    {ENDPOINT_GET, A "/retention", ACCESS_RETENTION_READ, OBJECT_ROWS, ENDPOINT_LIST, "retention.list"},
    {ENDPOINT_GET, A "/retention/plan", ACCESS_RETENTION_READ, OBJECT_ROWS, ENDPOINT_LIST, "retention.plan"},
    {ENDPOINT_GET, A "/retention/protocol", ACCESS_RETENTION_READ, OBJECT_ROWS, ENDPOINT_LIST, "retention.protocol"},
    {ENDPOINT_GET, A "/holds", ACCESS_HOLD_READ, OBJECT_ROWS, ENDPOINT_LIST, "hold.list"},
    {ENDPOINT_POST, A "/holds", ACCESS_HOLD_CHANGE, OBJECT_HOLDING, ENDPOINT_REASON, "hold.add"},
    {ENDPOINT_POST, A "/holds/{id}/lift", ACCESS_HOLD_CHANGE, OBJECT_HOLD, ENDPOINT_REASON, "hold.lift"},
    {ENDPOINT_GET, A "/disclosure", ACCESS_DISCLOSURE_READ, OBJECT_ROWS, ENDPOINT_LIST, "disclosure.list"},
    {ENDPOINT_POST, A "/disclosure", ACCESS_DISCLOSURE_CHANGE, OBJECT_DISCLOSURE, 0, "disclosure.set"},
    {ENDPOINT_POST, A "/disclosure/unset", ACCESS_DISCLOSURE_CHANGE, OBJECT_DISCLOSURE, 0, "disclosure.unset"},

    {ENDPOINT_GET, A "/devices", ACCESS_DEVICES_READ, OBJECT_ROWS, ENDPOINT_LIST, "device.list"},
    {ENDPOINT_GET, A "/outboxes", ACCESS_DEVICES_READ, OBJECT_ROWS, ENDPOINT_LIST, "outbox.list"},
    {ENDPOINT_POST, A "/devices/{device}/revoke", ACCESS_DEVICE_REVOKE, OBJECT_DEVICE, 0, "device.revoke"},
    {ENDPOINT_GET, A "/devices/waiting", ACCESS_DEVICES_READ, OBJECT_ROWS, ENDPOINT_LIST, "device.waiting"},
    {ENDPOINT_POST, A "/devices/{device}/approve", ACCESS_DEVICE_APPROVE, OBJECT_WAITING, 0, "device.approve"},
    {ENDPOINT_POST, A "/devices/{device}/refuse", ACCESS_DEVICE_APPROVE, OBJECT_WAITING, 0, "device.refuse"},
    {ENDPOINT_POST, A "/codes", ACCESS_CODE_ISSUE, OBJECT_SHARE, 0, "device.code"},

    {ENDPOINT_GET, A "/people", ACCESS_PEOPLE_READ, OBJECT_ROWS, ENDPOINT_LIST, "person.list"},
    {ENDPOINT_POST, A "/people", ACCESS_PEOPLE_CHANGE, OBJECT_GRANT, 0, "person.add"},
    {ENDPOINT_POST, A "/people/{login}/grants", ACCESS_PEOPLE_CHANGE, OBJECT_GRANT, 0, "person.grant"},
    {ENDPOINT_POST, A "/people/{login}/grants/{number}/end", ACCESS_PEOPLE_CHANGE, OBJECT_PERSON, 0, "person.end-grant"},
    {ENDPOINT_POST, A "/people/{login}/code", ACCESS_PEOPLE_CHANGE, OBJECT_PERSON, 0, "person.code"},
    {ENDPOINT_POST, A "/people/{login}/lock", ACCESS_PEOPLE_CHANGE, OBJECT_PERSON, 0, "person.lock"},
    {ENDPOINT_POST, A "/people/{login}/unlock", ACCESS_PEOPLE_CHANGE, OBJECT_PERSON, 0, "person.unlock"},
    {ENDPOINT_POST, A "/people/{login}/log-out", ACCESS_PEOPLE_CHANGE, OBJECT_PERSON, 0, "person.log-out"},
    {ENDPOINT_POST, A "/people/{login}/reset-password", ACCESS_PEOPLE_CHANGE, OBJECT_PERSON, 0, "person.reset-password"},
    {ENDPOINT_POST, A "/people/{login}/reset-second-factor", ACCESS_PEOPLE_CHANGE, OBJECT_PERSON, 0,
     "person.reset-second-factor"},

    {ENDPOINT_GET, A "/audit", ACCESS_AUDIT_READ, OBJECT_INSTALLATION, ENDPOINT_LIST, "audit"},
    {ENDPOINT_GET, A "/audit/sample", ACCESS_AUDIT_READ, OBJECT_INSTALLATION, ENDPOINT_LIST, "audit.sample"},
    {ENDPOINT_GET, A "/counts", ACCESS_OPERATIONS_READ, OBJECT_INSTALLATION, 0, "counts"},
    {ENDPOINT_GET, A "/verify", ACCESS_OPERATIONS_READ, OBJECT_INSTALLATION, ENDPOINT_LIST, "verify"},
};

const struct endpoint *endpoints(size_t *ret_count) {
    *ret_count = ARRAY_COUNT(ENDPOINTS);
    return ENDPOINTS;
}

// The next part of a path or pattern, up to its slash or end.
static struct bytes part_of(const char **at) {
    size_t size = strcspn(*at, "/");
    struct bytes part = bytes_of(*at, size);
    *at += size;
    return part;
}

static bool is_argument(struct bytes part) {
    return part.size > 2 && part.data[0] == '{' && part.data[part.size - 1] == '}';
}

static bool fits(const char *pattern, const char *path, struct endpoint_match *match) {
    match->count = 0;
    while (*pattern == '/' && *path == '/') {
        pattern++;
        path++;
        struct bytes expected = part_of(&pattern), part = part_of(&path);
        if (!is_argument(expected)) {
            if (!bytes_equal(expected, part))
                return false;
            continue;
        }
        CHECK(match->count < ENDPOINT_ARGUMENTS_MAX);
        if (part.size == 0)
            return false;
        match->arguments[match->count].name = bytes_of(expected.data + 1, expected.size - 2);
        match->arguments[match->count++].value = part;
    }
    return *pattern == '\0' && *path == '\0';
}

// Exact words stand before arguments in the table where both would fit.
struct endpoint_match endpoint_match(enum endpoint_method method, const char *path) {
    struct endpoint_match match = {0};
    for (size_t i = 0; i < ARRAY_COUNT(ENDPOINTS); i++) {
        struct endpoint_match tried = {.endpoint = &ENDPOINTS[i]};
        if (!fits(ENDPOINTS[i].pattern, path, &tried))
            continue;
        if (ENDPOINTS[i].method == method)
            return tried;
        match.other_method = true;
    }
    return match;
}
