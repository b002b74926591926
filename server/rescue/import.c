#include "rescue/import.h"

#include <inttypes.h>

#include "base/check.h"
#include "ingest/committer.h"
#include "promise/apply.h"
#include "sync/session.h"
#include "wire/codes.h"
#include "wire/rescue.h"

enum { SESSION = 1 };

struct import {
    struct store *store;
    struct catalogue *catalogue;
    int64_t now_ms;
    struct fault *fault;
    struct rescue_reader reader;
    struct arena arena; // of the whole import: the device
    struct arena frame_arena;
    struct device_record device;
    struct device_key key;
    struct store_identity identity;
    struct session *session; // of the outbox that the last Hello named
    struct rescued rescued;
};

// --- The file ---

static enum rond_err sealed_for(struct import *import, const struct ca *ca) {
    uint8_t secret[RESCUE_SECRET_SIZE];
    const struct rescue_key *key = NULL;
    for (size_t i = 0; i < ca_authorities(ca) && key == NULL; i++) {
        struct hash256 anchor;
        ca_authority_fingerprint(ca, i, &anchor);
        key = rescue_key_for(&import->reader, &anchor);
    }
    if (key == NULL)
        return fault_set(import->fault, ROND_EAUTH, 0, "file", "The file is sealed for another server.");
    enum rond_err err = ca_agree(ca, &key->anchor, key->point, secret);
    if (err == ROND_OK)
        err = rescue_open(&import->reader, key, secret);
    bytes_wipe(secret, sizeof secret);
    if (err == ROND_EAGAIN)
        return fault_set(import->fault, err, CODE_BUSY, "",
                         "The signer does not answer, and without it the file does not open: see rondctl health.");
    return err != ROND_ECORRUPT ? err : fault_set(import->fault, err, 0, "file", "The file does not open: it is damaged.");
}

static enum rond_err next(struct import *import, struct buffer *content) {
    enum rond_err err = rescue_next(&import->reader, content);
    return err != ROND_ECORRUPT ? err
                                : fault_set(import->fault, err, 0, "file",
                                            "The file is damaged, or was cut off; nothing of it was taken in.");
}

// All of it opens, before any of it is taken in.
static enum rond_err whole_check(struct import *import, struct buffer *content) {
    struct rescue_reader begin = import->reader;
    enum rond_err err;
    do
        err = next(import, content);
    while (err == ROND_OK && content->size > 0);
    import->reader = begin;
    return err;
}

// --- Whose it is ---

static enum rond_err device_find(struct import *import, struct buffer *content) {
    struct hash256 hash;
    enum rond_err err = next(import, content);
    if (err != ROND_OK)
        return err;
    if (!hash256_from_bytes(buffer_bytes(content), &hash))
        return fault_set(import->fault, ROND_EINVALID, 0, "file", "The file does not say which device wrote it.");
    err = import->store->registry->key_get(import->store, &hash, &import->arena, &import->key);
    if (err == ROND_OK)
        err = import->store->registry->device_get(import->store, &import->key.device, &import->arena, &import->device);
    if (err == ROND_ENOTFOUND)
        return fault_set(import->fault, ROND_EAUTH, CODE_DEVICE_UNKNOWN, "device",
                         "The device that wrote the file is not enrolled here.");
    if (err == ROND_OK && import->device.status == DEVICE_LOST)
        return fault_set(import->fault, ROND_EAUTH, CODE_DEVICE_REVOKED, "device",
                         "The device '%.60s' was revoked as lost: nothing of it is taken in.", import->device.name);
    // Its device was given to another handheld since, because this one was lost, or worn out: somebody must look.
    if (err == ROND_OK && !import->key.current)
        import->device.status = DEVICE_RETIRED;
    import->rescued.device = import->key.device;
    return err;
}

// --- What the session submits ---

static enum rond_err fold(struct import *import, const struct submission *submission) {
    const struct append_result *result = &submission->appended;
    if (submission->kind != SUBMISSION_BATCH || result->appended == 0)
        return ROND_OK;
    const struct appended_reports appended = {&submission->batch, result->repeated, result->appended, result->first_row,
                                              NULL};
    return promise_apply(import->store, import->catalogue, &appended);
}

static enum rond_err carry_out(struct import *import, struct submission *submission) {
    enum rond_err err = committer_take(import->store, submission);
    if (err == ROND_OK)
        err = fold(import, submission);
    if (err == ROND_EAUTH) // the session says it in its own words
        submission->err = err;
    else if (err != ROND_OK)
        return err;
    committer_count(submission, &import->rescued.reports);
    return session_result(import->session, import->now_ms, submission);
}

// --- What the session says ---

static enum rond_err refused(struct import *import, unsigned code) {
    enum rond_err err = code == CODE_IDENTITY_FOREIGN || code == CODE_BATCH_SIGNATURE || code == CODE_DEVICE_REVOKED
                            ? ROND_EAUTH
                            : ROND_EINVALID;
    return fault_set(import->fault, err, code, "file", "The file is refused: %s", wire_code_sentence(code));
}

static enum rond_err heard(struct import *import, struct bytes bytes) {
    Rond__V1__Frame *frame;
    struct fault fault = {0};
    arena_reset(&import->frame_arena);
    enum rond_err err = codec_frame_decode(&import->frame_arena, bytes, &frame, &fault);
    if (err == ROND_OK && frame->kind_case == ROND__V1__FRAME__KIND_EXPECTED)
        return fault_set(import->fault, ROND_ECONFLICT, 0, "file",
                         "The store lacks reports before those in the file (from %" PRIu64
                         " on): let the handheld write 'rond rescue --all'.",
                         frame->expected->seq);
    if (err == ROND_OK && frame->kind_case == ROND__V1__FRAME__KIND_FORKED && import->rescued.reports.reports_forked == 0)
        return fault_set(import->fault, ROND_ECONFLICT, 0, "file",
                         "The store has another history of this handheld's queue (a restored image or a clone); only a sync "
                         "can mend that.");
    return err;
}

static enum rond_err pump(struct import *import) {
    struct session_action action;
    enum rond_err err = ROND_OK;
    for (session_next_action(import->session, &action); err == ROND_OK && action.kind != SESSION_NOTHING;
         session_next_action(import->session, &action)) {
        if (action.kind == SESSION_SUBMIT) {
            err = carry_out(import, action.submission);
            submission_destroy(action.submission);
        } else if (action.kind == SESSION_CLOSE) {
            err = refused(import, action.refusal_code);
        } else if (action.kind == SESSION_SEND) {
            err = heard(import, action.frame);
        }
        if (err != ROND_OK)
            break;
    }
    return err;
}

// --- Frames ---

static enum rond_err session_begin(struct import *import) {
    const struct session_config config = {.id = SESSION,
                                          .device = &import->device,
                                          .spki = import->key.spki,
                                          .store = import->identity,
                                          .catalogue = import->catalogue,
                                          .now_ms = import->now_ms};
    session_destroy(import->session);
    import->session = NULL;
    import->rescued.outboxes++;
    return session_create(&config, &import->session);
}

static enum rond_err take_frame(struct import *import, struct bytes bytes) {
    Rond__V1__Frame *frame;
    struct fault fault = {0};
    int64_t at_ms = import->now_ms;
    arena_reset(&import->frame_arena);
    enum rond_err err = codec_frame_decode(&import->frame_arena, bytes, &frame, &fault);
    if (err == ROND_EPROTOCOL)
        return refused(import, fault.code);
    if (err == ROND_OK && frame->kind_case == ROND__V1__FRAME__KIND_HELLO) {
        at_ms = frame->hello->wall_ms < at_ms ? frame->hello->wall_ms : at_ms; // when it was written, by its own clock
        err = session_begin(import);
    }
    if (err == ROND_OK && import->session == NULL)
        err = refused(import, CODE_FRAME_OUT_OF_ORDER);
    if (err == ROND_OK)
        err = session_receive(import->session, at_ms, 0, bytes);
    return err == ROND_OK ? pump(import) : err;
}

static enum rond_err frames_take(struct import *import, struct buffer *content) {
    enum rond_err err = next(import, content);
    while (err == ROND_OK && content->size > 0) {
        err = take_frame(import, buffer_bytes(content));
        if (err == ROND_OK)
            err = next(import, content);
    }
    return err;
}

enum rond_err rescue_import(struct store *store, struct catalogue *catalogue, const struct ca *ca, struct bytes file,
                            int64_t now_ms, struct rescued *ret_rescued, struct fault *fault) {
    struct import import = {.store = store, .catalogue = catalogue, .now_ms = now_ms, .fault = fault};
    struct buffer content;
    enum rond_err err = rescue_read(file, &import.reader);
    if (err != ROND_OK)
        return fault_set(fault, err, 0, "file", "This is no rescue file, or one of a later form.");
    buffer_init(&content, FRAME_BYTES_MAX + SEAL_OVERHEAD);
    arena_init(&import.arena, DECODE_ARENA_BYTES_MAX);
    arena_init(&import.frame_arena, DECODE_ARENA_BYTES_MAX);
    err = sealed_for(&import, ca);
    if (err == ROND_OK)
        err = whole_check(&import, &content);
    if (err == ROND_OK)
        err = device_find(&import, &content);
    if (err == ROND_OK)
        err = store->registry->identity(store, &import.identity);
    if (err == ROND_OK)
        err = frames_take(&import, &content);
    if (err == ROND_OK)
        *ret_rescued = import.rescued;
    session_destroy(import.session);
    rescue_close(&import.reader);
    arena_deinit(&import.frame_arena);
    arena_deinit(&import.arena);
    buffer_deinit(&content);
    return err;
}
