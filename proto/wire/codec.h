// Frames and reports between bytes and protobuf-c structures. Parsing only: nothing here acts.
#ifndef WIRE_CODEC_H
#define WIRE_CODEC_H

#include "base/arena.h"
#include "base/buffer.h"
#include "rond/v1/report.pb-c.h"
#include "rond/v1/sync.pb-c.h"

// Decodes one frame into the arena (capped by the arena). The structure borrows nothing from `bytes`. A packed Feedback comes
// out as what it holds.
// ROND_EPROTOCOL with fault->code FRAME_TOO_LARGE, FRAME_MALFORMED or FRAME_UNKNOWN.
MUST_CHECK enum rond_err codec_frame_decode(struct arena *arena, struct bytes bytes, Rond__V1__Frame **ret_frame,
                                            struct fault *fault);
// Appends the frame's bytes; ROND_EFULL where it is larger than FRAME_BYTES_MAX.
MUST_CHECK enum rond_err codec_frame_encode(const Rond__V1__Frame *frame, struct buffer *to);

// Decodes one report. ROND_EINVALID (REPORT_UNREADABLE; REPORT_INVALID with the field where a text is not UTF-8 or
// holds a NUL): quarantined, not a broken protocol. A hostile report may use up the arena: give each report its own
// (or reset it in between), so that it spoils no other.
MUST_CHECK enum rond_err codec_report_decode(struct arena *arena, struct bytes bytes, Rond__V1__Report **ret_report,
                                             struct fault *fault);
// The same of bytes that went through it once already and are known to be well: their texts are not looked at again.
MUST_CHECK enum rond_err codec_report_decode_again(struct arena *arena, struct bytes bytes, Rond__V1__Report **ret_report);
// Appends the report's bytes; ROND_EINVALID where it is larger than REPORT_BYTES_MAX.
MUST_CHECK enum rond_err codec_report_encode(const Rond__V1__Report *report, struct buffer *to);

// Feedback as it goes down to who takes it packed: so where that helps, else as it is. *ret_feedback borrows from the scratch and
// from the feedback.
MUST_CHECK enum rond_err codec_feedback_pack(const Rond__V1__Feedback *feedback, struct buffer *scratch,
                                             Rond__V1__Feedback *ret_feedback);

// One report of a batch, as both ends handle it: the exact bytes, never a re-encoding.
struct record {
    struct bytes report;         // serialized Report
    bool has_formerly;           // queued before under another identity of the same device
    struct id128 formerly_outbox;
    uint64_t formerly_seq;
};

// Fills frame's Batch count, records, records_size, encoding and dictionary from the records; compressed where that helps.
// `scratch` holds the encoded bytes that batch->records then borrows; give it room for twice
// BATCH_RECORDS_BYTES_MAX. ROND_EFULL where the records are more than BATCH_RECORDS_BYTES_MAX.
MUST_CHECK enum rond_err codec_records_encode(const struct record *records, size_t count, uint32_t dictionary,
                                              struct buffer *scratch, Rond__V1__Batch *batch);
// The reverse: checks count and sizes before allocating; every record borrows from the arena.
// ROND_EPROTOCOL with BATCH_MALFORMED.
MUST_CHECK enum rond_err codec_records_decode(struct arena *arena, const Rond__V1__Batch *batch,
                                              struct record **ret_records, size_t *ret_count, struct fault *fault);

// Kind of a report, KIND_UNSPECIFIED for a withdrawal or an unknown body.
Rond__V1__Kind report_kind(const Rond__V1__Report *report);
const char *kind_name(Rond__V1__Kind kind);               // "check", "campaign_handout", ...
bool kind_from_name(const char *name, Rond__V1__Kind *ret_kind);

#endif
