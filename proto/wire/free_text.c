#include "wire/free_text.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"

enum { NO_LIST = SIZE_MAX };

struct free_text_rule {
    Rond__V1__Report__BodyCase body; // NOT_SET: of the envelope
    const char *base;
    size_t list, list_count; // offsets in the body; NO_LIST: the text is the body's own
    const char *name;
    size_t text; // offset of the char * in the message
};
#define OF_ENVELOPE(field)                                                                                                  \
    { ROND__V1__REPORT__BODY__NOT_SET, "", NO_LIST, 0, #field, offsetof(Rond__V1__Report, field) }
#define OF_BODY(NAME, base, type, field)                                                                                    \
    { ROND__V1__REPORT__BODY_##NAME, base, NO_LIST, 0, #field, offsetof(type, field) }
#define OF_LIST(NAME, base, type, list, element, field)                                                                     \
    {                                                                                                                       \
        ROND__V1__REPORT__BODY_##NAME, base "." #list, offsetof(type, list), offsetof(type, n_##list), #field,              \
            offsetof(element, field)                                                                                        \
    }

static const struct free_text_rule rules[] = {
    OF_ENVELOPE(text),
    OF_ENVELOPE(activity),
    OF_LIST(WALK, "walk", Rond__V1__Walk, findings, Rond__V1__Finding, place_text),
    OF_LIST(WALK, "walk", Rond__V1__Walk, findings, Rond__V1__Finding, cause),
    OF_LIST(WALK, "walk", Rond__V1__Walk, findings, Rond__V1__Finding, promised_action),
    OF_BODY(MEETING, "meeting", Rond__V1__Meeting, subject),
    OF_LIST(INVENTORY, "inventory", Rond__V1__Inventory, findings, Rond__V1__InventoryFinding, text),
    OF_BODY(INITIATIVE, "initiative", Rond__V1__Initiative, unit),
    OF_BODY(INITIATIVE, "initiative", Rond__V1__Initiative, outcome),
    OF_BODY(WITHDRAWAL, "withdrawal", Rond__V1__Withdrawal, reason),
};

// The message that holds the rule's text; NULL behind the last one, or where the report is of another kind.
static void *message_of(const struct free_texts *at, const struct free_text_rule *rule) {
    if (rule->body == ROND__V1__REPORT__BODY__NOT_SET)
        return at->index == 0 ? at->report : NULL;
    if (rule->body != at->report->body_case)
        return NULL;
    uint8_t *body = (uint8_t *)at->report->walk; // every body is a pointer in the same union
    if (body == NULL || rule->list == NO_LIST)
        return at->index == 0 ? body : NULL;
    size_t count;
    void **elements;
    memcpy(&count, body + rule->list_count, sizeof count);
    memcpy(&elements, body + rule->list, sizeof elements);
    return at->index < count ? elements[at->index] : NULL;
}

bool free_texts_next(struct free_texts *at, struct free_text *ret_text) {
    while (at->rule < ARRAY_COUNT(rules)) {
        const struct free_text_rule *rule = &rules[at->rule];
        uint8_t *message = message_of(at, rule);
        if (message == NULL) {
            at->rule++;
            at->index = 0;
            continue;
        }
        char **text = (char **)(void *)(message + rule->text);
        size_t index = at->index++;
        if (*text == NULL)
            continue;
        *ret_text = (struct free_text){text, rule->base, rule->name, index, rule->list != NO_LIST};
        return true;
    }
    return false;
}

void free_text_field(const struct free_text *text, char ret_field[FAULT_FIELD_SIZE]) {
    const char *dot = text->base[0] == '\0' ? "" : ".";
    if (text->is_element)
        snprintf(ret_field, FAULT_FIELD_SIZE, "%s[%zu].%s", text->base, text->index, text->name);
    else
        snprintf(ret_field, FAULT_FIELD_SIZE, "%s%s%s", text->base, dot, text->name);
}

unsigned free_texts_kinds(Rond__V1__Report *report) {
    struct free_texts at = {.report = report};
    struct free_text text;
    unsigned kinds = 0;
    while (free_texts_next(&at, &text))
        kinds |= personal_data_kinds(bytes_of_text(*text.text));
    return kinds;
}

bool free_texts_remove(Rond__V1__Report *report) {
    static char empty[] = "";
    struct free_texts at = {.report = report};
    struct free_text text;
    bool removed = false;
    while (free_texts_next(&at, &text)) {
        removed = removed || (*text.text)[0] != '\0';
        *text.text = empty;
    }
    return removed;
}
