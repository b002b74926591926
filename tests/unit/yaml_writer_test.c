#include "promise/yaml_writer.h"

#include <string.h>
#include <yaml.h>

#include "support/test.h"

static struct buffer written;

static int setup(void **state) {
    UNUSED(state);
    buffer_init(&written, 1024 * 1024);
    return 0;
}
static int teardown(void **state) {
    UNUSED(state);
    buffer_deinit(&written);
    return 0;
}

static const char *write_of(json_t *take_document, const char *comment) {
    buffer_clear(&written);
    assert_ok(yaml_write(take_document, comment, &written));
    json_decref(take_document);
    return buffer_text(&written);
}

static void words_stand_on_one_line_and_everything_else_on_its_own(void **state) {
    UNUSED(state);
    json_t *document = json_pack("{s:{s:s,s:s},s:[{s:s,s:[s,s],s:i,s:b},{s:s,s:[{s:s}]}],s:f}", "area", "id", "lund", "name",
                                 "Östra Lund", "promises", "id", "a", "days", "fri", "sat", "target", 10, "joint", 1, "id",
                                 "b", "parts", "kind", "check", "lat", 55.7059);
    assert_string_equal(write_of(document, "what it is"), "# what it is\n"
                                                          "area: {id: lund, name: Östra Lund}\n"
                                                          "promises:\n"
                                                          "- {id: a, days: [fri, sat], target: 10, joint: true}\n"
                                                          "- id: b\n"
                                                          "  parts:\n"
                                                          "  - {kind: check}\n"
                                                          "lat: 55.705900\n");
}

static void what_another_reader_takes_for_something_else_is_quoted(void **state) {
    UNUSED(state);
    json_t *document = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "time", "20:00", "flag", "No", "number", "10", "day",
                                 "2015-01-01", "season", "09-01", "nothing", "null");
    assert_string_equal(
        write_of(document, NULL),
        "{time: \"20:00\", flag: \"No\", number: \"10\", day: 2015-01-01, season: 09-01, nothing: \"null\"}\n");
}

// The scalar behind the one key, as libyaml reads it.
static void assert_reads_back(const char *text) {
    yaml_parser_t parser;
    yaml_document_t document;
    (void)write_of(json_pack("{s:s}", "title", text), NULL);
    assert_true(yaml_parser_initialize(&parser));
    yaml_parser_set_input_string(&parser, written.data, written.size);
    assert_true(yaml_parser_load(&parser, &document));
    yaml_node_t *root = yaml_document_get_root_node(&document);
    assert_int_equal(root->type, YAML_MAPPING_NODE);
    assert_int_equal(root->data.mapping.pairs.top - root->data.mapping.pairs.start, 1);
    yaml_node_t *value = yaml_document_get_node(&document, root->data.mapping.pairs.start->value);
    assert_int_equal(value->type, YAML_SCALAR_NODE);
    assert_int_equal(value->data.scalar.length, strlen(text));
    assert_memory_equal(value->data.scalar.value, text, strlen(text));
    yaml_document_delete(&document);
    yaml_parser_delete(&parser);
}

static void whatever_somebody_typed_is_read_back_as_it_was(void **state) {
    UNUSED(state);
    static const char *const texts[] = {"",
                                        " ",
                                        "- a",
                                        "a: b",
                                        "a #b",
                                        "a\nb: c\n---\n",
                                        "\tx",
                                        "{x}",
                                        "a, b]}",
                                        "\"quoted\" 'twice' \\",
                                        "&anchor *alias !tag |",
                                        "%YAML",
                                        "...",
                                        "<script>alert(1)</script>",
                                        "Trygg i Åmål – “så”",
                                        "\xF0\x9F\x9A\x93",
                                        "trailing ",
                                        "a\xC2\x85z\xE2\x80\xA8y",
                                        "\xEF\xBB\xBFmark"};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
        assert_reads_back(texts[i]);
}

static void a_buffer_that_is_full_is_told(void **state) {
    UNUSED(state);
    struct buffer small;
    json_t *document = json_pack("{s:s}", "title", "longer than that");
    buffer_init(&small, 8);
    assert_err(ROND_ENOMEM, yaml_write(document, NULL, &small));
    buffer_deinit(&small);
    json_decref(document);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(words_stand_on_one_line_and_everything_else_on_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(what_another_reader_takes_for_something_else_is_quoted, setup, teardown),
        cmocka_unit_test_setup_teardown(whatever_somebody_typed_is_read_back_as_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(a_buffer_that_is_full_is_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
