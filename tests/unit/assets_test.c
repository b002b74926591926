#include "web/assets.h"

#include <string.h>

#include "support/test.h"

static void every_file_is_found_by_its_path(void **state) {
    assert_true(WEB_ASSETS_COUNT > 3);
    for (size_t i = 0; i < WEB_ASSETS_COUNT; i++)
        assert_ptr_equal(web_asset_find(WEB_ASSETS[i].path), &WEB_ASSETS[i]);
    assert_null(web_asset_find("/assets/"));
    assert_null(web_asset_find("/assets/../index.html"));
    assert_null(web_asset_find(""));
}

static void what_is_text_is_there_compressed_and_smaller_but_the_frame(void **state) {
    const struct web_asset *page = web_asset_find("/index.html"), *style = web_asset_find("/public.css");
    assert_non_null(page);
    assert_memory_equal(page->plain.data, "<!doctype html>", 15);
    assert_int_equal(page->brotli.size, 0);
    assert_int_equal(page->gzip.size, 0);
    assert_false(page->is_hashed);
    assert_non_null(style);
    assert_in_range(style->brotli.size, 1, style->plain.size - 1);
    assert_in_range(style->gzip.size, 1, style->plain.size - 1);
    assert_memory_equal(style->gzip.data, "\x1f\x8b", 2);
}

static void a_page_names_files_that_are_there_and_may_be_kept(void **state) {
    const struct web_asset *page = web_asset_find("/index.html");
    char html[4096], *at = html;
    assert_in_range(page->plain.size, 1, sizeof html - 1);
    memcpy(html, page->plain.data, page->plain.size);
    html[page->plain.size] = '\0';
    size_t named = 0;
    while ((at = strstr(at, "\"/assets/")) != NULL) {
        *strchr(++at, '"') = '\0';
        const struct web_asset *asset = web_asset_find(at);
        assert_non_null(asset);
        assert_true(asset->is_hashed);
        at += strlen(at) + 1;
        named++;
    }
    assert_true(named >= 2);
    assert_null(strstr(html, "<style"));
}

static void every_list_of_the_api_has_its_columns(void **state) {
    assert_true(WEB_COLUMNS_COUNT > 20);
    for (size_t i = 0; i < WEB_COLUMNS_COUNT; i++) {
        assert_ptr_equal(web_columns_find(WEB_COLUMNS[i].pattern), &WEB_COLUMNS[i]);
        assert_true(WEB_COLUMNS[i].count > 0);
    }
    assert_null(web_columns_find("/api/v1/progress"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_found_by_its_path),
        cmocka_unit_test(what_is_text_is_there_compressed_and_smaller_but_the_frame),
        cmocka_unit_test(every_list_of_the_api_has_its_columns),
        cmocka_unit_test(a_page_names_files_that_are_there_and_may_be_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
