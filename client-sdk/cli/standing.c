#include "standing.h"

#include <inttypes.h>
#include <string.h>

#include "wall_time.h"

enum { SINCE_SIZE = 96 };

const char *standing_status(const char *status, bool swedish) {
    static const struct {
        const char *name, *english, *swedish;
    } words[] = {
        {"not_started", "not begun", "ej påbörjat"},
        {"met", "met", "uppfyllt"},
        {"on_pace", "on pace", "i fas"},
        {"behind", "behind", "efter"},
        {"missed", "missed", "ej uppfyllt"},
        {"counted", "counted", "räknas"},
        {"unknown", "unknown", "vet inte än"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].name, status) == 0)
            return swedish ? words[i].swedish : words[i].english;
    return status;
}

// ", one since ..." of the one that is silent longest.
static void since_format(rond *r, const rond_standing *standing, bool swedish, char ret_since[SINCE_SIZE]) {
    char when[WALL_TIME_SIZE];
    const char *of = standing->silent_devices == 1 ? "" : swedish ? " en" : " one";
    if (standing->silent_since_s == 0) {
        snprintf(ret_since, SINCE_SIZE, swedish ? ",%s har aldrig hörts av" : ",%s never heard of", of);
        return;
    }
    wall_time_format(r, standing->silent_since_s, when);
    snprintf(ret_since, SINCE_SIZE, swedish ? ",%s sedan %s" : ",%s since %s", of, when);
}

static const char *devices_word(const rond_standing *standing, bool swedish) {
    bool one = standing->silent_devices == 1;
    return swedish ? one ? "enhet tyst" : "enheter tysta" : one ? "device silent" : "devices silent";
}

static void unsure_append(rond *r, const rond_standing *standing, bool swedish, char text[STANDING_TEXT_SIZE]) {
    char since[SINCE_SIZE];
    size_t used = strlen(text);
    since_format(r, standing, swedish, since);
    snprintf(text + used, STANDING_TEXT_SIZE - used,
             swedish ? " (%s av det som kommit in; %" PRIu64 " %s%s)" : " (%s by what has come in; %" PRIu64 " %s%s)",
             standing_status(standing->status_by_reports, swedish), standing->silent_devices,
             devices_word(standing, swedish), since);
}

static const char *over_word(const rond_standing *standing, bool swedish) {
    if (strcmp(standing->state, "closed") == 0)
        return swedish ? " (avslutat)" : " (closed)";
    if (strcmp(standing->state, "followed_up") == 0)
        return swedish ? " (uppföljt)" : " (followed up)";
    return "";
}

void standing_format(rond *r, const rond_standing *standing, bool swedish, char ret_text[STANDING_TEXT_SIZE]) {
    snprintf(ret_text, STANDING_TEXT_SIZE, "%s", swedish ? standing->summary_sv : standing->summary_en);
    if (strcmp(standing->status, standing->status_by_reports) != 0)
        unsure_append(r, standing, swedish, ret_text);
    size_t used = strlen(ret_text);
    snprintf(ret_text + used, STANDING_TEXT_SIZE - used, "%s", over_word(standing, swedish));
}

void standing_print_silence(rond *r, const rond_standing *standing, bool swedish) {
    char since[SINCE_SIZE];
    if (standing == NULL || standing->silent_devices == 0)
        return;
    since_format(r, standing, swedish, since);
    printf(swedish ? "%" PRIu64 " %s eller har mer att skicka%s: mer kan komma in.\n"
                   : "%" PRIu64 " %s or with more to send%s: more may come in.\n",
           standing->silent_devices, devices_word(standing, swedish), since);
}

json_t *standing_json(rond *r, const rond_standing *standing) {
    if (standing == NULL)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:I, s:I, s:o}", "status", json_text(standing->status),
                     "status_by_reports", json_text(standing->status_by_reports), "state", json_text(standing->state),
                     "done", (json_int_t)standing->done, "target", (json_int_t)standing->target, "summary_sv",
                     json_text(standing->summary_sv), "summary_en", json_text(standing->summary_en), "version",
                     (json_int_t)standing->version, "silent_devices", (json_int_t)standing->silent_devices, "silent_since",
                     wall_time_json(r, standing->silent_since_s));
}
