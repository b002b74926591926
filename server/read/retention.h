// How long bodies are kept: rules for each controller and category, legal holds, and what would go now. Pure but for
// loading.
//
// A rule is stored as {"controller", "category", "keep"} under the id "CONTROLLER/CATEGORY"; "*" is every controller. A
// category is a kind of report ("check", "visible_patrol" ...), "flagged" (its texts seem to hold personal data),
// "withdrawal", "quarantined" or "default". The first that is there holds, in this order: of the controller, then of "*":
// flagged, quarantined, its kind or withdrawal, default. Where none is, year+1y holds. "keep":
//   "year+Ny"  until N years after the end of the calendar year (in Sweden) in which the report was received
//   "Nd"       N days from its receipt
//
// A hold is {"reason", "controller", "area", "from_s", "to_s", "report"}, all but the reason null where it does not matter;
// of one report controller and area are the report's own. What it names is not erased while it stands; a report is held
// where it happened at any moment of the time.
#ifndef READ_RETENTION_H
#define READ_RETENTION_H

#include "read/rows.h"

enum { RETENTION_ID_SIZE = 160, RETENTION_YEARS_MAX = 50, RETENTION_DAYS_MAX = 36500 };
#define RETENTION_DEFAULT_KEEP "year+1y"
#define RETENTION_EVERYBODY "*"

struct retention_keep {
    bool from_year_end; // else from receipt
    uint32_t amount;    // years, days
};
bool retention_keep_parse(const char *text, struct retention_keep *ret_keep);
// The first moment at which a report that was received then is no longer kept.
int64_t retention_due_ms(const struct retention_keep *keep, int64_t received_ms);
bool retention_category_is_known(const char *category);

struct retention_rule {
    const char *controller, *category, *keep_text;
    struct retention_keep keep;
    const char *name; // "polisen/default year+1y": what erased reports, protocol and dry run say
};
struct retention_hold {
    const char *id, *reason;
    const char *controller, *area; // NULL: any
    int64_t from_s, to_s;          // 0, INT64_MAX: open
    bool has_report;
    struct report_key report;
};
struct retention {
    struct retention_rule *rules;
    size_t rules_count;
    struct retention_hold *holds;
    size_t holds_count;
};
// As the store has them; they live in the arena. ROND_ECORRUPT where a stored one makes no sense.
MUST_CHECK enum rond_err retention_load(struct store *store, struct arena *arena, struct retention *ret_retention);
const struct retention_rule *retention_rule_for(const struct retention *retention, const struct retained_row *row);
const struct retention_hold *retention_hold_of(const struct retention *retention, const struct retained_row *row); // NULL
// The shortest time in days for which anything of that controller is kept; 0: no rule counts in days.
uint32_t retention_days_least(const struct retention *retention, const char *controller);
// No report that was received at this moment or later is due by any rule.
int64_t retention_newest_due_ms(const struct retention *retention, int64_t now_ms);

// {"controller", "category", "keep", "set_ms", "set", "actor"}; the built-in rule comes last, without the last three.
MUST_CHECK enum rond_err read_retention_rules(struct store *store, const struct read_rows *rows);
// {"id", "reason", "controller", "area", "from_s", "from", "to_s", "to", "report", "set_ms", "set", "actor"}
MUST_CHECK enum rond_err read_holds(struct store *store, const struct read_rows *rows);
// What a run would do now: {"rule", "controller", "month": "2026-05" of receipt, "reports", "held"}.
MUST_CHECK enum rond_err read_retention_plan(struct store *store, int64_t now_ms, const struct read_rows *rows);
// {"run_ms", "run", "at_ms", "at", "actor", "rule", "controller", "reports", "forks", "first_ms", "first", "last_ms",
// "last"}
MUST_CHECK enum rond_err read_retention_protocol(struct store *store, const struct read_rows *rows);

#endif
