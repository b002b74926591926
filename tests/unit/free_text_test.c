#include "wire/free_text.h"

#include <stdio.h>
#include <string.h>

#include "support/report_samples.h"
#include "support/test.h"

static struct arena arena;

static int open_arena(void **state) {
    arena_init(&arena, 16 * 1024 * 1024);
    return 0;
}

static int close_arena(void **state) {
    arena_deinit(&arena);
    return 0;
}

// Every string field of the schema is either an id or free; whoever adds one has to say which.
static const char *const ids[] = {
    "area",
    "place",
    "commitment",
    "organisations",
    "role",
    "check.of",
    "handout.items.item",
    "patrol.persons.role",
    "walk.findings.id",
    "walk.findings.place",
    "walk.findings.responsible",
    "walk.findings.due",
    "walk.findings.rewalk_of.finding",
    "meeting.with",
    "inventory.of",
    "inventory.findings.place",
    "initiative.type",
};
static const char *const free_fields[] = {
    "text",
    "activity",
    "walk.findings.place_text",
    "walk.findings.cause",
    "walk.findings.promised_action",
    "meeting.subject",
    "inventory.findings.text",
    "initiative.unit",
    "initiative.outcome",
    "withdrawal.reason",
};

static bool is_among(const char *const *names, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void fields_check(const ProtobufCMessageDescriptor *type, const char *path, size_t *count) {
    for (unsigned i = 0; i < type->n_fields; i++) {
        char name[FAULT_FIELD_SIZE];
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        snprintf(name, sizeof name, "%s%s%s", path, path[0] == '\0' ? "" : ".", field->name);
        if (field->type == PROTOBUF_C_TYPE_MESSAGE)
            fields_check(field->descriptor, name, count);
        if (field->type != PROTOBUF_C_TYPE_STRING)
            continue;
        bool is_free = is_among(free_fields, ARRAY_COUNT(free_fields), name);
        if (!is_free && !is_among(ids, ARRAY_COUNT(ids), name))
            fail_msg("%s is neither an id nor a free text", name);
        *count += is_free;
    }
}

static void every_text_of_the_schema_is_an_id_or_free(void **state) {
    size_t count = 0;
    fields_check(&rond__v1__report__descriptor, "", &count);
    assert_int_equal(count, ARRAY_COUNT(free_fields));
}

static char *text_of(const char *text) {
    char *copy = arena_text(&arena, text);
    assert_non_null(copy);
    return copy;
}

// Walks the report and asks that exactly these fields come, in this order.
static void expect_fields(Rond__V1__Report *report, const char *const *fields, size_t count) {
    struct free_texts at = {.report = report};
    struct free_text text;
    size_t i = 0;
    for (; free_texts_next(&at, &text); i++) {
        char field[FAULT_FIELD_SIZE];
        free_text_field(&text, field);
        assert_true(i < count);
        assert_string_equal(field, fields[i]);
    }
    assert_int_equal(i, count);
}

static void each_kind_gives_its_own_texts(void **state) {
    static const char *const check[] = {"text", "activity"};
    static const char *const meeting[] = {"text", "activity", "meeting.subject"};
    static const char *const initiative[] = {"text", "activity", "initiative.unit", "initiative.outcome"};
    static const char *const withdrawal[] = {"text", "activity", "withdrawal.reason"};
    expect_fields(sample_report(&arena, ROND__V1__KIND__KIND_CHECK, 0), check, ARRAY_COUNT(check));
    expect_fields(sample_report(&arena, ROND__V1__KIND__KIND_MEETING, 0), meeting, ARRAY_COUNT(meeting));
    expect_fields(sample_report(&arena, ROND__V1__KIND__KIND_INITIATIVE, 0), initiative, ARRAY_COUNT(initiative));
    const struct id128 id = {{1}};
    expect_fields(sample_withdrawal(&arena, &id, &id, 1), withdrawal, ARRAY_COUNT(withdrawal));
    Rond__V1__Report none = ROND__V1__REPORT__INIT;
    expect_fields(&none, check, ARRAY_COUNT(check));
}

static void a_number_is_found_in_any_element_of_a_list(void **state) {
    Rond__V1__Report *walk = sample_report(&arena, ROND__V1__KIND__KIND_SAFETY_WALK, 0);
    assert_int_equal(free_texts_kinds(walk), 0);
    size_t last = walk->walk->n_findings - 1;
    walk->walk->findings[last]->promised_action = text_of("talk to 900101-9802");
    assert_int_equal(free_texts_kinds(walk), PERSONAL_DATA_NUMBER);
    walk->walk->findings[0]->place_text = text_of("beside ABC 123");
    assert_int_equal(free_texts_kinds(walk), PERSONAL_DATA_NUMBER | PERSONAL_DATA_PLATE);
    Rond__V1__Report *inventory = sample_report(&arena, ROND__V1__KIND__KIND_INVENTORY, 0);
    inventory->inventory->findings[0]->text = text_of("900161-9809");
    assert_int_equal(free_texts_kinds(inventory), PERSONAL_DATA_COORDINATION);
}

static void what_is_taken_out_is_gone_and_the_rest_stays(void **state) {
    Rond__V1__Report *walk = sample_report(&arena, ROND__V1__KIND__KIND_SAFETY_WALK, 0);
    walk->text = text_of("900101-9802");
    walk->walk->findings[0]->cause = text_of("dark");
    char *id = walk->walk->findings[0]->id;
    assert_true(free_texts_remove(walk));
    assert_string_equal(walk->text, "");
    assert_string_equal(walk->walk->findings[0]->cause, "");
    assert_ptr_equal(walk->walk->findings[0]->id, id);
    assert_false(free_texts_remove(walk));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_of_the_schema_is_an_id_or_free),
        cmocka_unit_test(each_kind_gives_its_own_texts),
        cmocka_unit_test(a_number_is_found_in_any_element_of_a_list),
        cmocka_unit_test(what_is_taken_out_is_gone_and_the_rest_stays),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
