#include "activity_options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wall_time.h"

static const char *const kind_labels[] = {
    [ROND_CHECK] = "check",           [ROND_CAMPAIGN_HANDOUT] = "handout", [ROND_VISIBLE_PATROL] = "patrol",
    [ROND_SAFETY_WALK] = "walk",      [ROND_MEETING] = "meeting",          [ROND_INVENTORY] = "inventory",
    [ROND_INITIATIVE] = "initiative",
};

const char *kind_label(enum rond_kind kind) {
    return kind >= ROND_CHECK && kind <= ROND_INITIATIVE ? kind_labels[kind] : "-";
}

static bool kind_parse(const char *label, enum rond_kind *ret_kind) {
    for (int kind = ROND_CHECK; kind <= ROND_INITIATIVE; kind++) {
        if (strcmp(label, kind_labels[kind]) == 0) {
            *ret_kind = (enum rond_kind)kind;
            return true;
        }
    }
    return false;
}

// --- The options, and the kinds that they fit ---

enum option_id {
    O_PLACE = 256,
    O_FROM,
    O_TO,
    O_COMMITMENT,
    O_WITH_ORG,
    O_ACTIVITY,
    O_ROLE,
    O_TEXT,
    O_POSITION,
    O_AREA,
    O_DRY_RUN,
    O_ANYWAY,
    O_NUMBER,
    O_OF,
    O_FORM,
    O_CHECKED,
    O_REMARKED,
    O_REPORTED,
    O_ITEM,
    O_INFORMATION,
    O_PERSONS,
    O_SAFE,
    O_UNSAFE,
    O_REWALK,
    O_WITH,
    O_SUBJECT,
    O_SURVEYED,
    O_FINDING,
    O_QUANTITY,
    O_UNIT,
    O_OUTCOME,
};
#define KIND(kind) (1u << (kind))
enum { EVERY_KIND = ~0 };

static const struct option long_options[] = {
    {"place", 1, NULL, O_PLACE},
    {"from", 1, NULL, O_FROM},
    {"to", 1, NULL, O_TO},
    {"commitment", 1, NULL, O_COMMITMENT},
    {"with-org", 1, NULL, O_WITH_ORG},
    {"activity", 1, NULL, O_ACTIVITY},
    {"role", 1, NULL, O_ROLE},
    {"text", 1, NULL, O_TEXT},
    {"position", 1, NULL, O_POSITION},
    {"area", 1, NULL, O_AREA},
    {"dry-run", 0, NULL, O_DRY_RUN},
    {"anyway", 0, NULL, O_ANYWAY},
    {"number", 1, NULL, O_NUMBER},
    {"of", 1, NULL, O_OF},
    {"type", 1, NULL, O_OF},
    {"form", 1, NULL, O_FORM},
    {"checked", 1, NULL, O_CHECKED},
    {"remarked", 1, NULL, O_REMARKED},
    {"reported", 1, NULL, O_REPORTED},
    {"item", 1, NULL, O_ITEM},
    {"information", 0, NULL, O_INFORMATION},
    {"persons", 1, NULL, O_PERSONS},
    {"safe", 1, NULL, O_SAFE},
    {"unsafe", 1, NULL, O_UNSAFE},
    {"rewalk", 1, NULL, O_REWALK},
    {"with", 1, NULL, O_WITH},
    {"subject", 1, NULL, O_SUBJECT},
    {"surveyed", 1, NULL, O_SURVEYED},
    {"finding", 1, NULL, O_FINDING},
    {"quantity", 1, NULL, O_QUANTITY},
    {"unit", 1, NULL, O_UNIT},
    {"outcome", 1, NULL, O_OUTCOME},
    {0},
};

static unsigned kinds_of(int option) {
    switch (option) {
    case O_OF:
        return KIND(ROND_CHECK) | KIND(ROND_INVENTORY) | KIND(ROND_INITIATIVE);
    case O_FORM:
    case O_CHECKED:
    case O_REMARKED:
    case O_REPORTED:
        return KIND(ROND_CHECK);
    case O_ITEM:
    case O_INFORMATION:
        return KIND(ROND_CAMPAIGN_HANDOUT);
    case O_PERSONS:
        return KIND(ROND_VISIBLE_PATROL);
    case O_SAFE:
    case O_UNSAFE:
    case O_REWALK:
        return KIND(ROND_SAFETY_WALK);
    case O_WITH:
    case O_SUBJECT:
        return KIND(ROND_MEETING);
    case O_SURVEYED:
    case O_FINDING:
        return KIND(ROND_INVENTORY);
    case O_QUANTITY:
    case O_UNIT:
    case O_OUTCOME:
        return KIND(ROND_INITIATIVE);
    default:
        return (unsigned)EVERY_KIND;
    }
}

// --- Values ---

struct parsing {
    struct cli *cli;
    struct activity_options *options;
    const char *name; // of the option
    char *value;
};

static int parse_count(struct parsing *p, uint32_t *ret_count) {
    unsigned long long number;
    if (!cli_number(p->value, UINT32_MAX, &number))
        return cli_usage(p->cli, "--%s wants a number, not '%s'.", p->name, p->value);
    *ret_count = (uint32_t)number;
    return EXIT_CODE_OK;
}

// NAME=N
static int parse_pair(struct parsing *p, const char **ret_name, uint32_t *ret_count) {
    unsigned long long number;
    char *equals = strrchr(p->value, '=');
    if (equals == NULL || !cli_number(equals + 1, UINT32_MAX, &number))
        return cli_usage(p->cli, "--%s wants NAME=NUMBER, not '%s'.", p->name, p->value);
    *equals = '\0';
    *ret_name = p->value;
    *ret_count = (uint32_t)number;
    return EXIT_CODE_OK;
}

static int too_many(struct parsing *p, int max) {
    return cli_usage(p->cli, "--%s was given more than %d times.", p->name, max);
}

// Takes the next KEY=VALUE off *rest, which is not NULL; a backslash keeps the comma behind it. Where it is none,
// *ret_key is what stands there.
static bool next_field(char **rest, char **ret_key, char **ret_value) {
    char *from = *rest, *to = *rest;
    *ret_key = from;
    for (; *from != '\0' && *from != ','; from++) {
        if (*from == '\\' && (from[1] == ',' || from[1] == '\\'))
            from++;
        *to++ = *from;
    }
    *rest = *from == ',' ? from + 1 : NULL;
    *to = '\0';
    char *equals = strchr(*ret_key, '=');
    if (equals == NULL)
        return false;
    *equals = '\0';
    *ret_value = equals + 1;
    return true;
}

// REFERENCE:ID of the walk that first found the place.
static int rewalk_set(struct parsing *p, rond_finding *finding, char *value) {
    char *colon = strrchr(value, ':');
    if (colon == NULL)
        return cli_usage(p->cli, "a re-walk is written REFERENCE:ID, not '%s'.", value);
    *colon = '\0';
    finding->rewalk_reference = value;
    finding->rewalk_finding = colon + 1;
    return EXIT_CODE_OK;
}

static int parse_rewalk(struct parsing *p) {
    rond_activity *activity = &p->options->activity;
    if (activity->findings_count == 0)
        return cli_usage(p->cli, "--rewalk belongs after the --safe or --unsafe that it speaks of.");
    return rewalk_set(p, &p->options->findings[activity->findings_count - 1], p->value);
}

static int parse_finding(struct parsing *p, enum rond_safety safety) {
    rond_activity *activity = &p->options->activity;
    if (activity->findings_count == OPTION_FINDINGS_MAX)
        return too_many(p, OPTION_FINDINGS_MAX);
    rond_finding *finding = &p->options->findings[activity->findings_count++];
    *finding = (rond_finding){.safety = safety};
    if (strchr(p->value, '=') == NULL) { // --safe stortorget
        finding->place = p->value;
        return EXIT_CODE_OK;
    }
    const struct {
        const char *key;
        const char **to;
    } fields[] = {
        {"place", &finding->place},
        {"where", &finding->place_text},
        {"cause", &finding->cause},
        {"id", &finding->id},
        {"due", &finding->due},
        {"responsible", &finding->responsible},
        {"action", &finding->promised_action},
    };
    for (char *rest = p->value, *key, *value; rest != NULL;) {
        size_t i = 0, count = sizeof fields / sizeof fields[0];
        if (!next_field(&rest, &key, &value))
            return cli_usage(p->cli, "--%s wants KEY=VALUE,..., not '%s'.", p->name, key);
        if (strcmp(key, "rewalk") == 0) {
            int code = rewalk_set(p, finding, value);
            if (code != EXIT_CODE_OK)
                return code;
            continue;
        }
        while (i < count && strcmp(fields[i].key, key) != 0)
            i++;
        if (i == count)
            return cli_usage(p->cli, "--%s does not know '%s'.", p->name, key);
        *fields[i].to = value;
    }
    return EXIT_CODE_OK;
}

static int parse_surveyed(struct parsing *p) {
    rond_activity *activity = &p->options->activity;
    if (activity->surveyed_findings_count == OPTION_SURVEYED_MAX)
        return too_many(p, OPTION_SURVEYED_MAX);
    rond_surveyed *surveyed = &p->options->surveyed[activity->surveyed_findings_count++];
    for (char *rest = p->value, *key, *value; rest != NULL;) {
        if (!next_field(&rest, &key, &value))
            return cli_usage(p->cli, "--finding wants place=PLACE,text=TEXT, not '%s'.", key);
        if (strcmp(key, "place") == 0)
            surveyed->place = value;
        else if (strcmp(key, "text") == 0)
            surveyed->text = value;
        else
            return cli_usage(p->cli, "--finding does not know '%s'.", key);
    }
    return EXIT_CODE_OK;
}

static int parse_position(struct parsing *p) {
    rond_activity *activity = &p->options->activity;
    char *end;
    activity->latitude = strtod(p->value, &end);
    bool is_good = end != p->value && *end == ',';
    if (is_good) {
        char *longitude = end + 1;
        activity->longitude = strtod(longitude, &end);
        is_good = end != longitude && (*end == '\0' || *end == ',');
    }
    unsigned long long accuracy_m = 0;
    if (is_good && *end == ',')
        is_good = cli_number(end + 1, UINT32_MAX, &accuracy_m);
    if (!is_good)
        return cli_usage(p->cli, "--position wants LATITUDE,LONGITUDE[,METRES].");
    activity->accuracy_m = (uint32_t)accuracy_m;
    activity->has_position = true;
    return EXIT_CODE_OK;
}

static int parse_form(struct parsing *p) {
    bool is_targeted = strcmp(p->value, "targeted") == 0;
    if (!is_targeted && strcmp(p->value, "coordinated") != 0)
        return cli_usage(p->cli, "--form is targeted or coordinated, not '%s'.", p->value);
    p->options->activity.check_form = is_targeted ? ROND_TARGETED : ROND_COORDINATED;
    return EXIT_CODE_OK;
}

static int parse_quantity(struct parsing *p) {
    unsigned long long quantity;
    if (!cli_number(p->value, UINT64_MAX, &quantity))
        return cli_usage(p->cli, "--quantity wants a number, not '%s'.", p->value);
    p->options->activity.quantity = quantity;
    return EXIT_CODE_OK;
}

static int parse_repeated(struct parsing *p, int option) {
    struct activity_options *options = p->options;
    rond_activity *activity = &options->activity;
    if (option == O_ITEM) {
        if (activity->items_count == OPTION_ITEMS_MAX)
            return too_many(p, OPTION_ITEMS_MAX);
        rond_item *item = &options->items[activity->items_count++];
        return parse_pair(p, &item->item, &item->count);
    }
    if (option == O_PERSONS) {
        if (activity->persons_count == OPTION_PERSONS_MAX)
            return too_many(p, OPTION_PERSONS_MAX);
        rond_persons *persons = &options->persons[activity->persons_count++];
        return parse_pair(p, &persons->role, &persons->persons);
    }
    if (activity->organisations_count == OPTION_ORGANISATIONS_MAX)
        return too_many(p, OPTION_ORGANISATIONS_MAX);
    options->organisations[activity->organisations_count++] = p->value;
    return EXIT_CODE_OK;
}

static int parse_text(struct parsing *p, int option) {
    rond_activity *activity = &p->options->activity;
    const struct {
        int option;
        const char **to;
    } texts[] = {
        {O_PLACE, &activity->place},
        {O_FROM, &p->options->from},
        {O_TO, &p->options->to},
        {O_COMMITMENT, &activity->commitment},
        {O_ACTIVITY, &activity->activity},
        {O_ROLE, &activity->role},
        {O_TEXT, &activity->text},
        {O_AREA, &activity->area},
        {O_OF, &activity->of},
        {O_WITH, &activity->with},
        {O_SUBJECT, &activity->subject},
        {O_UNIT, &activity->unit},
        {O_OUTCOME, &activity->outcome},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].option == option)
            *texts[i].to = p->value;
    return EXIT_CODE_OK;
}

static int parse_option(struct parsing *p, int option) {
    rond_activity *activity = &p->options->activity;
    switch (option) {
    case O_DRY_RUN:
        p->options->is_dry_run = true;
        return EXIT_CODE_OK;
    case O_ANYWAY:
        p->options->is_anyway = true;
        return EXIT_CODE_OK;
    case O_NUMBER:
        return cli_number(p->value, UINT64_MAX, &p->options->draft)
                   ? EXIT_CODE_OK
                   : cli_usage(p->cli, "--number wants the number of a draft.");
    case O_INFORMATION:
        activity->information_given = true;
        return EXIT_CODE_OK;
    case O_CHECKED:
        return parse_count(p, &activity->checked);
    case O_REMARKED:
        return parse_count(p, &activity->remarked);
    case O_REPORTED:
        return parse_count(p, &activity->reported);
    case O_SURVEYED:
        return parse_count(p, &activity->surveyed_count);
    case O_FORM:
        return parse_form(p);
    case O_POSITION:
        return parse_position(p);
    case O_QUANTITY:
        return parse_quantity(p);
    case O_SAFE:
        return parse_finding(p, ROND_SAFE);
    case O_UNSAFE:
        return parse_finding(p, ROND_UNSAFE);
    case O_REWALK:
        return parse_rewalk(p);
    case O_FINDING:
        return parse_surveyed(p);
    case O_ITEM:
    case O_PERSONS:
    case O_WITH_ORG:
        return parse_repeated(p, option);
    default:
        return parse_text(p, option);
    }
}

static int time_resolve(struct cli *cli, const char *option, const char *text, int64_t near_s, int64_t *ret_at_s) {
    enum rond_err err = wall_time_parse(cli->rond, text, near_s, ret_at_s);
    if (err == ROND_OK)
        return EXIT_CODE_OK;
    if (err == ROND_EINVALID)
        return cli_usage(cli, "%s: '%s' is no time; write \"2015-05-08 14:00\" or \"14:00\".", option, text);
    rond_fault fault = {.text = "The area's time zone is not known yet; run rond sync first, or write the time as RFC 3339, "
                                "2015-05-08T14:00:00+02:00."};
    snprintf(fault.field, sizeof fault.field, "%s", option);
    return cli_fail(cli, err == ROND_ENOTFOUND ? ROND_EINVALID : err, err == ROND_ENOTFOUND ? &fault : NULL);
}

// A time of day of the day after the one near_s lies in. Days have 23 to 25 hours: noon is the safe place to count from.
static enum rond_err next_day_parse(rond *r, const char *text, int64_t near_s, int64_t *ret_at_s) {
    int64_t noon_s;
    enum rond_err err = wall_time_parse(r, "12:00", near_s, &noon_s);
    return err == ROND_OK ? wall_time_parse(r, text, noon_s + 24 * 3600, ret_at_s) : err;
}

static int times_resolve(struct cli *cli, struct activity_options *options) {
    rond_activity *activity = &options->activity;
    int64_t now_s = (int64_t)time(NULL);
    int code = EXIT_CODE_OK;
    if (options->from != NULL)
        code = time_resolve(cli, "--from", options->from, now_s, &activity->occurred_from_s);
    int64_t near_s = activity->occurred_from_s != 0 ? activity->occurred_from_s : now_s;
    if (code != EXIT_CODE_OK || options->to == NULL)
        return code;
    code = time_resolve(cli, "--to", options->to, near_s, &activity->occurred_to_s);
    // A patrol over midnight: "22:00" to "02:00" ends the next day.
    bool is_of_day = strlen(options->to) == 5 && options->to[2] == ':';
    if (code == EXIT_CODE_OK && is_of_day && activity->occurred_to_s < near_s)
        (void)next_day_parse(cli->rond, options->to, near_s, &activity->occurred_to_s);
    return code;
}

// What the plan says and the officer does not. A planned id that is not known here is more likely mistyped than right, and
// a report under it would count apart from the others: it can be reported without one, and be joined by a person.
static int planned_take(struct cli *cli, rond_activity *activity) {
    rond_fault fault = {.field = "activity"};
    enum rond_err err =
        activity->activity == NULL ? ROND_EINVALID : rond_activities_find(cli->rond, activity->activity, &cli->planned);
    if (err == ROND_EINVALID) // not one that was planned
        return EXIT_CODE_OK;
    if (err == ROND_ENOTFOUND) {
        err = ROND_EINVALID;
        snprintf(
            fault.text, sizeof fault.text,
            "No activity %.20s is planned for your organisation, as far as is known here; see rond activities, rond sync "
            "fetches new ones. Else report it without --activity.",
            activity->activity);
    }
    if (err != ROND_OK)
        return cli_fail(cli, err, &fault);
    const rond_planned *planned = &cli->planned->activities[0];
    activity->place = activity->place == NULL ? planned->place : activity->place;
    activity->commitment = activity->commitment == NULL ? planned->commitment : activity->commitment;
    if (activity->of == NULL && activity->kind == planned->kind)
        activity->of = planned->of;
    return EXIT_CODE_OK;
}

int activity_options_parse(struct cli *cli, int argc, char **argv, struct activity_options *options) {
    *options = (struct activity_options){.activity = {.struct_size = sizeof options->activity}};
    rond_activity *activity = &options->activity;
    activity->items = options->items;
    activity->persons = options->persons;
    activity->findings = options->findings;
    activity->surveyed = options->surveyed;
    activity->organisations = options->organisations;
    if (argc < 1 || !kind_parse(argv[0], &activity->kind))
        return cli_usage(cli, "say which kind: check, handout, patrol, walk, meeting, inventory or initiative%s%s.",
                         argc < 1 ? "" : ", not ", argc < 1 ? "" : argv[0]);
    optind = 0;
    for (int option, index = 0; (option = getopt_long(argc, argv, "", long_options, &index)) != -1;) {
        if (option == '?')
            return cli_usage_option(cli, argv);
        struct parsing p = {.cli = cli, .options = options, .name = long_options[index].name, .value = optarg};
        if ((kinds_of(option) & KIND(activity->kind)) == 0)
            return cli_usage(cli, "--%s does not belong to a %s.", p.name, argv[0]);
        int code = parse_option(&p, option);
        if (code != EXIT_CODE_OK)
            return code;
    }
    if (optind < argc)
        return cli_usage(cli, "'%s' is too much; a text with blanks wants quotes.", argv[optind]);
    int code = times_resolve(cli, options);
    return code == EXIT_CODE_OK ? planned_take(cli, activity) : code;
}

enum warnings_answer activity_options_answer(const struct activity_options *options) {
    return options->is_anyway ? WARNINGS_ANYWAY : options->is_dry_run ? WARNINGS_REFUSE : WARNINGS_ASK;
}

// --- Words that nobody knows ---

enum { WORD_SIZE_MAX = 64 };

static size_t distance(const char *a, const char *b) {
    size_t row[WORD_SIZE_MAX + 1], a_size = strlen(a), b_size = strlen(b);
    if (a_size > WORD_SIZE_MAX || b_size > WORD_SIZE_MAX)
        return SIZE_MAX; // no word of the reference data is so long: far from each
    for (size_t j = 0; j <= b_size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t above = row[j], best = diagonal + (a[i - 1] != b[j - 1]);
            if (above + 1 < best)
                best = above + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = above;
            row[j] = best;
        }
    }
    return row[b_size];
}

// The word looked for, and the nearest of those that were looked at.
struct search {
    const char *word;
    size_t count;
    bool is_known;
    const char *nearest;
    size_t best;
};

static struct search search_for(const char *word) {
    return (struct search){.word = word, .best = strlen(word) / 3 + 2};
}

static void search_look(struct search *search, const char *word) {
    size_t d = distance(search->word, word);
    search->count++;
    search->is_known = search->is_known || strcmp(search->word, word) == 0;
    if (d < search->best) {
        search->best = d;
        search->nearest = word;
    }
}

// Without reference data nothing can be said.
static void search_warn(struct cli *cli, const struct search *search, const char *what, const char *among,
                        const char *command) {
    if (search->is_known || search->count == 0)
        return;
    if (search->nearest != NULL)
        cli_warn(cli, "%s '%s' is not among the %s; did you mean '%s'?", what, search->word, among, search->nearest);
    else
        cli_warn(cli, "%s '%s' is not among the %s (%s).", what, search->word, among, command);
}

static void word_warn(struct cli *cli, const char *list, const char *word) {
    rond_words *words;
    char command[64];
    if (word == NULL || rond_words_get(cli->rond, list, &words) != ROND_OK)
        return;
    struct search search = search_for(word);
    for (size_t i = 0; i < words->count; i++)
        search_look(&search, words->words[i].id);
    snprintf(command, sizeof command, "rond words %s", list);
    search_warn(cli, &search, list, "words of this area", command);
    rond_words_free(words);
}

static void commitment_warn(struct cli *cli, const char *commitment) {
    rond_promises *promises;
    if (commitment == NULL || rond_promises_get(cli->rond, &promises) != ROND_OK)
        return;
    struct search search = search_for(commitment);
    for (size_t i = 0; i < promises->count; i++)
        search_look(&search, promises->lines[i].commitment);
    search_warn(cli, &search, "commitment", "promises known here", "rond promises");
    rond_promises_free(promises);
}

void activity_options_warn(struct cli *cli, const rond_activity *activity) {
    static const char *const lists[] = {
        [ROND_CHECK] = "check",
        [ROND_INVENTORY] = "inventory",
        [ROND_INITIATIVE] = "initiative",
    };
    word_warn(cli, "area", activity->area);
    word_warn(cli, "place", activity->place);
    commitment_warn(cli, activity->commitment);
    if (activity->of != NULL && lists[activity->kind] != NULL)
        word_warn(cli, lists[activity->kind], activity->of);
    for (size_t i = 0; i < activity->organisations_count; i++)
        word_warn(cli, "organisation", activity->organisations[i]);
    for (size_t i = 0; i < activity->items_count; i++)
        word_warn(cli, "item", activity->items[i].item);
    for (size_t i = 0; i < activity->persons_count; i++)
        word_warn(cli, "role", activity->persons[i].role);
    for (size_t i = 0; i < activity->findings_count; i++) {
        word_warn(cli, "place", activity->findings[i].place);
        word_warn(cli, "organisation", activity->findings[i].responsible);
    }
    for (size_t i = 0; i < activity->surveyed_findings_count; i++)
        word_warn(cli, "place", activity->surveyed[i].place);
    word_warn(cli, "counterpart", activity->with);
}
