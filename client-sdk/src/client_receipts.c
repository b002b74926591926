// Receipts of the server: verified as they come, and handed out with all that somebody else needs to check them.
#include <string.h>

#include "base/sha256.h"
#include "client_internal.h"
#include "wire/codes.h"
#include "wire/receipt_key.h"

// --- As they come ---

struct incoming {
    struct receipt receipt;
    struct bytes certificate;     // of the key that signed
    struct bytes new_certificate; // the same where it came along; size 0
};

// ROND_EAUTH where it is none, or of a certificate that is not here.
static enum rond_err incoming_parse(rond *r, const struct device_said *said, const Rond__V1__Receipt *from,
                                    struct arena *arena, struct incoming *ret_incoming) {
    struct device_server_state server;
    struct device_outbox_state outbox;
    struct incoming in = {.new_certificate = bytes_of(from->certificate.data, from->certificate.len)};
    if (from->signature.len != SIGNATURE_SIZE || in.new_certificate.size > RECEIPT_CERTIFICATE_SIZE_MAX)
        return ROND_EAUTH;
    outbox_server(r->outbox, &server);
    outbox_offered_state(r->outbox, &outbox);
    in.receipt = (struct receipt){.store = server.store_id,
                                  .epoch = server.epoch,
                                  .device = r->enrolment.device,
                                  .outbox = outbox.outbox,
                                  .watermark = said->watermark,
                                  .head = said->head,
                                  .certificate = outbox.receipt.certificate};
    memcpy(in.receipt.signature.b, from->signature.data, SIGNATURE_SIZE);
    *ret_incoming = in;
    if (in.new_certificate.size == 0) {
        enum rond_err err =
            outbox_receipt_certificate(r->outbox, &in.receipt.certificate, arena, &ret_incoming->certificate);
        return err == ROND_ENOTFOUND || err == ROND_ECORRUPT ? ROND_EAUTH : err;
    }
    sha256_of(in.new_certificate, &ret_incoming->receipt.certificate);
    ret_incoming->certificate = in.new_certificate;
    return ROND_OK;
}

static enum rond_err incoming_verify(const struct incoming *in, const struct bytes *anchors, size_t anchors_count) {
    struct verify_key *key;
    struct statement statement;
    enum rond_err err = receipt_key_create(in->certificate, anchors, anchors_count, &key);
    if (err != ROND_OK)
        return err;
    statement_receipt(&statement, &in->receipt);
    err = signature_verify(key, &statement, bytes_of(in->receipt.signature.b, SIGNATURE_SIZE));
    verify_key_destroy(key);
    return err;
}

static enum rond_err incoming_refuse(rond *r, const struct incoming *in) {
    bool is_new = false;
    enum rond_err err =
        outbox_contradiction_add(r->outbox, &in->receipt, CODE_RECEIPT_INVALID, in->receipt.watermark, &is_new);
    if (err == ROND_OK && is_new)
        client_changed(r, ROND_CHANGE_RECEIPTS);
    return err;
}

enum rond_err client_receipt_take(rond *r, const struct bytes *anchors, size_t anchors_count, const struct device_said *said,
                                  const Rond__V1__Receipt *from) {
    struct incoming in = {0};
    struct arena arena;
    arena_init(&arena, CLIENT_ARENA_BYTES_MAX);
    enum rond_err err = incoming_parse(r, said, from, &arena, &in);
    if (err == ROND_OK)
        err = incoming_verify(&in, anchors, anchors_count);
    if (err == ROND_OK)
        err = outbox_receipt_store(r->outbox, &in.receipt, in.new_certificate);
    else if (err == ROND_EAUTH)
        err = incoming_refuse(r, &in);
    arena_deinit(&arena);
    return err == ROND_ECONFLICT ? ROND_OK : err; // of another chain than ours: the conversation finds that out itself
}

// --- Handed out ---

static void text_of(const void *data, size_t size, char *ret_text) {
    hex_encode(bytes_of(data, size), ret_text);
}

static bool copy_out(struct arena *arena, struct bytes from, const uint8_t **ret_data, size_t *ret_size) {
    struct bytes copy;
    if (!arena_copy(arena, from, &copy))
        return false;
    *ret_data = copy.data;
    *ret_size = copy.size;
    return true;
}

static enum rond_err heads_fill(rond *r, const struct receipt *from, struct arena *arena, rond_receipt *to) {
    struct outbox_head *heads;
    size_t count;
    enum rond_err err = outbox_heads(r->outbox, &from->outbox, from->watermark, RECEIPT_HEADS_MAX, arena, &heads, &count);
    rond_receipt_head *list = err == ROND_OK ? arena_array(arena, count + 1, sizeof *list) : NULL;
    if (list == NULL)
        return err == ROND_OK ? ROND_ENOMEM : err;
    for (size_t i = 0; i < count; i++) {
        list[i].seq = heads[i].seq;
        text_of(heads[i].head.b, HASH_SIZE, list[i].head);
    }
    to->heads = list;
    to->heads_count = count;
    return ROND_OK;
}

static enum rond_err proof_fill(rond *r, const struct receipt *from, struct arena *arena, rond_receipt *to) {
    struct statement statement;
    struct bytes certificate = {0};
    uint8_t der[SIGNATURE_DER_SIZE_MAX];
    size_t der_size = 0;
    statement_receipt(&statement, from);
    enum rond_err err = signature_der(&from->signature, der, &der_size);
    if (err == ROND_OK)
        err = outbox_receipt_certificate(r->outbox, &from->certificate, arena, &certificate);
    if (err != ROND_OK && err != ROND_ENOTFOUND)
        return err;
    bool copied = copy_out(arena, bytes_of(statement.b, statement.size), &to->statement, &to->statement_size) &&
                  copy_out(arena, bytes_of(der, der_size), &to->signature, &to->signature_size);
    to->certificate = certificate.data;
    to->certificate_size = certificate.size;
    return copied ? heads_fill(r, from, arena, to) : ROND_ENOMEM;
}

static enum rond_err receipt_fill(rond *r, const struct receipt *from, struct arena *arena, rond_receipt *to) {
    text_of(from->device.b, ID_SIZE, to->device);
    text_of(from->outbox.b, ID_SIZE, to->outbox);
    text_of(from->store.b, ID_SIZE, to->store);
    text_of(from->head.b, HASH_SIZE, to->head);
    to->epoch = from->epoch;
    to->watermark = from->watermark;
    to->sentence = to->sentence_sv = "";
    return proof_fill(r, from, arena, to);
}

static enum rond_err contradiction_fill(rond *r, const struct outbox_contradiction *from, struct arena *arena,
                                        rond_receipts *receipts) {
    rond_receipt *to = &receipts->receipts[receipts->count++];
    enum rond_err err = receipt_fill(r, &from->receipt, arena, to);
    to->received_ms = to->contradicted_ms = from->at_ms;
    to->code = from->code;
    to->contradicted_seq = from->seq;
    to->is_seen = from->is_seen;
    to->sentence = wire_code_sentence(from->code);
    to->sentence_sv = wire_code_sentence_swedish(from->code);
    receipts->unseen += !from->is_seen;
    return err;
}

// Of which report; NULL: of all.
static bool speaks_for(const struct receipt *receipt, const struct outbox_report *report) {
    return report == NULL || (id128_equal(&receipt->outbox, &report->outbox) && receipt->watermark >= report->seq);
}

static enum rond_err receipts_read(rond *r, const struct outbox_report *report, struct arena *arena,
                                   rond_receipts *receipts) {
    struct outbox_contradiction *contradictions = NULL;
    struct outbox_receipt *kept = NULL;
    size_t contradictions_count = 0, kept_count = 0;
    enum rond_err err = outbox_contradiction_list(r->outbox, arena, &contradictions, &contradictions_count);
    if (err == ROND_OK)
        err = outbox_receipt_list(r->outbox, arena, &kept, &kept_count);
    if (err != ROND_OK)
        return err;
    receipts->receipts = arena_array(arena, contradictions_count + kept_count + 1, sizeof *receipts->receipts);
    if (receipts->receipts == NULL)
        return ROND_ENOMEM;
    memset(receipts->receipts, 0, (contradictions_count + kept_count + 1) * sizeof *receipts->receipts);
    for (size_t i = 0; err == ROND_OK && i < contradictions_count; i++)
        if (contradictions[i].code != CODE_RECEIPT_INVALID && speaks_for(&contradictions[i].receipt, report))
            err = contradiction_fill(r, &contradictions[i], arena, receipts);
    for (size_t i = 0; err == ROND_OK && i < kept_count; i++) {
        if (!speaks_for(&kept[i].receipt, report))
            continue;
        rond_receipt *to = &receipts->receipts[receipts->count++];
        to->received_ms = kept[i].at_ms;
        err = receipt_fill(r, &kept[i].receipt, arena, to);
    }
    for (size_t i = 0; err == ROND_OK && i < contradictions_count; i++)
        if (contradictions[i].code == CODE_RECEIPT_INVALID && report == NULL) // it speaks for no report
            err = contradiction_fill(r, &contradictions[i], arena, receipts);
    return err;
}

static enum rond_err receipts_get(rond *r, const char *reference, rond_receipts *receipts, struct fault *fault) {
    struct arena *arena = object_arena(receipts);
    struct outbox_report report;
    enum rond_err err = reference != NULL ? client_find(r, reference, arena, &report, fault) : ROND_OK;
    if (err == ROND_OK)
        err = receipts_read(r, reference != NULL ? &report : NULL, arena, receipts);
    if (err == ROND_OK && reference != NULL && receipts->count == 0)
        err = fault_set(fault, ROND_ENOTFOUND, 0, "reference",
                        "There is no receipt for that report yet; it comes with a sync.");
    return err;
}

enum rond_err rond_receipts_get(rond *r, const char *reference, rond_receipts **ret_receipts, rond_fault *ret_fault) {
    struct fault fault = {0};
    rond_receipts *receipts = object_create(sizeof *receipts);
    enum rond_err err = receipts == NULL ? ROND_ENOMEM : receipts_get(r, reference, receipts, &fault);
    if (err == ROND_OK)
        *ret_receipts = receipts;
    else
        object_destroy(receipts);
    return client_fault(err, &fault, ret_fault);
}

void rond_receipts_free(rond_receipts *receipts) {
    object_destroy(receipts);
}

enum rond_err rond_receipts_seen(rond *r) {
    return outbox_contradiction_seen(r->outbox);
}
