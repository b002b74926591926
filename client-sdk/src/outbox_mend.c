// Mending, in this order, so that a crash at any moment leaves the damaged file or the whole fresh one:
//
//   PATH.mending   the fresh outbox while it is filled
//   PATH.mended    the same when it is whole and on disk; from here on the rest is finished at the next opening
//   PATH-wal    -> PATH.damaged-wal (a log must never meet another file than its own)
//   PATH        -> PATH.damaged
//   PATH.mended -> PATH
//
// Rows are taken from the pages themselves (outbox_pages.h) and believed where they are sealed for the place at which they
// say they belong. A log that is there counts as well, also what SQLite does not take of it (outbox_log.h). Ids of outboxes are in the outboxes' rows and once more in SQLite's index of them, so on two pages.
#include "outbox_mend.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "outbox_internal.h"
#include "outbox_pages.h"

enum { PATH_SIZE = 4096, OUTBOXES_MAX = 1024, NAME_SIZE = 512 };
#define MS_EARLIEST INT64_C(1000000000000) // 2001; a smaller number is no moment at which this program ran

struct known_outbox {
    int64_t number;
    struct id128 id;
};
struct salvage {
    struct outbox *to;
    struct known_outbox *known; // candidates: one number may have several
    size_t known_count;
    size_t sealed, opened;      // payloads seen, and those that the key opens
};

// --- What a row is ---

static bool shaped(const struct page_row *row, bool has_number, const char *kinds) {
    if (row->has_number != has_number || row->count != strlen(kinds))
        return false;
    for (size_t i = 0; i < row->count; i++) {
        enum page_kind kind = row->values[i].kind;
        bool fits = kinds[i] == 'n'   ? kind == PAGE_NUMBER
                    : kinds[i] == 'b' ? kind == PAGE_BLOB
                    : kinds[i] == 't' ? kind == PAGE_TEXT
                    : kinds[i] == '0' ? kind == PAGE_NULL
                                      : kind == PAGE_BLOB || kind == PAGE_NULL; // '?'
        if (!fits)
            return false;
    }
    return true;
}

// --- First the outboxes ---

static enum rond_err known_add(struct salvage *salvage, int64_t number, struct bytes id_bytes) {
    struct known_outbox add = {.number = number};
    if (number <= 0 || !id128_from_bytes(id_bytes, &add.id))
        return ROND_OK;
    for (size_t i = 0; i < salvage->known_count; i++)
        if (salvage->known[i].number == number && id128_equal(&salvage->known[i].id, &add.id))
            return ROND_OK;
    if (salvage->known_count < OUTBOXES_MAX)
        salvage->known[salvage->known_count++] = add;
    return ROND_OK;
}

static bool opens(struct salvage *salvage, struct seal_place place, struct bytes sealed) {
    bool opened = outbox_unseal(salvage->to, place, sealed) == ROND_OK;
    salvage->sealed++;
    salvage->opened += opened;
    return opened;
}

static enum rond_err visit_outbox(void *context, const struct page_row *row) {
    struct salvage *salvage = context;
    const struct page_value *at = row->values;
    if (shaped(row, false, "bn"))
        return known_add(salvage, at[1].number, at[0].bytes);
    if (!shaped(row, true, "0bnbnbnbn") || at[3].bytes.size != HASH_SIZE || at[5].bytes.size != HASH_SIZE ||
        !opens(salvage, place_of_number("rond ratchets v1", (uint64_t)row->number), at[7].bytes))
        return ROND_OK;
    enum rond_err err = known_add(salvage, row->number, at[1].bytes);
    if (err != ROND_OK)
        return err;
    return sql_run(salvage->to, "INSERT OR IGNORE INTO outboxes VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", "ibibibibi", row->number,
                   at[1].bytes, at[2].number, at[3].bytes, at[4].number, at[5].bytes, at[6].number, at[7].bytes, at[8].number);
}

// --- Then what belongs to them ---

static bool report_opens(struct salvage *salvage, int64_t number, uint64_t seq, struct bytes sealed) {
    struct record record;
    for (size_t i = 0; i < salvage->known_count; i++) {
        if (salvage->known[i].number != number || record_unseal(salvage->to, &salvage->known[i].id, seq, sealed, &record) != ROND_OK)
            continue;
        salvage->sealed++;
        salvage->opened++;
        return true;
    }
    salvage->sealed++;
    return false;
}

static enum rond_err visit_report(struct salvage *salvage, const struct page_value *at) {
    int64_t number = at[0].number, seq = at[1].number, status = at[2].number;
    struct bytes head = at[3].bytes.size == HASH_SIZE ? at[3].bytes : bytes_of(NULL, 0);
    bool is_plausible = number > 0 && seq > 0 && status >= ROW_PLAIN && status <= ROW_DISCARDED;
    if (!is_plausible || (at[4].bytes.size > 0 && !report_opens(salvage, number, (uint64_t)seq, at[4].bytes)))
        return ROND_OK;
    struct bytes verdict = at[6].bytes;
    if (verdict.size > 0 && !opens(salvage, place_of_row("rond verdict v1", number, (uint64_t)seq), verdict))
        verdict = bytes_of(NULL, 0);
    return sql_run(salvage->to,
                   "INSERT INTO reports VALUES(?, ?, ?, nullif(?, x''), nullif(?, x''), ?, nullif(?, x''))"
                   " ON CONFLICT DO UPDATE SET sealed = excluded.sealed, head = excluded.head"
                   " WHERE reports.sealed IS NULL AND excluded.sealed IS NOT NULL",
                   "iiibbib", number, seq, status, head, at[4].bytes, at[5].number, verdict);
}

// What came down lies open in the file: it is believed where it reads as what it says it is. It serves until the server has
// sent it once more.
static enum rond_err visit_standing(struct salvage *salvage, const char *commitment, struct bytes body) {
    Rond__V1__Standing *standing = rond__v1__standing__unpack(NULL, body.size, body.data);
    bool fits = standing != NULL && strcmp(standing->commitment, commitment) == 0;
    if (standing != NULL)
        rond__v1__standing__free_unpacked(standing, NULL);
    return fits ? sql_run(salvage->to, "INSERT OR IGNORE INTO standings VALUES(?, ?)", "tb", commitment, body) : ROND_OK;
}

static bool name_text(struct bytes name, char (*ret_text)[NAME_SIZE]) {
    if (name.size == 0 || name.size >= NAME_SIZE)
        return false;
    memcpy(*ret_text, name.data, name.size);
    (*ret_text)[name.size] = '\0';
    return true;
}

static enum rond_err visit_reference(struct salvage *salvage, const struct page_value *at) {
    char id[NAME_SIZE];
    struct bytes body = at[3].bytes;
    if (!name_text(at[1].bytes, &id))
        return ROND_OK;
    bool is_sealed = reference_is_sealed(body);
    if (is_sealed && (salvage->sealed++, !reference_unseals(salvage->to, at[0].number, id, body)))
        return ROND_OK;
    salvage->opened += is_sealed;
    struct bytes open = is_sealed ? buffer_bytes(&salvage->to->plain) : body;
    Rond__V1__ReferenceEntry *entry = rond__v1__reference_entry__unpack(NULL, open.size, open.data);
    bool fits = entry != NULL && (int64_t)entry->body_case == at[0].number && strcmp(entry->id, id) == 0;
    if (entry != NULL)
        rond__v1__reference_entry__free_unpacked(entry, NULL);
    if (!fits)
        return ROND_OK;
    return sql_run(salvage->to,
                   "INSERT INTO reference VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET revision = excluded.revision,"
                   " body = excluded.body WHERE excluded.revision > reference.revision",
                   "itib", at[0].number, id, at[2].number, body);
}

static enum rond_err visit_setting(struct salvage *salvage, struct bytes name, struct bytes sealed) {
    static const char copy[] = OUTBOX_SETTING_COPY;
    char text[NAME_SIZE];
    if (!name_text(name, &text) || sealed.size == 0)
        return ROND_OK;
    bool is_copy = strncmp(text, copy, sizeof copy - 1) == 0;
    const char *setting = is_copy ? text + sizeof copy - 1 : text;
    if (strlen(setting) > PLACE_SIZE_MAX / 2 || !opens(salvage, place_of_name("rond setting v1", setting), sealed))
        return visit_standing(salvage, text, sealed);
    return sql_run(salvage->to, "INSERT OR IGNORE INTO settings VALUES(?, ?)", "tb", setting, sealed);
}

static enum rond_err visit_row(void *context, const struct page_row *row) {
    struct salvage *salvage = context;
    const struct page_value *at = row->values;
    if (shaped(row, false, "nnn??n?"))
        return visit_report(salvage, at);
    if (shaped(row, false, "tb"))
        return visit_setting(salvage, at[0].bytes, at[1].bytes);
    if (shaped(row, false, "ntnb"))
        return visit_reference(salvage, at);
    if (shaped(row, false, "nnn") && at[2].number >= MS_EARLIEST)
        return sql_run(salvage->to, "INSERT OR IGNORE INTO acks VALUES(?, ?, ?)", "iii", at[0].number, at[1].number, at[2].number);
    if (shaped(row, false, "nnnn"))
        return sql_run(salvage->to, "INSERT OR IGNORE INTO aliases VALUES(?, ?, ?, ?)", "iiii", at[0].number, at[1].number,
                       at[2].number, at[3].number);
    if (shaped(row, false, "nnb") && opens(salvage, place_of_row("rond outcome v1", at[0].number, (uint64_t)at[1].number), at[2].bytes))
        return sql_run(salvage->to, "INSERT OR IGNORE INTO outcomes VALUES(?, ?, ?)", "iib", at[0].number, at[1].number, at[2].bytes);
    if (shaped(row, true, "0b") && opens(salvage, place_of_number("rond draft v1", (uint64_t)row->number), at[1].bytes))
        return sql_run(salvage->to, "INSERT OR IGNORE INTO drafts VALUES(?, ?)", "ib", row->number, at[1].bytes);
    return ROND_OK;
}

// Out of an image that was replaced: a report that is nowhere else, and was not moved away since.
static enum rond_err visit_former(void *context, const struct page_row *row) {
    struct salvage *salvage = context;
    const struct page_value *at = row->values;
    int64_t is_missing = 0;
    if (!shaped(row, false, "nnn??n?") || at[4].bytes.size == 0)
        return ROND_OK;
    enum rond_err err = sql_number(salvage->to, &is_missing,
                                   "SELECT EXISTS(SELECT 1 FROM outboxes WHERE number = ?1 AND base_seq < ?2 AND last_seq >= ?2)"
                                   " AND NOT EXISTS(SELECT 1 FROM reports WHERE outbox = ?1 AND seq = ?2)"
                                   " AND NOT EXISTS(SELECT 1 FROM aliases WHERE outbox = ?1 AND seq = ?2)",
                                   "ii", at[0].number, at[1].number);
    return err == ROND_OK && is_missing ? visit_report(salvage, at) : err;
}

// --- What is active ---

// The outbox whose row is gone, as its reports show it. What was acknowledged of it, or has a verdict, is not queued anew.
static enum rond_err position_guess(struct outbox *to, int64_t number, struct outbox_position *ret_position) {
    struct outbox_position at = {.number = number};
    int64_t last = 0, acknowledged = 0;
    enum rond_err err = sql_number(to, &last, "SELECT ifnull(max(seq), 0) FROM reports WHERE outbox = ?", "i", number);
    if (err == ROND_OK)
        err = sql_number(to, &acknowledged,
                         "SELECT max(ifnull((SELECT max(seq) FROM acks WHERE outbox = ?1 AND seq <= ?2), 0),"
                         " ifnull((SELECT max(seq) FROM reports WHERE outbox = ?1 AND"
                         " (status IN (2, 5) OR (sealed IS NULL AND status IN (0, 4)))), 0))",
                         "ii", number, last);
    at.last.seq = (uint64_t)last;
    at.acknowledged.seq = (uint64_t)acknowledged;
    if (err == ROND_OK)
        *ret_position = at;
    return err;
}

// A closed row for it, so that its reports are shown; nothing of it can be offered again.
static enum rond_err closed_insert(struct outbox *to, const struct outbox_position *old) {
    uint8_t zeros[3 * HASH_SIZE] = {0};
    enum rond_err err = outbox_seal(to, place_of_number("rond ratchets v1", (uint64_t)old->number), bytes_of(zeros, sizeof zeros));
    if (err != ROND_OK)
        return err;
    struct bytes head = bytes_of(zeros, HASH_SIZE);
    return sql_run(to, "INSERT OR IGNORE INTO outboxes VALUES(?, ?, ?, ?, ?, ?, ?, ?, 1)", "ibibibib", old->number,
                   bytes_of(old->id.b, ID_SIZE), (int64_t)old->last.seq, head, (int64_t)old->acknowledged.seq, head,
                   (int64_t)old->last.seq, buffer_bytes(&to->sealed));
}

// Which of the ids that a number may have is its own: the one that opens a report.
static bool id_of(struct salvage *salvage, int64_t number, struct id128 *ret_id) {
    sqlite3_stmt *row = NULL;
    bool found = false;
    if (sql_query(salvage->to, &row, "SELECT seq, sealed FROM reports WHERE outbox = ? AND sealed IS NOT NULL LIMIT 1", "i", number) == ROND_OK &&
        sql_next(salvage->to, row) == ROND_OK)
        for (size_t i = 0; i < salvage->known_count && !found; i++) {
            struct record record;
            found = salvage->known[i].number == number &&
                    record_unseal(salvage->to, &salvage->known[i].id, (uint64_t)sqlite3_column_int64(row, 0), sql_bytes(row, 1), &record) == ROND_OK;
            if (found)
                *ret_id = salvage->known[i].id;
        }
    sql_end(row);
    return found;
}

static enum rond_err outboxes_complete(struct salvage *salvage) {
    enum rond_err err = ROND_OK;
    for (int64_t number = 0; err == ROND_OK;) {
        struct outbox_position old = {0};
        err = sql_number(salvage->to, &number,
                         "SELECT min(outbox) FROM reports WHERE outbox > ? AND outbox NOT IN (SELECT number FROM outboxes)", "i", number);
        if (err != ROND_OK || number == 0)
            break;
        err = position_guess(salvage->to, number, &old);
        if (err == ROND_OK && id_of(salvage, number, &old.id))
            err = closed_insert(salvage->to, &old);
    }
    return err;
}

// The newest outbox, where its row is there and goes as far as its reports.
static enum rond_err active_number(struct outbox *to, int64_t *ret_number) {
    int64_t number = 0;
    enum rond_err err =
        sql_number(to, &number,
                   "SELECT number FROM outboxes WHERE closed = 0 AND number = (SELECT max(number) FROM outboxes) AND last_seq >="
                   " ifnull((SELECT max(seq) FROM reports WHERE outbox = number), 0)",
                   "");
    *ret_number = err == ROND_OK ? number : 0;
    return err == ROND_ENOTFOUND ? ROND_OK : err;
}

// The chain goes on; what is missing of it is declared lost.
static enum rond_err go_on(struct outbox *to) {
    enum rond_err err = outbox_position_load(to);
    const struct outbox_position *at = &to->position;
    if (err == ROND_OK && at->acknowledged.seq > 0) // its head is what the next one is chained to
        err = sql_run(to, "INSERT OR IGNORE INTO reports VALUES(?, ?, 0, ?, NULL, ?, NULL)", "iibi", at->number,
                      (int64_t)at->acknowledged.seq, bytes_of(at->acknowledged.head.b, HASH_SIZE), clock_wall_ms(to->clock));
    return err == ROND_OK ? outbox_rechain(to, &to->position.acknowledged) : err;
}

static enum rond_err requeue_one(struct outbox *to, const struct outbox_position *old, uint64_t seq, bool *missing) {
    int64_t is_there = 0;
    enum rond_err err = sql_number(to, &is_there,
                                   "SELECT EXISTS(SELECT 1 FROM reports WHERE outbox = ? AND seq = ? AND sealed IS NOT NULL AND status <> 3)",
                                   "ii", old->number, (int64_t)seq);
    if (err != ROND_OK || is_there)
        return err == ROND_OK ? outbox_fork_move(to, old, seq) : err;
    *missing = true;
    chain_append(&to->position.last, &(struct record){0}, NULL, NULL); // a seq without a row: lost
    return sql_run(to, "DELETE FROM reports WHERE outbox = ? AND seq = ?", "ii", old->number, (int64_t)seq);
}

// What is unacknowledged of the newest one is queued anew, under its former identities.
static enum rond_err begin_anew(struct outbox *to) {
    struct outbox_position old = {0};
    bool missing = false;
    sqlite3_stmt *row = NULL;
    enum rond_err err = sql_query(to, &row, "SELECT number, outbox, last_seq, acknowledged_seq FROM outboxes ORDER BY number DESC LIMIT 1", "");
    if (err == ROND_OK && (err = sql_next(to, row)) == ROND_OK) {
        old.number = sqlite3_column_int64(row, 0);
        old.last.seq = (uint64_t)sqlite3_column_int64(row, 2);
        old.acknowledged.seq = (uint64_t)sqlite3_column_int64(row, 3);
        err = id128_from_bytes(sql_bytes(row, 1), &old.id) ? ROND_OK : ROND_ECORRUPT;
    }
    sql_end(row);
    if (err != ROND_OK && err != ROND_ENOTFOUND)
        return err;
    err = sql_run(to, "UPDATE outboxes SET closed = 1", "");
    if (err == ROND_OK)
        err = outbox_position_create(to);
    const struct chain start = to->position.last;
    for (uint64_t seq = old.acknowledged.seq + 1; err == ROND_OK && seq <= old.last.seq; seq++)
        err = requeue_one(to, &old, seq, &missing);
    return err == ROND_OK && missing ? outbox_rechain(to, &start) : err;
}

static enum rond_err fill(struct salvage *salvage, const char *from) {
    struct outbox *to = salvage->to;
    int64_t active = 0;
    enum rond_err err = sql_run(to, "DELETE FROM outboxes", "");
    if (err == ROND_OK)
        err = pages_walk(from, visit_outbox, salvage);
    if (err == ROND_OK)
        err = pages_walk(from, visit_row, salvage);
    if (err == ROND_OK)
        err = pages_walk_former(from, visit_former, salvage);
    if (err == ROND_OK && salvage->opened == 0)
        return ROND_ECORRUPT;
    if (err == ROND_OK)
        err = outboxes_complete(salvage);
    if (err == ROND_OK)
        err = active_number(to, &active);
    if (err == ROND_OK)
        err = active != 0 ? go_on(to) : begin_anew(to);
    if (err == ROND_OK)
        err = outbox_position_save(to);
    return err == ROND_OK ? outbox_settings_copy(to) : err;
}

// --- The files ---

static void beside(const char *path, const char *suffix, char *to) {
    (void)snprintf(to, PATH_SIZE, "%s%s", path, suffix);
}

static void directory_sync(const char *path) {
    char copy[PATH_SIZE];
    beside(path, "", copy);
    int descriptor = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        (void)fsync(descriptor);
        (void)close(descriptor);
    }
}

static void mending_remove(const char *path) {
    char mending[PATH_SIZE], log[PATH_SIZE];
    beside(path, ".mending", mending);
    beside(path, ".mending-wal", log);
    (void)unlink(mending);
    (void)unlink(log);
}

bool outbox_mend_applies(const char *path) {
    const sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    return strcmp(path, ":memory:") != 0 && vfs != NULL && strncmp(vfs->zName, "unix", 4) == 0 && strlen(path) < PATH_SIZE - 32;
}

enum rond_err outbox_mend_finish(const char *path) {
    char mended[PATH_SIZE], damaged[PATH_SIZE], log[PATH_SIZE], damaged_log[PATH_SIZE];
    beside(path, ".mended", mended);
    beside(path, ".damaged", damaged);
    beside(path, "-wal", log);
    beside(path, ".damaged-wal", damaged_log);
    mending_remove(path);
    if (access(mended, F_OK) != 0)
        return ROND_OK;
    if (access(path, F_OK) == 0) { // it is the damaged one still
        (void)unlink(damaged_log);
        if (access(log, F_OK) == 0 && rename(log, damaged_log) != 0)
            return ROND_EIO;
        if (rename(path, damaged) != 0)
            return ROND_EIO;
        directory_sync(path);
    }
    if (rename(mended, path) != 0)
        return ROND_EIO;
    directory_sync(path);
    return ROND_OK;
}

static enum rond_err make(const struct outbox_config *config, const char *from) {
    char mending[PATH_SIZE], mended[PATH_SIZE];
    struct salvage salvage = {.known = calloc(OUTBOXES_MAX, sizeof *salvage.known)};
    struct outbox_config fresh = *config;
    beside(from, ".mending", mending);
    beside(from, ".mended", mended);
    fresh.path = mending;
    enum rond_err err = salvage.known == NULL ? ROND_ENOMEM : outbox_open(&fresh, &salvage.to, NULL);
    if (err == ROND_OK)
        err = transaction_begin(salvage.to);
    if (err == ROND_OK)
        err = transaction_end(salvage.to, fill(&salvage, from));
    outbox_close(salvage.to); // folds its log into it
    free(salvage.known);
    if (err != ROND_OK)
        return err;
    if (rename(mending, mended) != 0)
        return ROND_EIO;
    directory_sync(from);
    return ROND_OK;
}

enum rond_err outbox_mend(const struct outbox_config *config) {
    int lock = open(config->path, O_RDONLY | O_CLOEXEC);
    if (lock < 0)
        return ROND_EIO;
    enum rond_err err = flock(lock, LOCK_EX | LOCK_NB) == 0 ? ROND_OK : ROND_ECONFLICT;
    if (err == ROND_OK) {
        mending_remove(config->path);
        err = make(config, config->path);
        if (err == ROND_OK)
            err = outbox_mend_finish(config->path);
        else
            mending_remove(config->path);
    }
    (void)close(lock);
    return err;
}
