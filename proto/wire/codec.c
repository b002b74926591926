#include "wire/codec.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "wire/codes.h"
#include "wire/compress.h"
#include "wire/dictionary.h"
#include "wire/limits.h"
#include "wire/text_scan.h"

// ---- One message ----

static enum rond_err refuse(struct fault *fault, enum rond_err err, unsigned code) {
    return fault_set(fault, err, code, NULL, "%s", wire_code_sentence(code));
}

// What could not be decoded is malformed or beyond its cap, unless memory was missing: then it may be a good one.
static enum rond_err refuse_undecoded(const struct arena *arena, struct fault *fault, enum rond_err err, unsigned code) {
    return arena->is_starved ? ROND_ENOMEM : refuse(fault, err, code);
}

// As text_scan, with our code.
static enum rond_err scan_texts(const ProtobufCMessageDescriptor *type, struct bytes bytes, enum rond_err err, unsigned code,
                                struct fault *fault) {
    struct fault found;
    if (text_scan(type, bytes, &found) == ROND_OK)
        return ROND_OK;
    return fault_set(fault, err, code, found.field, "%s", found.text);
}

static enum rond_err append_message(const ProtobufCMessage *message, struct buffer *to) {
    size_t size = protobuf_c_message_get_packed_size(message);
    enum rond_err err = buffer_reserve(to, size);
    if (err != ROND_OK)
        return err;
    to->size += protobuf_c_message_pack(message, to->data + to->size);
    return ROND_OK;
}

static enum rond_err feedback_unpack(struct arena *arena, Rond__V1__Frame *frame, struct fault *fault) {
    const Rond__V1__Feedback *outer = frame->feedback;
    struct bytes raw;
    enum rond_err err = ROND_EPROTOCOL;
    if (outer->packed_size <= FEEDBACK_PACKED_TO)
        err = decompress(arena, bytes_of(outer->packed.data, outer->packed.len), DICTIONARY_NONE, outer->packed_size, &raw);
    if (err != ROND_OK)
        return refuse_undecoded(arena, fault, err, CODE_FRAME_MALFORMED);
    Rond__V1__Feedback *inner = rond__v1__feedback__unpack(&arena->pb, raw.size, raw.data);
    if (inner == NULL || inner->packed.len > 0)
        return refuse_undecoded(arena, fault, ROND_EPROTOCOL, CODE_FRAME_MALFORMED);
    frame->feedback = inner;
    return scan_texts(&rond__v1__feedback__descriptor, raw, ROND_EPROTOCOL, CODE_FRAME_MALFORMED, fault);
}

enum rond_err codec_frame_decode(struct arena *arena, struct bytes bytes, Rond__V1__Frame **ret_frame, struct fault *fault) {
    if (bytes.size > FRAME_BYTES_MAX)
        return refuse(fault, ROND_EPROTOCOL, CODE_FRAME_TOO_LARGE);
    Rond__V1__Frame *frame = rond__v1__frame__unpack(&arena->pb, bytes.size, bytes.data);
    if (frame == NULL)
        return refuse_undecoded(arena, fault, ROND_EPROTOCOL, CODE_FRAME_MALFORMED);
    if (frame->kind_case == ROND__V1__FRAME__KIND__NOT_SET)
        return refuse(fault, ROND_EPROTOCOL, CODE_FRAME_UNKNOWN);
    enum rond_err err = scan_texts(&rond__v1__frame__descriptor, bytes, ROND_EPROTOCOL, CODE_FRAME_MALFORMED, fault);
    if (err == ROND_OK && frame->kind_case == ROND__V1__FRAME__KIND_FEEDBACK && frame->feedback->packed.len > 0)
        err = feedback_unpack(arena, frame, fault);
    if (err != ROND_OK)
        return err;
    *ret_frame = frame;
    return ROND_OK;
}

enum rond_err codec_frame_encode(const Rond__V1__Frame *frame, struct buffer *to) {
    if (rond__v1__frame__get_packed_size(frame) > FRAME_BYTES_MAX)
        return ROND_EFULL;
    return append_message(&frame->base, to);
}

enum rond_err codec_report_decode(struct arena *arena, struct bytes bytes, Rond__V1__Report **ret_report,
                                  struct fault *fault) {
    if (bytes.size == 0 || bytes.size > REPORT_BYTES_MAX)
        return refuse(fault, ROND_EINVALID, CODE_REPORT_UNREADABLE);
    Rond__V1__Report *report = rond__v1__report__unpack(&arena->pb, bytes.size, bytes.data);
    if (report == NULL)
        return refuse_undecoded(arena, fault, ROND_EINVALID, CODE_REPORT_UNREADABLE);
    enum rond_err err = scan_texts(&rond__v1__report__descriptor, bytes, ROND_EINVALID, CODE_REPORT_INVALID, fault);
    if (err != ROND_OK)
        return err;
    *ret_report = report;
    return ROND_OK;
}

enum rond_err codec_report_decode_again(struct arena *arena, struct bytes bytes, Rond__V1__Report **ret_report) {
    if (bytes.size == 0 || bytes.size > REPORT_BYTES_MAX)
        return ROND_EINVALID;
    Rond__V1__Report *report = rond__v1__report__unpack(&arena->pb, bytes.size, bytes.data);
    if (report == NULL)
        return arena_err(arena, ROND_EINVALID);
    *ret_report = report;
    return ROND_OK;
}

enum rond_err codec_report_encode(const Rond__V1__Report *report, struct buffer *to) {
    if (rond__v1__report__get_packed_size(report) > REPORT_BYTES_MAX)
        return ROND_EINVALID;
    return append_message(&report->base, to);
}

enum rond_err codec_feedback_pack(const Rond__V1__Feedback *feedback, struct buffer *scratch,
                                  Rond__V1__Feedback *ret_feedback) {
    size_t raw_size = rond__v1__feedback__get_packed_size(feedback);
    *ret_feedback = *feedback;
    if (raw_size < FEEDBACK_PACKED_FROM || raw_size > FEEDBACK_PACKED_TO)
        return ROND_OK;
    buffer_clear(scratch);
    enum rond_err err = buffer_reserve(scratch, raw_size + compress_bound(raw_size)); // nothing moves from here on
    if (err == ROND_OK)
        err = append_message(&feedback->base, scratch);
    if (err == ROND_OK)
        err = compress_append_fast(bytes_of(scratch->data, raw_size), scratch);
    if (err != ROND_OK || scratch->size - raw_size >= raw_size)
        return err;
    rond__v1__feedback__init(ret_feedback);
    ret_feedback->packed = (ProtobufCBinaryData){.data = scratch->data + raw_size, .len = scratch->size - raw_size};
    ret_feedback->packed_size = (uint32_t)raw_size;
    return ROND_OK;
}

// ---- The records of a batch ----

// protobuf-c takes no const bytes; it does not write to what it packs.
static ProtobufCBinaryData borrow(struct bytes bytes) {
    return (ProtobufCBinaryData){.len = bytes.size, .data = (uint8_t *)(uintptr_t)bytes.data};
}

static struct bytes bytes_from(ProtobufCBinaryData data) {
    return bytes_of(data.data, data.len);
}

// What codec_records_encode builds around the caller's records while it packs them.
struct packing {
    ProtobufCBinaryData reports[BATCH_REPORTS_MAX];
    Rond__V1__Formerly formerly[BATCH_REPORTS_MAX];
    Rond__V1__Formerly *formerly_at[BATCH_REPORTS_MAX];
    size_t formerly_count;
};

static void add_record(struct packing *packing, const struct record *record, size_t index) {
    packing->reports[index] = borrow(record->report);
    if (!record->has_formerly)
        return;
    Rond__V1__Formerly *formerly = &packing->formerly[packing->formerly_count];
    rond__v1__formerly__init(formerly);
    formerly->index = (uint32_t)index;
    formerly->outbox = borrow(bytes_of(record->formerly_outbox.b, ID_SIZE));
    formerly->seq = record->formerly_seq;
    packing->formerly_at[packing->formerly_count++] = formerly;
}

static enum rond_err pack_records(const struct record *records, size_t count, struct buffer *to) {
    struct packing *packing = calloc(1, sizeof *packing);
    if (packing == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < count; i++)
        add_record(packing, &records[i], i);
    Rond__V1__Records message = ROND__V1__RECORDS__INIT;
    message.n_reports = count;
    message.reports = packing->reports;
    message.n_formerly = packing->formerly_count;
    message.formerly = packing->formerly_at;
    enum rond_err err = ROND_EFULL;
    if (rond__v1__records__get_packed_size(&message) <= BATCH_RECORDS_BYTES_MAX)
        err = append_message(&message.base, to);
    free(packing);
    return err;
}

// The packed form stands in scratch behind the raw one; where it is not smaller (or has no room), the raw one is sent.
enum rond_err codec_records_encode(const struct record *records, size_t count, uint32_t dictionary, struct buffer *scratch,
                                   Rond__V1__Batch *batch) {
    if (count == 0 || count > BATCH_REPORTS_MAX)
        return ROND_EINVALID;
    buffer_clear(scratch);
    enum rond_err err = pack_records(records, count, scratch);
    if (err != ROND_OK)
        return err;
    size_t raw_size = scratch->size;
    // The raw bytes are in the buffer that grows: room first, so that they do not move while they are read.
    err = buffer_reserve(scratch, compress_bound(raw_size));
    if (err == ROND_OK)
        err = compress_append(bytes_of(scratch->data, raw_size), dictionary, scratch);
    if (err != ROND_OK && err != ROND_EFULL)
        return err;
    size_t packed_size = scratch->size - raw_size;
    bool packed = err == ROND_OK && packed_size < raw_size;
    batch->count = (uint32_t)count;
    batch->records_size = (uint32_t)raw_size;
    batch->encoding = packed ? ROND__V1__ENCODING__ENCODING_ZSTD : ROND__V1__ENCODING__ENCODING_IDENTITY;
    batch->dictionary = packed ? dictionary : 0;
    batch->records = borrow(packed ? bytes_of(scratch->data + raw_size, packed_size) : bytes_of(scratch->data, raw_size));
    return ROND_OK;
}

static bool sizes_are_legal(const Rond__V1__Batch *batch) {
    return batch->count >= 1 && batch->count <= BATCH_REPORTS_MAX && batch->records_size >= 1 &&
           batch->records_size <= BATCH_RECORDS_BYTES_MAX;
}

// The serialized Records. ROND_EPROTOCOL or ROND_ENOMEM.
static enum rond_err unpack_records(struct arena *arena, const Rond__V1__Batch *batch, struct bytes *ret_raw) {
    enum rond_err err;
    switch (batch->encoding) {
    case ROND__V1__ENCODING__ENCODING_IDENTITY:
        if (batch->dictionary != 0 || batch->records.len != batch->records_size)
            return ROND_EPROTOCOL;
        *ret_raw = bytes_from(batch->records);
        return ROND_OK;
    case ROND__V1__ENCODING__ENCODING_ZSTD:
        err = decompress(arena, bytes_from(batch->records), batch->dictionary, batch->records_size, ret_raw);
        return err == ROND_ENOTFOUND ? ROND_EPROTOCOL : err;
    default:
        return ROND_EPROTOCOL;
    }
}

// False where a Formerly names no report of the batch, one twice, or no identity.
static bool place_formerly(const Rond__V1__Records *message, struct record *records) {
    for (size_t i = 0; i < message->n_formerly; i++) {
        const Rond__V1__Formerly *formerly = message->formerly[i];
        if (formerly->index >= message->n_reports || records[formerly->index].has_formerly || formerly->seq == 0)
            return false;
        struct record *record = &records[formerly->index];
        if (!id128_from_bytes(bytes_from(formerly->outbox), &record->formerly_outbox))
            return false;
        record->formerly_seq = formerly->seq;
        record->has_formerly = true;
    }
    return true;
}

enum rond_err codec_records_decode(struct arena *arena, const Rond__V1__Batch *batch, struct record **ret_records,
                                   size_t *ret_count, struct fault *fault) {
    if (!sizes_are_legal(batch))
        return refuse(fault, ROND_EPROTOCOL, CODE_BATCH_MALFORMED);
    struct bytes raw;
    enum rond_err err = unpack_records(arena, batch, &raw);
    if (err == ROND_ENOMEM)
        return err;
    if (err != ROND_OK)
        return refuse(fault, ROND_EPROTOCOL, CODE_BATCH_MALFORMED);
    Rond__V1__Records *message = rond__v1__records__unpack(&arena->pb, raw.size, raw.data);
    if (message == NULL)
        return refuse_undecoded(arena, fault, ROND_EPROTOCOL, CODE_BATCH_MALFORMED);
    if (message->n_reports != batch->count)
        return refuse(fault, ROND_EPROTOCOL, CODE_BATCH_MALFORMED);
    struct record *records = arena_array(arena, message->n_reports, sizeof *records);
    if (records == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < message->n_reports; i++)
        records[i].report = bytes_from(message->reports[i]);
    if (!place_formerly(message, records))
        return refuse(fault, ROND_EPROTOCOL, CODE_BATCH_MALFORMED);
    *ret_records = records;
    *ret_count = message->n_reports;
    return ROND_OK;
}

// ---- Kinds ----

static const char *const kind_names[] = {
    [ROND__V1__KIND__KIND_UNSPECIFIED] = "unspecified",
    [ROND__V1__KIND__KIND_CHECK] = "check",
    [ROND__V1__KIND__KIND_CAMPAIGN_HANDOUT] = "campaign_handout",
    [ROND__V1__KIND__KIND_VISIBLE_PATROL] = "visible_patrol",
    [ROND__V1__KIND__KIND_SAFETY_WALK] = "safety_walk",
    [ROND__V1__KIND__KIND_MEETING] = "meeting",
    [ROND__V1__KIND__KIND_INVENTORY] = "inventory",
    [ROND__V1__KIND__KIND_INITIATIVE] = "initiative",
};

Rond__V1__Kind report_kind(const Rond__V1__Report *report) {
    switch (report->body_case) {
    case ROND__V1__REPORT__BODY_CHECK:
        return ROND__V1__KIND__KIND_CHECK;
    case ROND__V1__REPORT__BODY_HANDOUT:
        return ROND__V1__KIND__KIND_CAMPAIGN_HANDOUT;
    case ROND__V1__REPORT__BODY_PATROL:
        return ROND__V1__KIND__KIND_VISIBLE_PATROL;
    case ROND__V1__REPORT__BODY_WALK:
        return ROND__V1__KIND__KIND_SAFETY_WALK;
    case ROND__V1__REPORT__BODY_MEETING:
        return ROND__V1__KIND__KIND_MEETING;
    case ROND__V1__REPORT__BODY_INVENTORY:
        return ROND__V1__KIND__KIND_INVENTORY;
    case ROND__V1__REPORT__BODY_INITIATIVE:
        return ROND__V1__KIND__KIND_INITIATIVE;
    default:
        return ROND__V1__KIND__KIND_UNSPECIFIED;
    }
}

const char *kind_name(Rond__V1__Kind kind) {
    return (unsigned)kind < ARRAY_COUNT(kind_names) ? kind_names[kind] : kind_names[0];
}

bool kind_from_name(const char *name, Rond__V1__Kind *ret_kind) {
    for (unsigned kind = ROND__V1__KIND__KIND_CHECK; kind < ARRAY_COUNT(kind_names); kind++) {
        if (strcmp(name, kind_names[kind]) == 0) {
            *ret_kind = (Rond__V1__Kind)kind;
            return true;
        }
    }
    return false;
}
