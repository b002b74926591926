// The device's durable queue. It lies between the app's call and the device engine: a report goes in sealed and
// chained, in one transaction; the engine takes it out again as often as it must; an acknowledgement moves one number.
//
//   reports   (outbox, seq) -> sealed payload, chain head      one row per report, in seq order
//   outboxes  one row per outbox: acknowledged and last seq with their heads, and sealed together the chain's ratchets
//   acks      which seq was acknowledged when; what is older than the keep time loses its payload
//   aliases   where a report of a forked outbox lives now
//
// Invariants: seqs of an outbox run from 1 without gaps; a payload is there for every seq above base_seq, or the row
// is declared lost; the head of row n is the chain over rows 1..n; the ratchet for base_seq + 1 is the oldest one kept,
// so that the salts of dropped payloads cannot be made again. Whether a report is waiting or received follows from the
// acknowledged seq alone, so acknowledging a thousand reports writes one row.
#include "outbox.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/planted.h"
#include "base/secret.h"
#include "outbox_internal.h"
#include "outbox_log.h"
#include "outbox_mend.h"

enum { APPLICATION_ID = 0x526f6e64, SCHEMA_VERSION = 1, CHECKED_PAGES_MAX = 4096 };

#define DAY_MS (INT64_C(24) * 3600 * 1000)

static const char schema[] =
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE outboxes(number INTEGER PRIMARY KEY, outbox BLOB NOT NULL UNIQUE, last_seq INTEGER NOT NULL,"
    " last_head BLOB NOT NULL, acknowledged_seq INTEGER NOT NULL, acknowledged_head BLOB NOT NULL,"
    " base_seq INTEGER NOT NULL, ratchets BLOB NOT NULL, closed INTEGER NOT NULL);"
    "CREATE TABLE reports(outbox INTEGER NOT NULL, seq INTEGER NOT NULL, status INTEGER NOT NULL, head BLOB, sealed BLOB,"
    " queued_ms INTEGER NOT NULL, verdict BLOB, PRIMARY KEY(outbox, seq)) WITHOUT ROWID;"
    "CREATE INDEX reports_special ON reports(outbox, status) WHERE status <> 0;"
    "CREATE TABLE acks(outbox INTEGER NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY(outbox, seq))"
    " WITHOUT ROWID;"
    "CREATE TABLE aliases(outbox INTEGER NOT NULL, seq INTEGER NOT NULL, to_outbox INTEGER NOT NULL, to_seq INTEGER NOT "
    "NULL,"
    " PRIMARY KEY(outbox, seq)) WITHOUT ROWID;"
    "CREATE TABLE outcomes(outbox INTEGER NOT NULL, seq INTEGER NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY(outbox, seq))"
    " WITHOUT ROWID;"
    "CREATE TABLE drafts(id INTEGER PRIMARY KEY AUTOINCREMENT, sealed BLOB NOT NULL);"
    "CREATE TABLE reference(kind INTEGER NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, body BLOB NOT NULL,"
    " PRIMARY KEY(kind, id)) WITHOUT ROWID;"
    "CREATE TABLE standings(commitment TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE settings(name TEXT PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;";

static const char key_check_text[] = "rond outbox";

static struct bytes id_bytes(const struct id128 *id) {
    return bytes_of(id->b, ID_SIZE);
}
static struct bytes head_bytes(const struct hash256 *head) {
    return bytes_of(head->b, HASH_SIZE);
}

// --- The row of an outbox ---

static enum rond_err ratchets_seal(struct outbox *outbox, const struct outbox_position *position) {
    uint8_t plain[3 * HASH_SIZE];
    memcpy(plain, position->base_ratchet.b, HASH_SIZE);
    memcpy(plain + HASH_SIZE, position->acknowledged.ratchet.b, HASH_SIZE);
    memcpy(plain + 2 * HASH_SIZE, position->last.ratchet.b, HASH_SIZE);
    enum rond_err err =
        outbox_seal(outbox, place_of_number("rond ratchets v1", (uint64_t)position->number), bytes_of(plain, sizeof plain));
    bytes_wipe(plain, sizeof plain);
    return err;
}

enum rond_err outbox_ratchets_unseal(struct outbox *outbox, struct bytes sealed, struct outbox_position *position) {
    enum rond_err err = outbox_unseal(outbox, place_of_number("rond ratchets v1", (uint64_t)position->number), sealed);
    if (err != ROND_OK)
        return err;
    if (outbox->plain.size != 3 * HASH_SIZE)
        return ROND_ECORRUPT;
    memcpy(position->base_ratchet.b, outbox->plain.data, HASH_SIZE);
    memcpy(position->acknowledged.ratchet.b, outbox->plain.data + HASH_SIZE, HASH_SIZE);
    memcpy(position->last.ratchet.b, outbox->plain.data + 2 * HASH_SIZE, HASH_SIZE);
    return ROND_OK;
}

enum rond_err outbox_position_write(struct outbox *outbox, const struct outbox_position *at) {
    enum rond_err err = ratchets_seal(outbox, at);
    if (err != ROND_OK)
        return err;
    return sql_run(
        outbox,
        "UPDATE outboxes SET last_seq = ?, last_head = ?, acknowledged_seq = ?, acknowledged_head = ?, base_seq = ?,"
        " ratchets = ? WHERE number = ?",
        "ibibibi", (int64_t)at->last.seq, head_bytes(&at->last.head), (int64_t)at->acknowledged.seq,
        head_bytes(&at->acknowledged.head), (int64_t)at->base_seq, buffer_bytes(&outbox->sealed), at->number);
}

enum rond_err outbox_position_save(struct outbox *outbox) {
    return outbox_position_write(outbox, &outbox->position);
}

enum rond_err outbox_position_load(struct outbox *outbox) {
    sqlite3_stmt *row;
    enum rond_err err =
        sql_query(outbox, &row,
                  "SELECT number, outbox, last_seq, last_head, acknowledged_seq, acknowledged_head, base_seq,"
                  " ratchets FROM outboxes WHERE closed = 0 ORDER BY number DESC LIMIT 1",
                  "");
    if (err != ROND_OK)
        return err;
    err = sql_next(outbox, row);
    if (err == ROND_OK) {
        struct outbox_position at = {.number = sqlite3_column_int64(row, 0)};
        at.last.seq = (uint64_t)sqlite3_column_int64(row, 2);
        at.acknowledged.seq = (uint64_t)sqlite3_column_int64(row, 4);
        at.base_seq = (uint64_t)sqlite3_column_int64(row, 6);
        if (!id128_from_bytes(sql_bytes(row, 1), &at.id) || !hash256_from_bytes(sql_bytes(row, 3), &at.last.head) ||
            !hash256_from_bytes(sql_bytes(row, 5), &at.acknowledged.head))
            err = ROND_ECORRUPT;
        else
            err = outbox_ratchets_unseal(outbox, sql_bytes(row, 7), &at);
        if (err == ROND_OK)
            outbox->position = at;
    }
    sql_end(row);
    return err == ROND_ENOTFOUND ? ROND_ECORRUPT : err;
}

enum rond_err outbox_position_create(struct outbox *outbox) {
    int64_t highest = 0;
    enum rond_err err = sql_number(outbox, &highest, "SELECT ifnull(max(number), 0) FROM outboxes", "");
    if (err != ROND_OK)
        return err;
    struct outbox_position at = {.number = highest + 1};
    rng_fill(outbox->rng, at.id.b, ID_SIZE);
    rng_fill(outbox->rng, at.base_ratchet.b, HASH_SIZE);
    chain_init(&at.last, &at.base_ratchet);
    at.acknowledged = at.last;
    err = ratchets_seal(outbox, &at);
    if (err != ROND_OK)
        return err;
    err = sql_run(outbox, "INSERT INTO outboxes VALUES(?, ?, 0, ?, 0, ?, 0, ?, 0)", "ibbbb", at.number, id_bytes(&at.id),
                  head_bytes(&at.last.head), head_bytes(&at.last.head), buffer_bytes(&outbox->sealed));
    if (err == ROND_OK)
        outbox->position = at;
    return err;
}

// --- Opening ---

static enum rond_err schema_create(struct outbox *outbox) {
    enum rond_err err = transaction_begin(outbox);
    if (err != ROND_OK)
        return err;
    char pragmas[96];
    sqlite3_snprintf(sizeof pragmas, pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID,
                     SCHEMA_VERSION);
    err = sql_err(outbox, sqlite3_exec(outbox->db, schema, NULL, NULL, NULL));
    if (err == ROND_OK)
        err = sql_err(outbox, sqlite3_exec(outbox->db, pragmas, NULL, NULL, NULL));
    if (err == ROND_OK)
        err = outbox_seal(outbox, place_of_name("rond key v1", ""), bytes_of_text(key_check_text));
    if (err == ROND_OK)
        err = sql_run(outbox, "INSERT INTO meta VALUES('key_check', ?)", "b", buffer_bytes(&outbox->sealed));
    if (err == ROND_OK)
        err = outbox_position_create(outbox);
    return transaction_end(outbox, err);
}

static enum rond_err key_check(struct outbox *outbox, struct fault *fault) {
    sqlite3_stmt *row;
    enum rond_err err = sql_query(outbox, &row, "SELECT value FROM meta WHERE name = 'key_check'", "");
    if (err != ROND_OK)
        return err;
    err = sql_next(outbox, row);
    if (err == ROND_OK &&
        (err = outbox_unseal(outbox, place_of_name("rond key v1", ""), sql_bytes(row, 0))) == ROND_ECORRUPT)
        err = fault_set(fault, ROND_EAUTH, 0, "", "The outbox was made with another key than the keystore holds now.");
    sql_end(row);
    return err == ROND_ENOTFOUND ? ROND_ECORRUPT : err;
}

static enum rond_err schema_check(struct outbox *outbox, struct fault *fault) {
    int64_t application = 0, version = 0;
    enum rond_err err = sql_number(outbox, &application, "PRAGMA application_id", "");
    if (err == ROND_OK)
        err = sql_number(outbox, &version, "PRAGMA user_version", "");
    if (err != ROND_OK)
        return err;
    if (application != APPLICATION_ID)
        return fault_set(fault, ROND_ECORRUPT, 0, "path", "The file is not an outbox.");
    if (version > SCHEMA_VERSION)
        return fault_set(fault, ROND_EINVALID, 0, "path", "The outbox was written by a newer version; update the app.");
    return ROND_OK;
}

// Only the owner may read the file, nor the log beside it, which takes its mode from it. A file that is there is not
// touched: closing a second descriptor of it would drop the locks of this process. Where SQLite's files are not the
// system's (a simulated disk) there is none to make.
static void file_create(const char *path) {
    const sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    bool is_file = strcmp(path, ":memory:") != 0 && vfs != NULL && strncmp(vfs->zName, "unix", 4) == 0;
    int descriptor = is_file ? open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    if (descriptor >= 0)
        close(descriptor);
}

// A log that a crash left goes into the file before anything is added to it: its last commit may end in the middle of a
// sector, and where a device damages the sector that it was writing when its power went, that commit would go with the
// next one. Where this fails (a full disk) the log is as good as it was.
static void log_fold(struct outbox *outbox) {
    (void)sqlite3_wal_checkpoint_v2(outbox->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

// A file that does not open is mended, and its log is one of the sources: closing leaves it as it is.
static void log_keep(struct outbox *outbox, bool is_kept) {
    (void)sqlite3_db_config(outbox->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, (int)is_kept, NULL);
}

static enum rond_err file_prepare(struct outbox *outbox, const char *path) {
    file_create(path);
    int code = sqlite3_open_v2(path, &outbox->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK)
        return outbox->db == NULL ? ROND_ENOMEM : sql_err(outbox, code);
    log_keep(outbox, true);
    // Exclusive locking is what keeps a second process out, and spares the shared-memory file of the WAL.
    enum rond_err err =
        sql_err(outbox, sqlite3_exec(outbox->db,
                                     "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                                     "PRAGMA journal_size_limit = 4194304; PRAGMA secure_delete = ON;"
                                     "PRAGMA temp_store = MEMORY; BEGIN IMMEDIATE; COMMIT;",
                                     NULL, NULL, NULL));
    if (PLANTED(OUTBOX_NOT_SYNCED) && err == ROND_OK)
        err = sql_err(outbox, sqlite3_exec(outbox->db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL));
    if (err == ROND_OK)
        err = outbox_log_check(outbox->db);
    if (err == ROND_OK)
        log_fold(outbox);
    return err;
}

// A file that says that it holds nothing is new only where it has no pages.
static enum rond_err file_fill(struct outbox *outbox) {
    int64_t pages = 0;
    enum rond_err err = sql_number(outbox, &pages, "PRAGMA page_count", "");
    if (err == ROND_OK && pages > 1)
        err = ROND_ECORRUPT;
    return err == ROND_OK ? schema_create(outbox) : err;
}

static enum rond_err pages_check_once(struct outbox *outbox) {
    sqlite3_stmt *row = NULL;
    enum rond_err err = sql_query(outbox, &row, "PRAGMA quick_check(1)", "");
    if (err == ROND_OK)
        err = sql_next(outbox, row);
    struct bytes said = err == ROND_OK ? sql_bytes(row, 0) : bytes_of(NULL, 0);
    if (err == ROND_OK && !bytes_equal(said, bytes_of_text("ok")))
        err = ROND_ECORRUPT;
    sql_end(row);
    return err;
}

// A large file is not looked through at each opening: a spoilt page is found when it is met (outbox_mended). SQLite says of
// a page that could not be read just now what it says of a spoilt one; that one is spoilt the second time, too.
static enum rond_err pages_check(struct outbox *outbox) {
    int64_t pages = 0;
    enum rond_err err = sql_number(outbox, &pages, "PRAGMA page_count", "");
    if (err != ROND_OK || pages > CHECKED_PAGES_MAX)
        return err;
    err = pages_check_once(outbox);
    return err == ROND_ECORRUPT ? pages_check_once(outbox) : err;
}

static enum rond_err file_open(struct outbox *outbox, const char *path, struct fault *fault) {
    enum rond_err err = file_prepare(outbox, path);
    int64_t objects = 0;
    if (err == ROND_OK)
        err = sql_number(outbox, &objects, "SELECT count(*) FROM sqlite_schema", "");
    if (err == ROND_OK)
        err = objects == 0 ? file_fill(outbox) : schema_check(outbox, fault);
    if (err == ROND_OK)
        err = key_check(outbox, fault);
    if (err == ROND_OK && outbox->path != NULL)
        err = pages_check(outbox);
    if (err == ROND_OK)
        err = outbox_position_load(outbox);
    if (err == ROND_OK)
        err = outbox_server_load(outbox);
    if (err == ROND_OK)
        err = outbox_settings_copy(outbox);
    if (err == ROND_OK)
        err = outbox_receipts_load(outbox);
    if (err == ROND_OK)
        log_keep(outbox, false);
    return err;
}

static void open_fault(enum rond_err err, struct fault *fault) {
    if (fault == NULL || fault->text[0] != '\0')
        return;
    const char *text = err == ROND_ECONFLICT  ? "Another program has the outbox open."
                       : err == ROND_ECORRUPT ? "The file is not an outbox, or it is damaged."
                       : err == ROND_EFULL    ? "The disk is full."
                                              : "The outbox file cannot be opened.";
    (void)fault_set(fault, err, 0, "path", "%s", text);
}

static enum rond_err open_once(const struct outbox_config *config, struct outbox **ret_outbox, struct fault *fault) {
    struct outbox *outbox = secret_create(sizeof *outbox);
    if (outbox == NULL)
        return ROND_ENOMEM;
    if (fault != NULL)
        *fault = (struct fault){0};
    int days = config->acknowledged_keep_days > 0 ? config->acknowledged_keep_days : ACKNOWLEDGED_KEEP_DAYS;
    outbox->key = *config->key;
    outbox->rng = config->rng;
    outbox->clock = config->clock;
    outbox->keep_ms = days * DAY_MS;
    buffer_init(&outbox->plain, FRAME_BYTES_MAX);
    buffer_init(&outbox->sealed, FRAME_BYTES_MAX + SEAL_OVERHEAD);
    outbox->path = outbox_mend_applies(config->path) ? strdup(config->path) : NULL;
    enum rond_err err = file_open(outbox, config->path, fault);
    if (err != ROND_OK) {
        open_fault(err, fault);
        outbox_close(outbox);
        return err;
    }
    *ret_outbox = outbox;
    return ROND_OK;
}

enum rond_err outbox_open(const struct outbox_config *config, struct outbox **ret_outbox, struct fault *fault) {
    bool applies = outbox_mend_applies(config->path);
    enum rond_err err = applies ? outbox_mend_finish(config->path) : ROND_OK;
    if (err == ROND_OK)
        err = open_once(config, ret_outbox, fault);
    if (err == ROND_ECORRUPT && applies && outbox_mend(config) == ROND_OK)
        err = open_once(config, ret_outbox, fault);
    return err;
}

static struct outbox_config config_of(const struct outbox *outbox) {
    return (struct outbox_config){.path = outbox->path,
                                  .key = &outbox->key,
                                  .rng = outbox->rng,
                                  .clock = outbox->clock,
                                  .acknowledged_keep_days = (int)(outbox->keep_ms / DAY_MS)};
}

bool outbox_mended(struct outbox *outbox, enum rond_err err) {
    if (err != ROND_ECORRUPT || outbox->path == NULL)
        return false;
    struct outbox_config config = config_of(outbox);
    sql_finalize_all(outbox);
    sqlite3_close(outbox->db);
    outbox->db = NULL;
    bool is_mended = outbox_mend(&config) == ROND_OK;
    bool is_open = file_open(outbox, outbox->path, NULL) == ROND_OK; // where it is not, every call answers so
    outbox->mends += is_mended && is_open;
    return is_mended && is_open;
}

uint64_t outbox_mends(const struct outbox *outbox) {
    return outbox->mends;
}

void outbox_close(struct outbox *outbox) {
    if (outbox == NULL)
        return;
    sql_finalize_all(outbox);
    sqlite3_close(outbox->db);
    buffer_deinit(&outbox->plain);
    buffer_deinit(&outbox->sealed);
    free(outbox->path);
    secret_destroy(outbox, sizeof *outbox);
}

// --- Queueing ---

// The payload: 0, or 1 and the identity under which it was queued first; then the report's bytes.
static enum rond_err record_seal(struct outbox *outbox, const struct record *record, uint64_t seq) {
    uint8_t head[1 + ID_SIZE + 8] = {record->has_formerly};
    size_t head_size = 1;
    if (record->has_formerly) {
        memcpy(head + 1, record->formerly_outbox.b, ID_SIZE);
        put_be64(head + 1 + ID_SIZE, record->formerly_seq);
        head_size = sizeof head;
    }
    struct buffer plain;
    buffer_init(&plain, sizeof head + REPORT_BYTES_MAX);
    enum rond_err err = buffer_append(&plain, bytes_of(head, head_size));
    if (err == ROND_OK)
        err = buffer_append(&plain, record->report);
    if (err == ROND_OK)
        err = outbox_seal(outbox, place_of_report(&outbox->position.id, seq), buffer_bytes(&plain));
    buffer_deinit(&plain);
    return err;
}

enum rond_err outbox_add(struct outbox *outbox, const struct record *record, int64_t queued_ms, uint64_t *ret_seq) {
    struct outbox_position *at = &outbox->position;
    if (at->last.seq - at->acknowledged.seq >= OUTBOX_REPORTS_MAX)
        return ROND_EFULL;
    struct chain last = at->last;
    chain_append(&last, record, NULL, NULL);
    enum rond_err err = record_seal(outbox, record, last.seq);
    if (err != ROND_OK)
        return err;
    err = sql_run(outbox, "INSERT INTO reports VALUES(?, ?, 0, ?, ?, ?, NULL)", "iibbi", at->number, (int64_t)last.seq,
                  head_bytes(&last.head), buffer_bytes(&outbox->sealed), queued_ms);
    if (err != ROND_OK)
        return err;
    at->last = last;
    *ret_seq = last.seq;
    return ROND_OK;
}

static enum rond_err append_once(struct outbox *outbox, struct bytes report, uint64_t *ret_seq) {
    if (report.size == 0 || report.size > REPORT_BYTES_MAX)
        return ROND_EINVALID;
    enum rond_err err = transaction_begin(outbox);
    if (err != ROND_OK)
        return err;
    uint64_t seq = 0;
    err = outbox_add(outbox, &(struct record){.report = report}, clock_wall_ms(outbox->clock), &seq);
    if (err == ROND_OK)
        err = outbox_position_save(outbox);
    err = transaction_end(outbox, err);
    if (err == ROND_OK)
        *ret_seq = seq;
    return err;
}

enum rond_err outbox_append(struct outbox *outbox, struct bytes report, uint64_t *ret_seq) {
    enum rond_err err = append_once(outbox, report, ret_seq);
    return outbox_mended(outbox, err) ? append_once(outbox, report, ret_seq) : err;
}

void outbox_state(const struct outbox *outbox, struct device_outbox_state *ret_state) {
    const struct outbox_position *at = &outbox->position;
    *ret_state = (struct device_outbox_state){
        .outbox = at->id,
        .acknowledged = at->acknowledged,
        .last_seq = at->last.seq,
        .seed_known = at->base_seq == 0,
        .has_elders = at->number > 1,
        .receipt = outbox_receipt_state(outbox, &at->id),
    };
    if (ret_state->seed_known)
        ret_state->seed = at->base_ratchet;
}

// --- Acknowledging ---

static enum rond_err exception_store(struct outbox *outbox, const Rond__V1__Exception *exception) {
    if (exception->verdict != ROND__V1__VERDICT__VERDICT_QUARANTINED)
        return ROND_OK;
    size_t size = rond__v1__exception__get_packed_size(exception);
    uint8_t *packed = malloc(size + 1);
    if (packed == NULL)
        return ROND_ENOMEM;
    rond__v1__exception__pack(exception, packed);
    enum rond_err err = outbox_seal(outbox, place_of_row("rond verdict v1", outbox_offered(outbox)->number, exception->seq),
                                    bytes_of(packed, size));
    bytes_wipe(packed, size);
    free(packed);
    if (err != ROND_OK)
        return err;
    return sql_run(outbox, "UPDATE reports SET status = 2, verdict = ? WHERE outbox = ? AND seq = ? AND status IN (0, 2)",
                   "bii", buffer_bytes(&outbox->sealed), outbox_offered(outbox)->number, (int64_t)exception->seq);
}

static enum rond_err exceptions_store(struct outbox *outbox, const Rond__V1__Verdicts *verdicts) {
    if (verdicts == NULL)
        return ROND_OK;
    for (size_t i = 0; i < verdicts->n_exceptions; i++) {
        enum rond_err err = exception_store(outbox, verdicts->exceptions[i]);
        if (err != ROND_OK)
            return err;
    }
    return ROND_OK;
}

// The row's own head is what is kept; the server's is taken where the row has none (inside a range declared lost).
static enum rond_err acknowledged_chain(struct outbox *outbox, const struct chain *chain, struct chain *ret_chain) {
    struct chain own = {.seq = chain->seq};
    enum rond_err err = head_after(outbox, outbox_offered(outbox), chain->seq, &own.head);
    if (err == ROND_ENOTFOUND)
        own.head = chain->head;
    else if (err != ROND_OK)
        return err;
    err = ratchet_after(outbox_offered(outbox), chain->seq, &own.ratchet);
    if (err == ROND_OK)
        *ret_chain = own;
    return err;
}

static enum rond_err acknowledge(struct outbox *outbox, const struct chain *chain, const Rond__V1__Verdicts *verdicts) {
    enum rond_err err = exceptions_store(outbox, verdicts);
    if (err == ROND_OK)
        err = acknowledged_chain(outbox, chain, &outbox_offered(outbox)->acknowledged);
    if (err == ROND_OK)
        err = sql_run(outbox, "DELETE FROM acks WHERE outbox = ? AND seq > ?", "ii", outbox_offered(outbox)->number,
                      (int64_t)chain->seq);
    if (err == ROND_OK)
        err = sql_run(outbox, "INSERT OR REPLACE INTO acks VALUES(?, ?, ?)", "iii", outbox_offered(outbox)->number,
                      (int64_t)chain->seq, clock_wall_ms(outbox->clock));
    if (err == ROND_OK && outbox->visited.number == 0)
        err = outbox_prune(outbox);
    if (err == ROND_OK)
        err = outbox_position_write(outbox, outbox_offered(outbox));
    return err;
}

enum rond_err outbox_acknowledge(struct outbox *outbox, const struct chain *chain, const Rond__V1__Verdicts *verdicts) {
    const struct outbox_position *at = outbox_offered(outbox);
    if (chain->seq > at->last.seq)
        return ROND_ECONFLICT;
    // A server restored from a backup knows less than it once acknowledged: those reports wait again. What is no
    // longer kept cannot wait.
    if (chain->seq < at->base_seq ||
        (chain->seq == at->acknowledged.seq && (verdicts == NULL || verdicts->n_exceptions == 0)))
        return ROND_OK;
    enum rond_err err = transaction_begin(outbox);
    if (err == ROND_OK)
        err = transaction_end(outbox, acknowledge(outbox, chain, verdicts));
    return outbox_mended(outbox, err) ? ROND_EAGAIN : err;
}

// --- Forking ---

enum rond_err outbox_fork_move(struct outbox *outbox, const struct outbox_position *old, uint64_t seq) {
    sqlite3_stmt *row;
    enum rond_err err = sql_query(outbox, &row, "SELECT sealed, status, queued_ms FROM reports WHERE outbox = ? AND seq = ?",
                                  "ii", old->number, (int64_t)seq);
    if (err != ROND_OK)
        return err;
    struct record record = {0};
    int64_t queued_ms = 0;
    err = sql_next(outbox, row);
    if (err == ROND_OK) {
        queued_ms = sqlite3_column_int64(row, 2);
        bool lost = sqlite3_column_int(row, 1) == ROW_LOST;
        err = lost ? ROND_ECORRUPT : record_unseal(outbox, &old->id, seq, sql_bytes(row, 0), &record);
    }
    sql_end(row);
    if (err == ROND_ECORRUPT)
        return sql_run(outbox, "UPDATE reports SET status = 3 WHERE outbox = ? AND seq = ?", "ii", old->number,
                       (int64_t)seq);
    if (err == ROND_ENOTFOUND)
        return ROND_OK;
    if (err != ROND_OK)
        return err;
    // Where it has one already the first identity stays: a clone may have queued it anew from there as well.
    if (!record.has_formerly && !PLANTED(FORK_FORGETS_IDENTITY)) {
        record.has_formerly = true;
        record.formerly_outbox = old->id;
        record.formerly_seq = seq;
    }
    uint64_t moved = 0;
    err = outbox_add(outbox, &record, queued_ms, &moved);
    if (err == ROND_OK)
        err = sql_run(outbox, "DELETE FROM reports WHERE outbox = ? AND seq = ?", "ii", old->number, (int64_t)seq);
    if (err == ROND_OK)
        err = sql_run(outbox, "INSERT INTO aliases VALUES(?, ?, ?, ?)", "iiii", old->number, (int64_t)seq,
                      outbox->position.number, (int64_t)moved);
    return err;
}

enum rond_err outbox_move(struct outbox *outbox, const struct outbox_position *old, uint64_t from_seq) {
    enum rond_err err = ROND_OK;
    uint64_t last_seq = PLANTED(FORK_LEAVES_ONE) ? old->last.seq - 1 : old->last.seq;
    for (uint64_t seq = from_seq + 1; err == ROND_OK && seq <= last_seq; seq++)
        err = outbox_fork_move(outbox, old, seq);
    return err == ROND_OK ? outbox_position_save(outbox) : err;
}

static enum rond_err fork_all(struct outbox *outbox) {
    const struct outbox_position old = outbox->position;
    enum rond_err err = sql_run(outbox, "UPDATE outboxes SET closed = 1 WHERE number = ?", "i", old.number);
    if (err == ROND_OK)
        err = outbox_position_create(outbox);
    return err == ROND_OK ? outbox_move(outbox, &old, old.acknowledged.seq) : err;
}

enum rond_err outbox_fork(struct outbox *outbox) {
    outbox_offer_end(outbox);
    enum rond_err err = transaction_begin(outbox);
    if (err != ROND_OK)
        return err;
    return transaction_end(outbox, fork_all(outbox));
}

enum rond_err outbox_fork_with(struct outbox *outbox, const char *name, struct bytes value) {
    outbox_offer_end(outbox);
    enum rond_err err = transaction_begin(outbox);
    if (err != ROND_OK)
        return err;
    err = outbox_setting_put(outbox, name, value);
    if (err == ROND_OK)
        err = outbox_anchors_forget(outbox);
    return transaction_end(outbox, err == ROND_OK ? fork_all(outbox) : err);
}
