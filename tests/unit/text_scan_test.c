#include "wire/text_scan.h"

#include <string.h>

#include "rond/v1/report.pb-c.h"
#include "rond/v1/sync.pb-c.h"
#include "support/test.h"

struct scan_case {
    const char *name;
    const char *message;
    size_t size;
    const char *field; // NULL: fine
};
#define CASE(name, message, field)                                                                                          \
    { name, message, sizeof(message) - 1, field }

// area is field 8 (key 0x42), walk 23 (0xba 0x01), its findings 1 (0x0a), their cause 5 (0x2a)
static const struct scan_case cases[] = {
    CASE("empty", "", NULL),
    CASE("fine", "\x42\x04lund", NULL),
    CASE("nul inside", "\x42\x04lu\0d", "area"),
    CASE("nul at the end", "\x42\x05lund\0", "area"),
    CASE("not utf-8", "\x42\x02\xc3\x28", "area"),
    CASE("in the first of two, though the last counts", "\x42\x02x\0\x42\x04lund", "area"),
    CASE("nested", "\xba\x01\x07\x0a\x05\x2a\x03x\0y", "walk.findings.cause"),
    CASE("nested and fine", "\xba\x01\x07\x0a\x05\x2a\x03xyz", NULL),
    CASE("bytes fields may hold anything", "\x7a\x04\x0a\x02\0\xff", NULL),
    CASE("unknown fields may hold anything", "\xfa\x07\x02\0\xff", NULL),
    CASE("behind a number and fixed fields", "\x08\x01\x19\1\2\3\4\5\6\7\x08\x42\x02x\0", "area"),
    CASE("a number of ten bytes", "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x42\x02x\0", "area"),
    CASE("cut: left to the decoder", "\x42\x09lund", NULL),
    CASE("cut key: left to the decoder", "\xff", NULL),
    CASE("a size that overflows: left to the decoder", "\x42\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01lund", NULL),
};

static void texts_with_nul_or_bad_utf8_are_found_wherever_they_stand(void **state) {
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fault fault = {0};
        enum rond_err err = text_scan(&rond__v1__report__descriptor, bytes_of(cases[i].message, cases[i].size), &fault);
        if (cases[i].field == NULL && err != ROND_OK)
            fail_msg("%s: refused at %s", cases[i].name, fault.field);
        if (cases[i].field != NULL && (err != ROND_EINVALID || strcmp(fault.field, cases[i].field) != 0))
            fail_msg("%s: %s at '%s'", cases[i].name, rond_err_name(err), fault.field);
    }
}

static unsigned depth_of(const ProtobufCMessageDescriptor *type) {
    unsigned deepest = 0;
    for (unsigned i = 0; i < type->n_fields; i++) {
        if (type->fields[i].type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        unsigned depth = depth_of(type->fields[i].descriptor);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

static void no_message_of_the_schema_is_too_deep_to_be_scanned(void **state) {
    assert_true(depth_of(&rond__v1__frame__descriptor) <= 8);
    assert_true(depth_of(&rond__v1__report__descriptor) <= 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_with_nul_or_bad_utf8_are_found_wherever_they_stand),
        cmocka_unit_test(no_message_of_the_schema_is_too_deep_to_be_scanned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
