#include "ingest/receipts.h"

// What comes later in the group acknowledges more: the session says its Verdicts once, and bears that one.
static bool is_last_of_session(const struct submission *submission) {
    for (const struct submission *later = submission->next; later != NULL; later = later->next)
        if (later->session == submission->session && later->receipt_wanted)
            return false;
    return true;
}

static bool is_due(const struct submission *submission) {
    const struct chain *chain = submission_acknowledges(submission);
    if (!submission->receipt_wanted || submission->err != ROND_OK || submission->session == 0 || chain == NULL)
        return false;
    return chain->seq > 0 && chain->seq != submission->receipt.watermark && is_last_of_session(submission);
}

void receipts_sign(const struct receipts *receipts, struct submission *group) {
    for (struct submission *submission = group; receipts->sign != NULL && submission != NULL; submission = submission->next) {
        if (!is_due(submission))
            continue;
        struct receipt receipt = submission->receipt;
        const struct chain *chain = submission_acknowledges(submission);
        receipt.watermark = chain->seq;
        receipt.head = chain->head;
        submission->receipt_signed = receipts->sign(receipts->context, &receipt, &receipt.signature) == ROND_OK;
        if (submission->receipt_signed)
            submission->receipt = receipt;
    }
}
