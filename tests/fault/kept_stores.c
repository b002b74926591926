#include "fault/kept_stores.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "fault/dump.h"
#include "store/sqlite.h"
#include "support/test.h"

static const char root[] = "tests/fixtures/versions/";

size_t kept_stores(struct kept_store ret_stores[KEPT_STORES_MAX]) {
    glob_t found;
    char pattern[64];
    snprintf(pattern, sizeof pattern, "%s*/server", root);
    CHECK(glob(pattern, 0, NULL, &found) == 0);
    size_t count = found.gl_pathc;
    CHECK(count <= KEPT_STORES_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *path = found.gl_pathv[i], *version = path + strlen(root);
        CHECK(strlen(path) < sizeof ret_stores[i].directory);
        strcpy(ret_stores[i].directory, path);
        snprintf(ret_stores[i].version, sizeof ret_stores[i].version, "%.*s", (int)strcspn(version, "/"), version);
    }
    globfree(&found);
    return count;
}

// As it lies there: no log is read beside it, nothing is locked, and no file system of a test's own stands between.
static void hash_of_then(const struct kept_store *kept, struct hash256 *ret_hash) {
    char uri[96];
    sqlite3 *db = NULL;
    snprintf(uri, sizeof uri, "file:%s/rond.db?immutable=1", kept->directory);
    CHECK(sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, "unix") == SQLITE_OK);
    dump_hash(db, ret_hash);
    sqlite3_close(db);
}

bool kept_store_was_migrated(const struct kept_store *kept, struct store *opened) {
    struct hash256 then, now;
    hash_of_then(kept, &then);
    dump_hash(sqlite_of(opened)->db, &now);
    bool was_migrated = !hash256_equal(&then, &now);
    print_message("%s: %s\n", kept->version,
                  was_migrated ? "brought up to date" : "nothing leads away from it yet; opened as it is");
    return was_migrated;
}
