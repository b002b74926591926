#include "ctl/wording.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"

struct wording {
    const char *name, *english, *swedish;
};

static const char *find(const struct wording *list, size_t count, const char *name, bool swedish) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return swedish ? list[i].swedish : list[i].english;
    return name;
}

const char *wording_status(const char *status, bool swedish) {
    static const struct wording list[] = {
        {"not_started", "not begun", "ej påbörjat"},
        {"met", "met", "uppfyllt"},
        {"on_pace", "on pace", "i fas"},
        {"behind", "behind", "efter"},
        {"missed", "missed", "ej uppfyllt"},
        {"counted", "counted", "räknas"},
        {"unknown", "unknown", "vet inte än"},
    };
    return find(list, ARRAY_COUNT(list), status, swedish);
}

const char *wording_state(const char *state, bool swedish) {
    static const struct wording list[] = {
        {"draft", "draft", "utkast"},
        {"agreed", "agreed", "överenskommet"},
        {"active", "active", "gäller"},
        {"followed_up", "followed up", "uppföljt"},
        {"closed", "closed", "avslutat"},
    };
    return find(list, ARRAY_COUNT(list), state, swedish);
}

const char *wording_kind(const char *kind, bool swedish) {
    static const struct wording list[] = {
        {"check", "check", "kontroll"},
        {"campaign_handout", "campaign handout", "kampanjutdelning"},
        {"visible_patrol", "visible patrol", "synlig patrull"},
        {"safety_walk", "safety walk", "trygghetsvandring"},
        {"meeting", "meeting", "möte"},
        {"inventory", "inventory", "inventering"},
        {"initiative", "initiative", "insats"},
        {"withdrawal", "withdrawal", "återtagande"},
    };
    return find(list, ARRAY_COUNT(list), kind, swedish);
}

const char *wording_weekday(const char *day, bool swedish) {
    static const struct wording list[] = {
        {"mon", "mon", "mån"}, {"tue", "tue", "tis"}, {"wed", "wed", "ons"}, {"thu", "thu", "tors"},
        {"fri", "fri", "fre"}, {"sat", "sat", "lör"}, {"sun", "sun", "sön"},
    };
    return find(list, ARRAY_COUNT(list), day, swedish);
}

const char *wording_moment(const char *moment, bool swedish, char ret_text[WORDING_MOMENT_SIZE]) {
    if (*moment == '\0')
        return swedish ? "aldrig" : "never";
    snprintf(ret_text, WORDING_MOMENT_SIZE, "%.10s %.5s UTC", moment, strlen(moment) > 11 ? moment + 11 : "");
    return ret_text;
}

size_t wording_width(const char *text) {
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

void wording_left(const char *text, size_t width) {
    size_t shown = wording_width(text);
    printf("%s%*s", text, shown < width ? (int)(width - shown) : 0, "");
}

void wording_right(const char *text, size_t width) {
    size_t shown = wording_width(text);
    printf("%*s%s", shown < width ? (int)(width - shown) : 0, "", text);
}

void wording_erased(const char *at, const char *rule, bool swedish) {
    static const struct wording list[] = {{"request", "a person's decision", "beslut av en person"}};
    const char *day = at[0] == '\0' ? (swedish ? "okänd dag" : "a day that is not known") : at;
    printf(swedish ? "  raderad %.*s enligt regel %s" : "  erased on %.*s under rule %s", (int)strcspn(day, "T"), day,
           rule[0] == '\0' ? (swedish ? "okänd" : "not known") : find(list, ARRAY_COUNT(list), rule, swedish));
}

void wording_no_text(const char *why, bool swedish) {
    static const struct wording list[] = {
        {"keyless", "text not available: its key was not in the key file", "texten finns inte: nyckeln fanns inte i nyckelfilen"},
        {"altered", "text not available: it is not what was stored", "texten finns inte: den är inte vad som sparades"},
    };
    printf("  %s", find(list, ARRAY_COUNT(list), why, swedish));
}
