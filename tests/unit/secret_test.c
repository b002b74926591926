#include "base/secret.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "support/test.h"

// Whether the mapping that holds `at` has this flag (proc(5), VmFlags).
static bool has_flag(const void *at, const char *flag) {
    FILE *maps = fopen("/proc/self/smaps", "r");
    char line[512], wanted[16];
    bool inside = false, found = false;
    assert_non_null(maps);
    snprintf(wanted, sizeof wanted, " %s ", flag);
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long from, to;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            inside = (uintptr_t)at >= from && (uintptr_t)at < to;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            found = strstr(line, wanted) != NULL;
    }
    fclose(maps);
    return found;
}

static void secret_is_kept_out_of_core_dumps(void **state) {
    UNUSED(state);
    char *secret = secret_create(100), plain[16] = "";
    assert_non_null(secret);
    assert_true(has_flag(secret, "dd"));
    assert_false(has_flag(plain, "dd"));
    secret_destroy(secret, 100);
}

static void secret_begins_empty_and_none_is_fine(void **state) {
    UNUSED(state);
    char *secret = secret_create(10000);
    static const char zero[10000];
    assert_non_null(secret);
    assert_memory_equal(secret, zero, sizeof zero);
    memset(secret, 7, sizeof zero);
    secret_destroy(secret, sizeof zero);
    secret_destroy(NULL, 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secret_is_kept_out_of_core_dumps),
        cmocka_unit_test(secret_begins_empty_and_none_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
