// What a sync would send, into a file. The device engine itself cuts, chains and signs; in place of a server it meets one
// here that welcomes each outbox where the outbox says it stands, and acknowledges whatever it gets. Of what the engine then
// wants to be kept nothing is kept: on the device all stays as it is.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/file.h"
#include "base/sha256.h"
#include "client_internal.h"
#include "wire/rescue.h"

struct rescue {
    rond *r;
    struct device *device;
    struct rescue_writer writer;
    struct buffer file;
    struct buffer scratch; // frames to the engine
    struct arena arena;    // of one frame, or one read
    struct chain from;     // where the outbox on offer begins
    uint64_t last_seq;     // and ends
    uint64_t reached;      // acknowledged here
    uint64_t reports, lost;
};

static struct device_now now_of(const rond *r) {
    return (struct device_now){.wall_ms = clock_wall_ms(r->clock),
                               .monotonic_ms = clock_monotonic_ms(r->clock),
                               .boot_id = clock_boot_id(r->clock)};
}

static ProtobufCBinaryData borrowed(const void *data, size_t size) {
    return (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)data, .len = size};
}

// --- The server that is not there ---

static enum rond_err hand_in(struct rescue *rescue, const Rond__V1__Frame *frame) {
    struct device_now now = now_of(rescue->r);
    buffer_clear(&rescue->scratch);
    enum rond_err err = codec_frame_encode(frame, &rescue->scratch);
    return err == ROND_OK ? device_receive(rescue->device, &now, buffer_bytes(&rescue->scratch)) : err;
}

static enum rond_err welcome(struct rescue *rescue) {
    struct device_server_state server;
    struct device_outbox_state at;
    Rond__V1__Welcome message = ROND__V1__WELCOME__INIT;
    outbox_server(rescue->r->outbox, &server);
    outbox_offered_state(rescue->r->outbox, &at);
    message.protocol = PROTOCOL_VERSION;
    message.store_id = borrowed(server.store_id.b, ID_SIZE);
    message.epoch = server.epoch;
    message.outbox = borrowed(at.outbox.b, ID_SIZE);
    message.watermark = rescue->from.seq;
    message.head = borrowed(rescue->from.head.b, HASH_SIZE);
    message.credit_bytes = CREDIT_BYTES;
    message.batch_bytes_max = BATCH_BYTES_MAX;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_WELCOME;
    frame.welcome = &message;
    return hand_in(rescue, &frame);
}

static enum rond_err acknowledge(struct rescue *rescue, uint64_t seq, const ProtobufCBinaryData *head) {
    Rond__V1__Verdicts message = ROND__V1__VERDICTS__INIT;
    rescue->reached = seq;
    message.watermark = seq;
    message.head = *head;
    message.credit_bytes = CREDIT_BYTES;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_VERDICTS;
    frame.verdicts = &message;
    return hand_in(rescue, &frame);
}

// --- Actions of the engine ---

static enum rond_err act_send(struct rescue *rescue, struct bytes bytes) {
    Rond__V1__Frame *frame;
    struct fault fault = {0};
    arena_reset(&rescue->arena);
    enum rond_err err = codec_frame_decode(&rescue->arena, bytes, &frame, &fault);
    if (err == ROND_OK && frame->kind_case != ROND__V1__FRAME__KIND_RECEIVED)
        err = rescue_add(&rescue->writer, bytes, &rescue->file);
    if (err != ROND_OK)
        return err;
    switch (frame->kind_case) {
    case ROND__V1__FRAME__KIND_HELLO:
        return welcome(rescue);
    case ROND__V1__FRAME__KIND_BATCH:
        rescue->reports += frame->batch->count;
        return acknowledge(rescue, frame->batch->first_seq + frame->batch->count - 1, &frame->batch->head);
    case ROND__V1__FRAME__KIND_LOST:
        rescue->lost += frame->lost->last_seq - frame->lost->first_seq + 1;
        return acknowledge(rescue, frame->lost->last_seq, &frame->lost->head);
    default:
        return ROND_ECORRUPT; // the engine finds that the outbox contradicts itself
    }
}

static enum rond_err act_read(struct rescue *rescue, const struct device_action *action) {
    struct device_answer answer;
    struct device_now now = now_of(rescue->r);
    arena_reset(&rescue->arena);
    enum rond_err err = outbox_read(rescue->r->outbox, action->first_seq, action->bytes_max, &rescue->arena, &answer);
    return err == ROND_OK ? device_records(rescue->device, &now, &answer) : err;
}

// Until all of the outbox on offer is in the file.
static enum rond_err offer_write(struct rescue *rescue) {
    struct device_action action;
    enum rond_err err = ROND_OK;
    while (err == ROND_OK && rescue->reached < rescue->last_seq) {
        device_next_action(rescue->device, &action);
        if (action.kind == DEVICE_SEND)
            err = act_send(rescue, action.frame);
        else if (action.kind == DEVICE_READ)
            err = act_read(rescue, &action);
        else if (action.kind == DEVICE_NOTHING || action.kind == DEVICE_FORKED || action.kind == DEVICE_CLOSE)
            err = ROND_ECORRUPT;
    }
    return err;
}

static enum rond_err offer_begin(struct rescue *rescue, const struct device_outbox_state *at) {
    struct device_now now = now_of(rescue->r);
    struct device_config config = {.device = rescue->r->enrolment.device,
                                   .client = rescue->r->client,
                                   .outbox = *at,
                                   .sign = keystore_sign,
                                   .sign_context = rescue->r->keystore};
    outbox_server(rescue->r->outbox, &config.server);
    device_destroy(rescue->device);
    rescue->device = NULL;
    enum rond_err err = device_create(&config, &rescue->device);
    return err == ROND_OK ? device_connected(rescue->device, &now, 0) : err;
}

static enum rond_err offered_add(struct rescue *rescue, bool all_kept) {
    struct device_outbox_state at;
    outbox_offered_state(rescue->r->outbox, &at);
    enum rond_err err = outbox_offered_from(rescue->r->outbox, all_kept, &rescue->from);
    rescue->last_seq = at.last_seq;
    rescue->reached = rescue->from.seq;
    if (err != ROND_OK || rescue->reached >= rescue->last_seq)
        return err;
    err = offer_begin(rescue, &at);
    return err == ROND_OK ? offer_write(rescue) : err;
}

// The active outbox, then the closed ones that wait for a server that was restored.
static enum rond_err outboxes_add(struct rescue *rescue, bool all_kept) {
    bool found = true;
    enum rond_err err = ROND_OK;
    while (err == ROND_OK && found) {
        err = offered_add(rescue, all_kept);
        if (err == ROND_OK)
            err = outbox_offer_look(rescue->r->outbox, &found);
    }
    outbox_offer_end(rescue->r->outbox);
    return err;
}

static enum rond_err device_key_add(struct rescue *rescue) {
    struct bytes spki;
    struct hash256 hash;
    enum rond_err err = keystore_spki(rescue->r->keystore, &spki);
    if (err != ROND_OK)
        return err;
    sha256_of(spki, &hash);
    return rescue_add(&rescue->writer, bytes_of(hash.b, HASH_SIZE), &rescue->file);
}

static enum rond_err file_make(struct rescue *rescue, bool all_kept, struct fault *fault) {
    struct client_trust trust;
    arena_reset(&rescue->arena);
    enum rond_err err = client_trust_load(rescue->r, &rescue->arena, &trust);
    if (err == ROND_OK)
        err = rescue_begin(&rescue->writer, rescue->r->rng, trust.anchors, trust.anchors_count, &rescue->file);
    if (err == ROND_OK)
        err = device_key_add(rescue);
    if (err == ROND_OK)
        err = outboxes_add(rescue, all_kept);
    if (err == ROND_OK && rescue->reports + rescue->lost == 0)
        err = fault_set(fault, ROND_ENOTFOUND, 0, "", "Nothing waits: there is nothing to rescue.");
    if (err == ROND_EFULL)
        err = fault_set(fault, err, 0, "", "More waits than one rescue file holds.");
    if (err == ROND_OK)
        err = rescue_add(&rescue->writer, bytes_of(NULL, 0), &rescue->file);
    rescue_end(&rescue->writer);
    return err;
}

// --- On disk ---

static enum rond_err failed(struct fault *fault, int error, const char *path, const char *what) {
    enum rond_err err = error == ENOSPC || error == EDQUOT ? ROND_EFULL : error == EIO ? ROND_EIO : ROND_EINVALID;
    return fault_set(fault, err, 0, "path", "%.160s cannot be %s: %s.", path, what, strerror(error));
}

// A file system that cannot promise to replace nothing is asked first.
static bool name_it(const char *part, const char *path) {
    if (renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL)
        return false;
    errno = EEXIST;
    return access(path, F_OK) != 0 && rename(part, path) == 0;
}

// A name lasts when its directory is synced. There are file systems (of sticks and cards) that have no call for that.
static bool name_sync(const char *path) {
    char directory[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    if (slash != NULL)
        snprintf(directory, sizeof directory, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    bool synced = fsync(descriptor) == 0 || errno == EINVAL || errno == ENOSYS;
    int error = errno;
    close(descriptor);
    errno = error;
    return synced;
}

// Beside its name first: what has the name is whole, even after a crash.
static enum rond_err file_write(const char *path, struct bytes bytes, struct fault *fault) {
    char part[PATH_MAX];
    if (access(path, F_OK) == 0)
        return failed(fault, EEXIST, path, "made");
    if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part)
        return failed(fault, ENAMETOOLONG, path, "made");
    int descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return failed(fault, errno, path, "made");
    bool written = file_write_all(descriptor, bytes) && fsync(descriptor) == 0;
    int error = errno;
    close(descriptor);
    bool named = written && name_it(part, path);
    if (named && name_sync(path))
        return ROND_OK;
    error = written ? errno : error;
    (void)unlink(named ? path : part);
    return failed(fault, error, path, "written");
}

static enum rond_err rescue_export(rond *r, const char *path, bool all_kept, uint64_t *ret_reports, struct fault *fault) {
    struct rescue rescue = {.r = r};
    enum rond_err err = client_must_be_enrolled(r, fault);
    if (err != ROND_OK)
        return err;
    buffer_init(&rescue.file, RESCUE_BYTES_MAX);
    buffer_init(&rescue.scratch, FRAME_BYTES_MAX);
    arena_init(&rescue.arena, RECORD_ARENA_BYTES_MAX);
    err = file_make(&rescue, all_kept, fault);
    if (err == ROND_OK)
        err = file_write(path, buffer_bytes(&rescue.file), fault);
    if (err == ROND_OK && ret_reports != NULL)
        *ret_reports = rescue.reports;
    device_destroy(rescue.device);
    arena_deinit(&rescue.arena);
    buffer_deinit(&rescue.scratch);
    buffer_deinit(&rescue.file);
    return err;
}

enum rond_err rond_rescue_export(rond *r, const char *path, bool all_kept, uint64_t *ret_reports, rond_fault *ret_fault) {
    struct fault fault = {0};
    if (r->sync != NULL)
        return client_fault(ROND_ECONFLICT, NULL, ret_fault);
    if (path == NULL || path[0] == '\0')
        return client_fault(fault_set(&fault, ROND_EINVALID, 0, "path", "The rescue file has no name."), &fault, ret_fault);
    return client_fault(rescue_export(r, path, all_kept, ret_reports, &fault), &fault, ret_fault);
}
