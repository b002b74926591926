// This version's server, the real program over TLS, with the client of an earlier one: on that version's store, which it
// brings up to date, the very frames are sent that its client sent then, under a fresh certificate of the kept authority for
// the kept key. What is answered has to be what the client of then waits for.
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "support/conversation.h"
#include "support/rondd.h"
#include "support/test.h"
#include "wire/codec.h"
#include "wire/limits.h"

enum { KEY_BYTES_MAX = 1024, READ_MS = 10 * 1000 };

static const char *program;

// The client of then: its key, and a certificate for it.
struct client {
    struct sign_key *key;
    struct handset handset; // for its connection and its reading
};

static void client_init(struct client *client, struct rondd *rondd, const struct conversation *conversation) {
    char path[300];
    uint8_t der[KEY_BYTES_MAX], *spki;
    size_t spki_size;
    *client = (struct client){.handset = {.rondd = rondd, .client = {.socket = -1}}};
    snprintf(path, sizeof path, "%s/handheld/keys/device.key", conversation->folder);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(der, 1, sizeof der, file);
    fclose(file);
    assert_ok(sign_key_from_der(bytes_of(der, size), &client->key));
    assert_ok(sign_key_spki(client->key, &spki, &spki_size));
    ProtobufCBinaryData device = conversation->spoken[0].frame->hello->device;
    assert_true(id128_from_bytes(bytes_of(device.data, device.len), &client->handset.device));
    arena_init(&client->handset.arena, 64 * 1024 * 1024);
    buffer_init(&client->handset.certificate, 8192);
    assert_ok(ca_issue_device(rondd->ca, bytes_of(spki, spki_size), &client->handset.device, 14, rng_system(),
                              clock_wall_ms(clock_system()), &client->handset.certificate));
    free(spki);
}

static void client_deinit(struct client *client) {
    handset_deinit(&client->handset);
    sign_key_destroy(client->key);
}

static void client_connect(struct client *client) {
    struct ws_options options = {.port = client->handset.rondd->devices_port,
                                 .trusted_ca = ca_certificate(client->handset.rondd->ca),
                                 .certificate = buffer_bytes(&client->handset.certificate),
                                 .key = sign_key_evp(client->key)};
    client->handset.connected = true;
    assert_true(ws_open(&client->handset.client, &options));
}

static const Rond__V1__Frame *read_frame(struct handset *handset) {
    struct buffer payload;
    Rond__V1__Frame *frame = NULL;
    buffer_init(&payload, FRAME_BYTES_MAX);
    assert_int_equal(ws_read(&handset->client, READ_MS, &payload), WS_BINARY);
    assert_ok(codec_frame_decode(&handset->arena, buffer_bytes(&payload), &frame, NULL));
    buffer_deinit(&payload);
    return frame;
}

// Sends what the device said, and waits where it waited: for Welcome, and for the verdicts of all it sent.
static void play(struct client *client, const struct conversation *conversation) {
    size_t exceptions, seen = 0;
    const Rond__V1__Verdicts *then = conversation_verdicts(conversation, &exceptions);
    bool welcomed = false;
    for (size_t i = 0; i < conversation->count; i++) {
        const struct spoken *spoken = &conversation->spoken[i];
        if (spoken->by_device && spoken->frame->kind_case != ROND__V1__FRAME__KIND_RECEIVED)
            assert_true(ws_send(&client->handset.client, WS_FINAL | WS_BINARY, spoken->bytes));
        if (spoken->frame->kind_case != ROND__V1__FRAME__KIND_WELCOME)
            continue;
        const Rond__V1__Frame *now = handset_expect(&client->handset, ROND__V1__FRAME__KIND_WELCOME);
        assert_non_null(now);
        assert_int_equal(now->welcome->protocol, spoken->frame->welcome->protocol);
        assert_int_equal(now->welcome->watermark, spoken->frame->welcome->watermark);
        assert_int_equal(now->welcome->epoch, spoken->frame->welcome->epoch);
        assert_int_equal(now->welcome->store_id.len, spoken->frame->welcome->store_id.len);
        assert_memory_equal(now->welcome->store_id.data, spoken->frame->welcome->store_id.data, ID_SIZE);
        welcomed = true;
    }
    assert_true(welcomed);
    bool has_feedback = false;
    for (uint64_t watermark = 0; watermark < then->watermark || !has_feedback;) {
        const Rond__V1__Frame *now = read_frame(&client->handset);
        has_feedback = has_feedback || now->kind_case == ROND__V1__FRAME__KIND_FEEDBACK;
        if (now->kind_case != ROND__V1__FRAME__KIND_VERDICTS)
            continue;
        watermark = now->verdicts->watermark;
        seen += now->verdicts->n_exceptions;
        if (watermark == then->watermark)
            assert_memory_equal(now->verdicts->head.data, then->head.data, HASH_SIZE);
    }
    assert_int_equal(seen, exceptions);
}

static int64_t stored(const struct rondd *rondd, const char *sql) {
    char path[160];
    sqlite3 *db;
    sqlite3_stmt *statement;
    (void)snprintf(path, sizeof path, "%s/rond.db", rondd->lund.directory);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

static void take_the_old_client(const struct conversation *conversation) {
    struct rondd rondd;
    struct client client;
    char folder[64];
    size_t exceptions;
    const Rond__V1__Verdicts *then = conversation_verdicts(conversation, &exceptions);
    conversation_copy(conversation, "server", folder, sizeof folder);
    rondd_start_kept(&rondd, program, folder);
    client_init(&client, &rondd, conversation);
    client_connect(&client);
    play(&client, conversation);
    handset_disconnect(&client.handset);
    client_connect(&client); // the whole of it once more, as after a lost answer: nothing twice
    for (size_t i = 0; i < conversation->count; i++) {
        if (conversation->spoken[i].by_device)
            assert_true(ws_send(&client.handset.client, WS_FINAL | WS_BINARY, conversation->spoken[i].bytes));
        else if (conversation->spoken[i].frame->kind_case == ROND__V1__FRAME__KIND_WELCOME)
            assert_non_null(handset_expect(&client.handset, ROND__V1__FRAME__KIND_WELCOME));
    }
    const Rond__V1__Frame *again = handset_expect(&client.handset, ROND__V1__FRAME__KIND_VERDICTS);
    assert_non_null(again);
    assert_int_equal(again->verdicts->watermark, then->watermark);
    handset_disconnect(&client.handset);
    assert_int_equal(rondd_stop(&rondd, SIGTERM), 0);
    assert_int_equal(stored(&rondd, "SELECT count(*) FROM reports"), then->watermark);
    assert_int_equal(stored(&rondd, "SELECT watermark FROM outboxes"), then->watermark);
    assert_int_equal(stored(&rondd, "SELECT count(*) FROM quarantine"), exceptions);
    assert_int_equal(stored(&rondd, "SELECT count(*) FROM forks"), 0);
    client_deinit(&client);
    rondd_end(&rondd);
}

static void every_kept_client_is_served_on_the_store_of_its_version(void **state) {
    UNUSED(state);
    conversations_play(take_the_old_client);
}

int main(int argc, char **argv) {
    UNUSED(argc);
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kept_client_is_served_on_the_store_of_its_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
