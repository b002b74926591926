// Receipts: the server's signature under what a device was told to be durable (wire/receipt.h). One goes down with the
// Verdicts that end a window, not with each: a signature costs more than taking in a report. Whoever commits signs
// (ingest/receipts.h). What a window that broke off was told without one comes with the next Welcome.
#include "base/planted.h"
#include "base/sha256.h"
#include "sync/session_inner.h"

static bool is_our_certificate(const struct session *session, struct bytes hash) {
    struct hash256 ours;
    sha256_of(session->receipts->certificate, &ours);
    return bytes_equal(hash, bytes_of(ours.b, HASH_SIZE));
}

void session_take_receipt_known(struct session *session, const Rond__V1__Hello *hello, bool same_history) {
    const Rond__V1__ReceiptKnown *known = hello->receipt;
    session->receipts_wanted = session->receipts != NULL && known != NULL;
    session->receipt_known_seq = known != NULL && same_history ? known->watermark : 0;
    if (session->receipts_wanted)
        session->receipt_certificate_known =
            is_our_certificate(session, bytes_of(known->certificate.data, known->certificate.len));
}

void session_hold_receipt(struct session *session, const struct submission *submission) {
    const struct chain *chain = &submission->state.chain;
    bool differs = submission->hello_head_known && session->hello_watermark <= session->receipt_known_seq &&
                   !hash256_equal(&submission->hello_head, &session->hello_head);
    struct session_receipts *receipts = session->receipts;
    if (receipts == NULL || session->receipt_known_seq == 0 || (chain->seq >= session->receipt_known_seq && !differs))
        return;
    receipts->contradictions++;
    if (receipts->contradicted != NULL)
        receipts->contradicted(receipts->context, &session->device.device, &session->outbox, session->receipt_known_seq,
                               chain->seq);
}

void session_want_receipt(const struct session *session, struct submission *submission) {
    bool ends = submission->kind == SUBMISSION_HELLO ||
                (session->chain.seq >= session->hello_last_seq && session->chain.seq > session->receipt_known_seq);
    submission->receipt_wanted = session->receipts_wanted && ends;
    submission->receipt = (struct receipt){.store = session->store.store_id,
                                           .epoch = session->store.epoch,
                                           .device = session->device.device,
                                           .outbox = session->outbox,
                                           .watermark = session->receipt_known_seq};
}

void session_take_receipt(struct session *session, const struct submission *submission) {
    if (submission->receipt_signed)
        session->receipt = submission->receipt;
}

bool session_is_drained(const struct session *session) {
    if (PLANTED(RECEIPT_OF_ANOTHER_HEAD))
        return true;
    return session->bytes_under_way == 0 && session->acknowledged.seq >= session->hello_last_seq;
}

// The receipt that there is may be of another outbox, or of less than is acknowledged now.
static bool is_for_what_is_acknowledged(const struct session *session) {
    const struct receipt *receipt = &session->receipt;
    if (PLANTED(RECEIPT_OF_ANOTHER_HEAD))
        return receipt->watermark > 0;
    return id128_equal(&receipt->outbox, &session->outbox) && receipt->watermark == session->acknowledged.seq &&
           hash256_equal(&receipt->head, &session->acknowledged.head);
}

bool session_make_receipt(struct session *session, Rond__V1__Receipt *ret_receipt) {
    const struct chain *chain = &session->acknowledged;
    struct session_receipts *receipts = session->receipts;
    if (!session->receipts_wanted || chain->seq == 0 || chain->seq == session->receipt_known_seq)
        return false;
    if (!is_for_what_is_acknowledged(session)) {
        receipts->failed++; // the verdict stands without; the next Welcome brings it
        return false;
    }
    receipts->made++;
    rond__v1__receipt__init(ret_receipt);
    ret_receipt->signature = (ProtobufCBinaryData){.data = session->receipt.signature.b, .len = SIGNATURE_SIZE};
    if (!session->receipt_certificate_known)
        ret_receipt->certificate = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)receipts->certificate.data,
                                                         .len = receipts->certificate.size};
    session->receipt_certificate_known = true;
    session->receipt_known_seq = chain->seq;
    return true;
}
