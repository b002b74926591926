#include "web/tile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/test.h"

static char directory[] = "/tmp/rond-tiles-XXXXXX";

static void make_folder(const char *name) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void make_file(const char *name, const char *content, size_t size) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state) {
    UNUSED(state);
    assert_non_null(mkdtemp(directory));
    return 0;
}

static int tear_down(void **state) {
    UNUSED(state);
    char command[64];
    (void)snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command);
}

static void no_address_names_another_file_than_a_tile(void **state) {
    UNUSED(state);
    static const struct {
        const char *zoom, *x, *file;
        bool is_tile;
    } CASES[] = {
        {"0", "0", "0.png", true},
        {"12", "2200", "1290.png", true},
        {"22", "4194303", "4194303.png", true},
        {"1", "1", "1.png", true},
        {"1", "2", "0.png", false},
        {"1", "0", "2.png", false},
        {"22", "4194304", "0.png", false},
        {"23", "0", "0.png", false},
        {"4294967296", "0", "0.png", false},
        {"5", "18446744073709551616", "0.png", false},
        {"..", "0", "0.png", false},
        {"0", "..", "0.png", false},
        {"0", "0", "..", false},
        {"0", "0", "../0.png", false},
        {"0", "0", "%2e%2e.png", false},
        {"0", "0", "0", false},
        {"0", "0", "0.PNG", false},
        {"0", "0", "0.jpg", false},
        {"0", "0", "0.png.png", false},
        {"0", "0", ".png", false},
        {"", "0", "0.png", false},
        {"+1", "0", "0.png", false},
        {"-1", "0", "0.png", false},
        {" 1", "0", "0.png", false},
        {"1 ", "0", "0.png", false},
        {"01", "0", "0.png", false},
        {"0x1", "0", "0.png", false},
        {"1", "1.png", "1.png", false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
        struct tile tile;
        if (tile_parse(CASES[i].zoom, CASES[i].x, CASES[i].file, &tile) != CASES[i].is_tile)
            fail_msg("%s/%s/%s", CASES[i].zoom, CASES[i].x, CASES[i].file);
    }
    struct tile tile;
    assert_true(tile_parse("12", "2200", "1290.png", &tile));
    assert_int_equal(tile.zoom, 12);
    assert_int_equal(tile.x, 2200);
    assert_int_equal(tile.y, 1290);
}

static void the_zooms_are_the_folders_that_are_numbers(void **state) {
    UNUSED(state);
    struct tile_zooms zooms = {7, 7};
    assert_err(ROND_EIO, tile_zooms("/nonexistent", &zooms));
    make_folder("about");
    make_folder("23");
    assert_err(ROND_ENOTFOUND, tile_zooms(directory, &zooms));
    assert_int_equal(zooms.first, 7);
    make_folder("6");
    make_folder("14");
    make_folder("9");
    assert_ok(tile_zooms(directory, &zooms));
    assert_int_equal(zooms.first, 6);
    assert_int_equal(zooms.last, 14);
}

static enum rond_err read_at(uint32_t y, struct buffer *to, const char **ret_type) {
    const struct tile tile = {6, 34, y};
    buffer_clear(to);
    return tile_read(directory, &tile, to, ret_type);
}

static void a_tile_is_read_as_what_lies_there(void **state) {
    UNUSED(state);
    struct buffer tile;
    const char *type = "";
    buffer_init(&tile, 2 * TILE_BYTES_MAX);
    assert_err(ROND_ENOTFOUND, read_at(20, &tile, &type)); // no folder of that column either
    make_folder("6/34");
    make_file("6/34/20.png", "\x89PNG", 4);
    make_file("6/34/21.jpg", "\xff\xd8", 2);
    make_file("6/34/22.webp", "RIFF", 4);
    make_file("6/34/23.gif", "GIF", 3);
    make_file("6/34/24.png", "", 0);
    assert_ok(read_at(20, &tile, &type));
    assert_string_equal(type, "image/png");
    assert_int_equal(tile.size, 4);
    assert_memory_equal(tile.data, "\x89PNG", 4);
    assert_ok(read_at(21, &tile, &type));
    assert_string_equal(type, "image/jpeg");
    assert_ok(read_at(22, &tile, &type));
    assert_string_equal(type, "image/webp");
    assert_err(ROND_ENOTFOUND, read_at(23, &tile, &type));
    assert_err(ROND_ENOTFOUND, read_at(24, &tile, &type));
    buffer_deinit(&tile);
}

static void what_is_no_tile_is_refused_and_waited_for_by_nobody(void **state) {
    UNUSED(state);
    static char large[TILE_BYTES_MAX + 1];
    struct buffer tile;
    const char *type = "";
    char path[128];
    buffer_init(&tile, 2 * TILE_BYTES_MAX);
    make_file("6/34/30.png", large, TILE_BYTES_MAX);
    make_file("6/34/31.png", large, TILE_BYTES_MAX + 1);
    make_folder("6/34/32.png");
    (void)snprintf(path, sizeof path, "%s/6/34/33.png", directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_ok(read_at(30, &tile, &type));
    assert_int_equal(tile.size, TILE_BYTES_MAX);
    assert_err(ROND_EFULL, read_at(31, &tile, &type));
    assert_err(ROND_EIO, read_at(32, &tile, &type));
    assert_err(ROND_EIO, read_at(33, &tile, &type));
    assert_int_equal(tile.size, 0);
    buffer_deinit(&tile);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_address_names_another_file_than_a_tile),
        cmocka_unit_test(the_zooms_are_the_folders_that_are_numbers),
        cmocka_unit_test(a_tile_is_read_as_what_lies_there),
        cmocka_unit_test(what_is_no_tile_is_refused_and_waited_for_by_nobody),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
