// The fields are walked by what protobuf-c says of each message, so that a path means here what it means in a fault. Which
// paths may be amended is a table: whatever is new in a report is not amended until somebody thought about it.
#include "promise/amend.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"

static const char *const AMENDABLE[] = {
    "occurred_from_s",
    "occurred_to_s",
    "place",
    "role",
    "commitment",
    "organisations[]",
    "check.of",
    "check.form",
    "check.checked",
    "check.remarked",
    "check.reported",
    "handout.items[].item",
    "handout.items[].count",
    "handout.information_given",
    "patrol.persons[].role",
    "patrol.persons[].persons",
    "walk.findings[].place",
    "walk.findings[].safety",
    "walk.findings[].responsible",
    "walk.findings[].due",
    "meeting.with",
    "inventory.of",
    "inventory.surveyed",
    "inventory.findings[].place",
    "initiative.type",
    "initiative.quantity",
};

static enum rond_err refuse(struct fault *fault, const char *path, const char *sentence, const char *swedish) {
    (void)fault_set(fault, ROND_EINVALID, 0, path, "%s", sentence);
    return fault_in_swedish(fault, ROND_EINVALID, "%s", swedish);
}

// The same path, whichever element of a list it names.
static bool is_amendable(const char *path) {
    char plain[FAULT_FIELD_SIZE];
    size_t size = 0;
    for (const char *at = path; *at != '\0'; at++) {
        bool is_index = isdigit((unsigned char)*at) && size > 0 && plain[size - 1] == '[';
        if (is_index)
            at += strspn(at, "0123456789") - 1;
        else if (size + 1 < sizeof plain)
            plain[size++] = *at;
        else
            return false;
    }
    plain[size] = '\0';
    for (size_t i = 0; i < ARRAY_COUNT(AMENDABLE); i++)
        if (strcmp(AMENDABLE[i], plain) == 0)
            return true;
    return false;
}

// ---- Finding it ----

// Where a path has come to: a field of a message, and which of a list.
struct amended {
    ProtobufCMessage *message;
    const ProtobufCFieldDescriptor *field;
    bool has_index;
    size_t index;
};

static uint8_t *member(const struct amended *amended, unsigned offset) {
    return (uint8_t *)amended->message + offset;
}

static bool is_oneof(const ProtobufCFieldDescriptor *field) {
    return (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

// One part of the path: NAME or NAME[INDEX]. False where the message has no such thing.
static bool part_take(const char **path, struct amended *amended) {
    char name[FAULT_FIELD_SIZE];
    size_t size = strcspn(*path, ".[");
    if (size == 0 || size >= sizeof name)
        return false;
    memcpy(name, *path, size);
    name[size] = '\0';
    *path += size;
    amended->field = protobuf_c_message_descriptor_get_field_by_name(amended->message->descriptor, name);
    amended->has_index = **path == '[';
    if (amended->field == NULL || amended->has_index != (amended->field->label == PROTOBUF_C_LABEL_REPEATED))
        return false;
    if (is_oneof(amended->field)) {
        uint32_t which;
        memcpy(&which, member(amended, amended->field->quantifier_offset), sizeof which);
        return which == amended->field->id;
    }
    if (!amended->has_index)
        return true;
    char *end;
    size_t count;
    amended->index = strtoul(*path + 1, &end, 10);
    memcpy(&count, member(amended, amended->field->quantifier_offset), sizeof count);
    if (end == *path + 1 || *end != ']')
        return false;
    *path = end + 1;
    return amended->index < count;
}

static void *value_place(const struct amended *amended) {
    uint8_t *at = member(amended, amended->field->offset);
    if (!amended->has_index)
        return at;
    void **list;
    memcpy(&list, at, sizeof list);
    return &list[amended->index]; // of texts and messages: there are no lists of numbers in a report
}

static bool amended_find(Rond__V1__Report *report, const char *path, struct amended *ret_amended) {
    struct amended amended = {.message = &report->base};
    while (part_take(&path, &amended)) {
        if (*path == '\0') {
            *ret_amended = amended;
            return true;
        }
        if (*path++ != '.' || amended.field->type != PROTOBUF_C_TYPE_MESSAGE)
            return false;
        memcpy(&amended.message, value_place(&amended), sizeof amended.message);
        if (amended.message == NULL)
            return false;
    }
    return false;
}

// ---- Setting it ----

static enum rond_err text_set(const struct amended *amended, const char *value, struct arena *arena) {
    char *copy = arena_text(arena, value);
    if (copy == NULL)
        return ROND_ENOMEM;
    memcpy(value_place(amended), &copy, sizeof copy);
    return ROND_OK;
}

// "targeted" of CHECK_FORM_TARGETED.
static bool enum_find(const ProtobufCEnumDescriptor *names, const char *value, int *ret_number) {
    for (unsigned i = 0; i < names->n_values; i++) {
        const char *name = names->values[i].name;
        size_t size = strlen(name), wanted = strlen(value);
        bool ends =
            wanted > 0 && size > wanted && name[size - wanted - 1] == '_' && strcasecmp(name + size - wanted, value) == 0;
        if (ends && names->values[i].value != 0) {
            *ret_number = names->values[i].value;
            return true;
        }
    }
    return false;
}

static bool number_set(const struct amended *amended, const char *value) {
    char *end;
    long long number = strtoll(value, &end, 10);
    bool is_number = end != value && *end == '\0' && strlen(value) <= 18;
    uint32_t small = (uint32_t)number;
    int64_t large = number;
    switch (amended->field->type) {
    case PROTOBUF_C_TYPE_UINT32:
        if (!is_number || number < 0 || number > UINT32_MAX)
            return false;
        memcpy(value_place(amended), &small, sizeof small);
        return true;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
        if (!is_number)
            return false;
        memcpy(value_place(amended), &large, sizeof large);
        return true;
    default:
        return false;
    }
}

static enum rond_err value_set(const struct amended *amended, const char *value, struct arena *arena, bool *ret_fits) {
    protobuf_c_boolean truth = strcmp(value, "yes") == 0;
    int number;
    *ret_fits = true;
    switch (amended->field->type) {
    case PROTOBUF_C_TYPE_STRING:
        return text_set(amended, value, arena);
    case PROTOBUF_C_TYPE_BOOL:
        *ret_fits = truth || strcmp(value, "no") == 0;
        if (*ret_fits)
            memcpy(value_place(amended), &truth, sizeof truth);
        return ROND_OK;
    case PROTOBUF_C_TYPE_ENUM:
        *ret_fits = enum_find(amended->field->descriptor, value, &number);
        if (*ret_fits)
            memcpy(value_place(amended), &number, sizeof number);
        return ROND_OK;
    default:
        *ret_fits = number_set(amended, value);
        return ROND_OK;
    }
}

enum rond_err amend_field(Rond__V1__Report *report, const char *path, const char *value, struct arena *arena,
                          struct fault *fault) {
    struct amended amended;
    bool fits;
    if (!is_amendable(path))
        return refuse(fault, path, "This may not be amended: only ids, numbers and times of a report are.",
                      "Det här får inte rättas: bara id:n, antal och tider i en rapport.");
    if (!amended_find(report, path, &amended))
        return refuse(fault, path, "The report has no such field.", "Rapporten har inget sådant fält.");
    if (strlen(value) > AMEND_VALUE_BYTES_MAX)
        return refuse(fault, path, "The value is too long.", "Värdet är för långt.");
    enum rond_err err = value_set(&amended, value, arena, &fits);
    return err != ROND_OK || fits
               ? err
               : refuse(fault, path, "The field cannot hold that value.", "Fältet kan inte ha det värdet.");
}

void amend_end(Rond__V1__Report *report) {
    size_t kept = 0;
    for (size_t i = 0; i < report->n_organisations; i++)
        if (report->organisations[i][0] != '\0')
            report->organisations[kept++] = report->organisations[i];
    report->n_organisations = kept;
}

enum rond_err amend_by_rulings(Rond__V1__Report *report, const struct ruling *rulings, size_t count, struct arena *arena,
                               bool *ret_times) {
    *ret_times = false;
    for (size_t i = 0; i < count; i++) {
        if (rulings[i].kind != RULING_FIELD)
            continue;
        enum rond_err err = amend_field(report, rulings[i].subject, rulings[i].value, arena, NULL);
        if (err != ROND_OK && err != ROND_EINVALID)
            return err;
        *ret_times = *ret_times || strncmp(rulings[i].subject, "occurred_", 9) == 0;
    }
    return ROND_OK;
}
