// How a commitment stands at a moment. Each measure fills done, target and target_whole, and says how far the calendar
// has come; the sentences are written from those.
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/number_text.h"
#include "counting/fold.h"

const char *progress_status_name(enum progress_status status) {
    static const char *const names[] = {
        [PROGRESS_NOT_STARTED] = "not_started", [PROGRESS_MET] = "met",       [PROGRESS_ON_PACE] = "on_pace",
        [PROGRESS_BEHIND] = "behind",           [PROGRESS_MISSED] = "missed", [PROGRESS_COUNTED] = "counted",
        [PROGRESS_UNKNOWN] = "unknown",
    };
    CHECK((unsigned)status < ARRAY_COUNT(names));
    return names[status];
}

// --- The calendar ---

// Days in phase act and in season: all of them, and those that have passed.
struct calendar {
    int64_t days;
    int64_t days_passed;
    bool is_over; // none is left
};

// Of a promise that was followed up or closed the calendar stands still on that day.
static day_t calendar_day(const struct commitment *commitment, day_t today) {
    return today < commitment->judged_from ? today : commitment->judged_from;
}

static void calendar_at(const struct commitment *commitment, day_t today, struct calendar *ret_calendar) {
    struct calendar calendar = {0};
    for (day_t day = commitment->act_from; day <= commitment->act_to; day++) {
        bool counts = commitment_in_season(commitment, day, NULL);
        calendar.days += counts;
        calendar.days_passed += counts && day < today;
    }
    calendar.is_over = today > commitment->to || today >= commitment->judged_from ||
                       (calendar.days > 0 && calendar.days_passed == calendar.days);
    *ret_calendar = calendar;
}

static enum progress_status pace(bool met, bool on_pace, bool is_over) {
    return met ? PROGRESS_MET : is_over ? PROGRESS_MISSED : on_pace ? PROGRESS_ON_PACE : PROGRESS_BEHIND;
}

// --- At least, once, unquantified ---

static void counted_progress(const struct commitment *commitment, const struct calendar *calendar,
                             struct progress *progress) {
    Rond__V1__Measure measure = commitment->definition->measure;
    int64_t target = (int64_t)(commitment->definition->target > INT32_MAX ? INT32_MAX : commitment->definition->target);
    target = measure == ROND__V1__MEASURE__MEASURE_UNQUANTIFIED          ? 0
             : measure == ROND__V1__MEASURE__MEASURE_ONCE && target == 0 ? 1
                                                                         : target;
    progress->done = progress->sum.count;
    progress->target = target;
    progress->target_whole = target;
    if (target == 0) {
        progress->status = PROGRESS_COUNTED;
        return;
    }
    int64_t due = calendar->days == 0 ? 0 : target * calendar->days_passed / calendar->days;
    progress->status = pace(progress->done >= target, progress->done >= due, calendar->is_over);
}

// --- Rate ---

// The name of a week, month, tertial or quarter is told apart by its first eight bytes, its end among them where it is
// shorter: compared as one number, since a page may ask for hundreds of figures.
static int64_t count_in_period(const struct period_total *totals, size_t count, const char *period) {
    enum { NAME_BYTES = 8 };
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += memcmp(totals[i].period, period, NAME_BYTES) == 0 ? totals[i].tally.count : 0;
    }
    return sum;
}

struct periods {
    int64_t all;
    int64_t passed;
    int64_t passed_kept;
    int64_t kept; // passed, running or still to come
};

// Goes through the days once.
static void periods_at(const struct commitment *commitment, const struct period_total *totals, size_t count, day_t today,
                       struct periods *ret_periods) {
    struct periods periods = {0};
    int64_t target = (int64_t)commitment->definition->target;
    char name[PERIOD_SIZE];
    for (day_t day = commitment->act_from; day <= commitment->act_to; day++) {
        if (day < commitment->act_to && !period_ends(commitment->definition->per, day)) {
            continue;
        }
        period_name(commitment->definition->per, day, name);
        bool passed = day < today;
        bool kept = count_in_period(totals, count, name) >= target;
        periods.all++;
        periods.passed += passed;
        periods.kept += kept;
        periods.passed_kept += passed && kept;
    }
    *ret_periods = periods;
}

static void rate_progress(const struct commitment *commitment, const struct period_total *totals, size_t count, day_t today,
                          const struct calendar *calendar, struct progress *progress) {
    struct periods periods;
    periods_at(commitment, totals, count, today, &periods);
    int64_t target = (int64_t)commitment->definition->target;
    progress->done = periods.kept;
    progress->target = periods.passed + (periods.kept - periods.passed_kept);
    progress->target_whole = periods.all;
    if (target == 0) {
        progress->status = PROGRESS_COUNTED;
    } else if (commitment->definition->about) {
        progress->status = pace(progress->sum.count >= target * periods.all, progress->sum.count >= target * periods.passed,
                                calendar->is_over);
    } else {
        progress->status = pace(periods.kept == periods.all, periods.passed_kept == periods.passed, calendar->is_over);
    }
}

// --- Presence ---

// closed_s: a window that closes by then has passed; INT64_MAX where all those have that opened before today.
static void presence_progress(const struct commitment *commitment, int64_t closed_s, day_t today,
                              const struct calendar *calendar, struct progress *progress) {
    int64_t all = 0;
    int64_t passed = 0;
    for (day_t day = commitment->act_from; day <= commitment->act_to; day++) {
        for (size_t i = 0; i < commitment->definition->n_windows; i++) {
            const Rond__V1__Window *window = commitment->definition->windows[i];
            if (!commitment_window_opens(commitment, window, day)) {
                continue;
            }
            int64_t from_s, to_s = INT64_MAX;
            if (day <= today) {
                commitment_window_span(commitment, window, day, &from_s, &to_s);
            }
            all++;
            passed += closed_s == INT64_MAX ? day < today : to_s <= closed_s;
        }
    }
    progress->done = progress->sum.windows_met;
    progress->target = passed > progress->done ? passed : progress->done;
    progress->target_whole = all;
    progress->status =
        all == 0 ? PROGRESS_COUNTED : pace(progress->done >= all, progress->done >= passed, calendar->is_over);
}

// --- Actions closed ---

// How many there are is known only as the walks find them, so there is no pace: all closed, or some still open.
static void actions_progress(const struct calendar *calendar, struct progress *progress) {
    progress->done = progress->sum.actions_closed;
    progress->target = progress->sum.actions_closed + progress->sum.actions_open;
    progress->target_whole = progress->target;
    progress->status =
        progress->target == 0 ? PROGRESS_COUNTED : pace(progress->sum.actions_open == 0, true, calendar->is_over);
}

// --- Named places ---

static int64_t count_named(const struct period_total *totals, size_t count, const char *name) {
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += strcmp(totals[i].period, name) == 0 ? totals[i].tally.count : 0;
    }
    return sum;
}

static void places_sum(const struct commitment *commitment, const struct period_total *totals, size_t count,
                       struct progress *progress) {
    const Rond__V1__Commitment *definition = commitment->definition;
    for (size_t i = 0; i < definition->n_among_places && i < AMONG_PLACES_MAX; i++) {
        char certain[PERIOD_SIZE], open[PERIOD_SIZE];
        place_period(false, i, certain);
        place_period(true, i, open);
        progress->places[i] = (struct place_progress){
            .place = definition->among_places[i],
            .count = count_named(totals, count, certain),
            .open = count_named(totals, count, open),
        };
        progress->places_count = i + 1;
    }
}

struct places_standing {
    int64_t reached;
    int64_t open;   // not reached, unless a person decides so
    int64_t missed; // not reached, whatever anybody decides
};

static struct places_standing places_standing(const struct progress *progress) {
    struct places_standing standing = {0};
    for (size_t i = 0; i < progress->places_count; i++) {
        const struct place_progress *place = &progress->places[i];
        standing.reached += place->count > 0;
        standing.open += place->count == 0 && place->open > 0;
        standing.missed += place->count == 0 && place->open == 0;
    }
    return standing;
}

// What the target alone gave becomes less where a place was not reached. Places are due evenly, like the rest.
static void places_progress(const struct calendar *calendar, struct progress *progress) {
    struct places_standing standing = places_standing(progress);
    int64_t named = (int64_t)progress->places_count;
    int64_t due = calendar->days == 0 ? 0 : named * calendar->days_passed / calendar->days;
    if (standing.reached == named || progress->status == PROGRESS_COUNTED || progress->status == PROGRESS_MISSED) {
        return;
    }
    if (!calendar->is_over) {
        bool on_pace = progress->status != PROGRESS_BEHIND && standing.reached >= due;
        progress->status = on_pace ? PROGRESS_ON_PACE : PROGRESS_BEHIND;
    } else {
        progress->status = standing.missed > 0 ? PROGRESS_MISSED : PROGRESS_UNKNOWN;
    }
}

// --- Sentences ---

struct noun {
    const char *one_sv, *many_sv, *one_en, *many_en;
};

static const struct noun *noun_of(const Rond__V1__Commitment *definition) {
    static const struct noun nouns[] = {
        [ROND__V1__KIND__KIND_UNSPECIFIED] = {"aktivitet", "aktiviteter", "activity", "activities"},
        [ROND__V1__KIND__KIND_CHECK] = {"kontroll", "kontroller", "check", "checks"},
        [ROND__V1__KIND__KIND_CAMPAIGN_HANDOUT] = {"kampanjutdelning", "kampanjutdelningar", "campaign handout",
                                                   "campaign handouts"},
        [ROND__V1__KIND__KIND_VISIBLE_PATROL] = {"synlig patrull", "synliga patruller", "visible patrol", "visible patrols"},
        [ROND__V1__KIND__KIND_SAFETY_WALK] = {"trygghetsvandring", "trygghetsvandringar", "safety walk", "safety walks"},
        [ROND__V1__KIND__KIND_MEETING] = {"möte", "möten", "meeting", "meetings"},
        [ROND__V1__KIND__KIND_INVENTORY] = {"inventering", "inventeringar", "inventory", "inventories"},
        [ROND__V1__KIND__KIND_INITIATIVE] = {"insats", "insatser", "initiative", "initiatives"},
    };
    Rond__V1__Kind kind = definition->filter == NULL ? ROND__V1__KIND__KIND_UNSPECIFIED : definition->filter->kind;
    return (unsigned)kind < ARRAY_COUNT(nouns) ? &nouns[kind] : &nouns[0];
}

static const char *per_name(Rond__V1__Per per, bool swedish, bool many) {
    switch (per) {
    case ROND__V1__PER__PER_WEEK:
        return swedish ? many ? "veckor" : "vecka" : many ? "weeks" : "week";
    case ROND__V1__PER__PER_MONTH:
        return swedish ? many ? "månader" : "månad" : many ? "months" : "month";
    case ROND__V1__PER__PER_TERTIAL:
        return swedish ? many ? "tertial" : "tertial" : many ? "tertials" : "tertial";
    default:
        return swedish ? many ? "kvartal" : "kvartal" : many ? "quarters" : "quarter";
    }
}

static void say_counted(const struct noun *noun, struct progress *progress) {
    int64_t done = progress->done, target = progress->target;
    bool one = (target == 0 ? done : target) == 1;
    const char *noun_sv = one ? noun->one_sv : noun->many_sv, *noun_en = one ? noun->one_en : noun->many_en;
    if (target == 0) {
        snprintf(progress->summary_sv, SUMMARY_SIZE, "%s %s", number_sv(done), noun_sv);
        snprintf(progress->summary_en, SUMMARY_SIZE, "%s %s", number_en(done), noun_en);
        return;
    }
    snprintf(progress->summary_sv, SUMMARY_SIZE, "%s av minst %s %s", number_sv(done), number_sv(target), noun_sv);
    snprintf(progress->summary_en, SUMMARY_SIZE, "%s of at least %s %s", number_en(done), number_en(target), noun_en);
}

static void say_once(struct progress *progress) {
    bool done = progress->done >= progress->target;
    bool begun = progress->sum.reports > 0;
    snprintf(progress->summary_sv, SUMMARY_SIZE, "%s",
             done    ? "genomförd"
             : begun ? "påbörjad, inte fullständig"
                     : "inte genomförd");
    snprintf(progress->summary_en, SUMMARY_SIZE, "%s",
             done    ? "carried out"
             : begun ? "begun, not complete"
                     : "not carried out");
}

static void say_rate(const Rond__V1__Commitment *definition, const struct noun *noun, struct progress *progress) {
    int64_t target = (int64_t)definition->target, count = progress->sum.count, periods = progress->target;
    const char *per_sv = per_name(definition->per, true, periods != 1),
               *per_en = per_name(definition->per, false, periods != 1);
    bool one = (definition->about ? count : target) == 1;
    const char *noun_sv = one ? noun->one_sv : noun->many_sv, *noun_en = one ? noun->one_en : noun->many_en;
    if (definition->about) {
        snprintf(progress->summary_sv, SUMMARY_SIZE, "%s %s på %s %s (utlovat: ungefär %s per %s)", number_sv(count),
                 noun_sv, number_sv(periods), per_sv, number_sv(target), per_name(definition->per, true, false));
        snprintf(progress->summary_en, SUMMARY_SIZE, "%s %s in %s %s (promised: about %s per %s)", number_en(count), noun_en,
                 number_en(periods), per_en, number_en(target), per_name(definition->per, false, false));
        return;
    }
    snprintf(progress->summary_sv, SUMMARY_SIZE, "%s av %s %s med minst %s %s", number_sv(progress->done),
             number_sv(periods), per_sv, number_sv(target), noun_sv);
    snprintf(progress->summary_en, SUMMARY_SIZE, "%s of %s %s with at least %s %s", number_en(progress->done),
             number_en(periods), per_en, number_en(target), noun_en);
}

// Beside the windows that have been stand all of them, until all have been: the figure is told against those.
static void say_presence(struct progress *progress) {
    int64_t done = progress->done, passed = progress->target, all = progress->target_whole;
    int64_t persons = progress->sum.person_minutes, covered = progress->sum.covered_minutes;
    bool goes_on = passed < all;
    snprintf(progress->summary_sv, SUMMARY_SIZE,
             "%s av %s pass med utlovad närvaro%s%s%s; %s personminuter, %s minuter täckta", number_sv(done),
             number_sv(passed), goes_on ? " hittills, " : "", goes_on ? number_sv(all) : "",
             goes_on ? " i hela perioden" : "", number_sv(persons), number_sv(covered));
    snprintf(progress->summary_en, SUMMARY_SIZE,
             "%s of %s windows with the promised presence%s%s%s; %s person-minutes, %s minutes covered", number_en(done),
             number_en(passed), goes_on ? " so far, " : "", goes_on ? number_en(all) : "",
             goes_on ? " in the whole period" : "", number_en(persons), number_en(covered));
}

static void say_actions(struct progress *progress) {
    int64_t done = progress->done, target = progress->target;
    if (target == 0) {
        snprintf(progress->summary_sv, SUMMARY_SIZE, "ingen otrygg plats har påträffats");
        snprintf(progress->summary_en, SUMMARY_SIZE, "no unsafe place has been found");
        return;
    }
    snprintf(progress->summary_sv, SUMMARY_SIZE, "%s av %s otrygga platser åtgärdade", number_sv(done), number_sv(target));
    snprintf(progress->summary_en, SUMMARY_SIZE, "%s of %s unsafe places put right", number_en(done), number_en(target));
}

static void say(const Rond__V1__Commitment *definition, struct progress *progress) {
    switch (definition->measure) {
    case ROND__V1__MEASURE__MEASURE_RATE:
        say_rate(definition, noun_of(definition), progress);
        break;
    case ROND__V1__MEASURE__MEASURE_PRESENCE:
        say_presence(progress);
        break;
    case ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED:
        say_actions(progress);
        break;
    case ROND__V1__MEASURE__MEASURE_ONCE:
        say_once(progress);
        break;
    default:
        say_counted(noun_of(definition), progress);
    }
}

static const char *place_name(const struct commitment *commitment, const char *id) {
    const Rond__V1__Place *place = commitment_place(commitment, id);
    return place == NULL || place->name[0] == '\0' ? id : place->name;
}

// "; ingen vid A, B" of the places that are open (missed); where the names leave less than `reserve` of the room, how many
// they are.
static void say_places(const struct commitment *commitment, const struct progress *progress, bool open, size_t reserve,
                       const char *words, const char *noun, char summary[SUMMARY_SIZE]) {
    char text[SUMMARY_SIZE] = "";
    size_t size = 0, said = 0, before = strlen(summary);
    for (size_t i = 0; i < progress->places_count; i++) {
        const struct place_progress *place = &progress->places[i];
        if (place->count > 0 || (place->open > 0) != open) {
            continue;
        }
        int more =
            snprintf(text + size, sizeof text - size, "%s%s", said == 0 ? "" : ", ", place_name(commitment, place->place));
        size = size + (size_t)more < sizeof text ? size + (size_t)more : sizeof text - 1;
        said++;
    }
    if (said > 0 && before + strlen("; ") + strlen(words) + strlen(" ") + size + reserve < SUMMARY_SIZE) {
        snprintf(summary + before, SUMMARY_SIZE - before, "; %s %s", words, text);
    } else if (said > 0) {
        snprintf(summary + before, SUMMARY_SIZE - before, "; %s %zu %s", words, said, noun);
    }
}

static void say_all_places(const struct commitment *commitment, struct progress *progress) {
    struct places_standing standing = places_standing(progress);
    size_t reserve = standing.open == 0 ? 0 : strlen("; oklart vid 32 utpekade platser"); // for the second
    say_places(commitment, progress, false, reserve, "ingen vid",
               standing.missed == 1 ? "utpekad plats" : "utpekade platser", progress->summary_sv);
    say_places(commitment, progress, true, 0, "oklart vid", standing.open == 1 ? "utpekad plats" : "utpekade platser",
               progress->summary_sv);
    say_places(commitment, progress, false, reserve, "none at", standing.missed == 1 ? "named place" : "named places",
               progress->summary_en);
    say_places(commitment, progress, true, 0, "unclear at", standing.open == 1 ? "named place" : "named places",
               progress->summary_en);
}

// A draft, and what was agreed but never began, is neither kept nor missed, whatever the day.
static bool is_promised(const Rond__V1__Promise *promise) {
    return promise->n_lives == 0 || promise->lives[promise->n_lives - 1]->life >= ROND__V1__LIFE__LIFE_ACTIVE;
}

static void progress_by(const struct commitment *commitment, const struct period_total *totals, size_t count, int64_t now_s,
                        int64_t closed_s, struct progress *ret_progress) {
    struct progress progress = {0};
    struct calendar calendar;
    struct local_time now;
    for (size_t i = 0; i < count; i++) {
        if (!period_is_place(totals[i].period)) {
            tally_add(&progress.sum, &totals[i].tally);
        }
    }
    zone_local(commitment->zone, now_s, &now);
    day_t today = calendar_day(commitment, now.day);
    if (today < now.day && closed_s != INT64_MAX) {
        closed_s = zone_instant(commitment->zone, today, 0);
    }
    calendar_at(commitment, today, &calendar);
    switch (commitment->definition->measure) {
    case ROND__V1__MEASURE__MEASURE_RATE:
        rate_progress(commitment, totals, count, today, &calendar, &progress);
        break;
    case ROND__V1__MEASURE__MEASURE_PRESENCE:
        presence_progress(commitment, closed_s, today, &calendar, &progress);
        break;
    case ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED:
        actions_progress(&calendar, &progress);
        break;
    default:
        counted_progress(commitment, &calendar, &progress);
    }
    places_sum(commitment, totals, count, &progress);
    places_progress(&calendar, &progress);
    bool is_early = now.day < commitment->from || (now.day < commitment->act_from && now.day <= commitment->to);
    if (is_early || !is_promised(commitment->promise)) {
        progress.status = PROGRESS_NOT_STARTED;
    }
    say(commitment->definition, &progress);
    say_all_places(commitment, &progress);
    *ret_progress = progress;
}

void progress_at(const struct commitment *commitment, const struct period_total *totals, size_t count, int64_t now_s,
                 struct progress *ret_progress) {
    progress_by(commitment, totals, count, now_s, now_s, ret_progress);
}

void progress_until(const struct commitment *commitment, const struct period_total *totals, size_t count, day_t day,
                    struct progress *ret_progress) {
    progress_by(commitment, totals, count, zone_instant(commitment->zone, day, 0), INT64_MAX, ret_progress);
}
