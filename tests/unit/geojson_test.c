#include "read/geojson.h"

#include "support/test.h"

static void file_is(const char *const *rows, size_t count, const char *expected) {
    struct buffer file;
    buffer_init(&file, 4096);
    assert_int_equal(geojson_begin(&file), ROND_OK);
    for (size_t i = 0; i < count; i++) {
        json_t *row = json_loads(rows[i], 0, NULL);
        assert_non_null(row);
        assert_int_equal(geojson_row(row, i == 0, &file), ROND_OK);
        json_decref(row);
    }
    assert_int_equal(geojson_end(&file), ROND_OK);
    assert_string_equal(buffer_text(&file), expected);
    buffer_deinit(&file);
}

static void a_row_is_a_feature_at_its_point_longitude_first(void **state) {
    (void)state;
    static const char *const rows[] = {
        "{\"place\":\"bangatan\",\"latitude_e6\":55704700,\"longitude_e6\":13188000,\"reports\":2}",
        "{\"place\":\"\\\"å\\n\",\"latitude_e6\":-33123456,\"longitude_e6\":-179999999,\"reports\":0}"};
    file_is(rows, 2,
            "{\"type\":\"FeatureCollection\",\"features\":[\n"
            "{\"geometry\":{\"coordinates\":[13.188,55.7047],\"type\":\"Point\"},\"properties\":{\"place\":\"bangatan\","
            "\"reports\":2},\"type\":\"Feature\"},\n"
            "{\"geometry\":{\"coordinates\":[-179.999999,-33.123456],\"type\":\"Point\"},\"properties\":{\"place\":\"\\\"å\\n\","
            "\"reports\":0},\"type\":\"Feature\"}\n"
            "]}\n");
}

static void a_row_that_says_no_point_has_no_geometry(void **state) {
    (void)state;
    static const char *const rows[] = {"{\"place\":null,\"latitude_e6\":null,\"longitude_e6\":null}"};
    file_is(rows, 1,
            "{\"type\":\"FeatureCollection\",\"features\":[\n"
            "{\"geometry\":null,\"properties\":{\"place\":null},\"type\":\"Feature\"}\n]}\n");
}

static void no_row_is_a_whole_file(void **state) {
    (void)state;
    file_is(NULL, 0, "{\"type\":\"FeatureCollection\",\"features\":[\n]}\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_a_feature_at_its_point_longitude_first),
        cmocka_unit_test(a_row_that_says_no_point_has_no_geometry),
        cmocka_unit_test(no_row_is_a_whole_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
