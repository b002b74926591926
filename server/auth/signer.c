#include "auth/signer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"

enum { SPKI_BYTES_MAX = 128, ANSWER_BYTES_MAX = 4096, TALLY_MS = 60 * 1000 };

enum kind { KIND_DEVICE, KIND_SERVER, KIND_RESCUE, KIND_RECEIPT, KINDS };
static const char *const NAMES[KINDS] = {"device_certificate", "server_certificate", "rescue_secret", "receipt"};

struct question {
    uint64_t number;
    uint32_t kind;
    int32_t days;
    struct id128 device;
    struct hash256 anchor;
    uint8_t point[RESCUE_POINT_SIZE];
    struct receipt receipt; // what it says; the rest of it is not looked at
    uint32_t spki_size;
    uint8_t spki[SPKI_BYTES_MAX];
};
struct answer {
    uint64_t number;
    int32_t err;
    uint32_t size;
    uint8_t bytes[ANSWER_BYTES_MAX];
};

// --- Asking ---

void signer_init(struct signer *signer, int take_socket) {
    CHECK(pthread_mutex_init(&signer->mutex, NULL) == 0);
    signer->socket = take_socket;
    signer->number = 0;
}

static void close_socket(struct signer *signer) {
    if (signer->socket >= 0)
        (void)close(signer->socket);
    signer->socket = -1;
}

void signer_give_up(struct signer *signer) {
    pthread_mutex_lock(&signer->mutex);
    close_socket(signer);
    pthread_mutex_unlock(&signer->mutex);
}

bool signer_is_there(struct signer *signer) {
    pthread_mutex_lock(&signer->mutex);
    bool there = signer->socket >= 0;
    pthread_mutex_unlock(&signer->mutex);
    return there;
}

static bool receive(int socket, void *message, size_t size) {
    struct pollfd wait = {.fd = socket, .events = POLLIN};
    int ready;
    while ((ready = poll(&wait, 1, SIGNER_ANSWER_MS_MAX)) < 0 && errno == EINTR)
        continue;
    return ready == 1 && recv(socket, message, size, MSG_DONTWAIT) == (ssize_t)size;
}

// An answer that is late would be taken for that of the next question, so a socket that failed once is closed.
static enum rond_err ask(struct signer *signer, struct question *question, struct answer *ret_answer) {
    pthread_mutex_lock(&signer->mutex);
    question->number = ++signer->number;
    bool answered =
        signer->socket >= 0 &&
        send(signer->socket, question, sizeof *question, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof *question &&
        receive(signer->socket, ret_answer, sizeof *ret_answer) && ret_answer->number == question->number &&
        ret_answer->size <= sizeof ret_answer->bytes;
    if (!answered)
        close_socket(signer);
    pthread_mutex_unlock(&signer->mutex);
    return answered ? (enum rond_err)ret_answer->err : ROND_EAGAIN;
}

static enum rond_err ask_certificate(struct signer *signer, struct question *question, struct bytes spki,
                                     struct buffer *ret_certificate) {
    struct answer answer = {0};
    if (spki.size > sizeof question->spki)
        return ROND_EINVALID;
    memcpy(question->spki, spki.data, spki.size);
    question->spki_size = (uint32_t)spki.size;
    enum rond_err err = ask(signer, question, &answer);
    return err ? err : buffer_append(ret_certificate, bytes_of(answer.bytes, answer.size));
}

static enum rond_err ask_device(void *context, struct bytes spki, const struct id128 *device, int days,
                                struct buffer *ret_certificate) {
    struct question question = {.kind = KIND_DEVICE, .device = *device, .days = days};
    return ask_certificate(context, &question, spki, ret_certificate);
}

static enum rond_err ask_server(void *context, struct bytes spki, struct buffer *ret_certificate) {
    struct question question = {.kind = KIND_SERVER};
    return ask_certificate(context, &question, spki, ret_certificate);
}

static enum rond_err ask_rescue(void *context, const struct hash256 *anchor, const uint8_t point[RESCUE_POINT_SIZE],
                                uint8_t ret_secret[RESCUE_SECRET_SIZE]) {
    struct question question = {.kind = KIND_RESCUE, .anchor = *anchor};
    struct answer answer = {0};
    memcpy(question.point, point, RESCUE_POINT_SIZE);
    enum rond_err err = ask(context, &question, &answer);
    if (!err && answer.size != RESCUE_SECRET_SIZE)
        err = ROND_EAGAIN;
    if (!err)
        memcpy(ret_secret, answer.bytes, RESCUE_SECRET_SIZE);
    bytes_wipe(answer.bytes, sizeof answer.bytes);
    return err;
}

enum rond_err signer_receipt(void *context, const struct receipt *receipt, struct signature *ret_signature) {
    struct question question = {.kind = KIND_RECEIPT, .receipt = *receipt};
    struct answer answer;
    enum rond_err err = ask(context, &question, &answer);
    if (err == ROND_OK && answer.size != SIGNATURE_SIZE)
        err = ROND_EAGAIN;
    if (err == ROND_OK)
        memcpy(ret_signature->b, answer.bytes, SIGNATURE_SIZE);
    return err;
}

struct ca_keeper signer_keeper(struct signer *signer) {
    return (struct ca_keeper){
        .issue_device = ask_device, .issue_server = ask_server, .agree = ask_rescue, .context = signer};
}

// --- Answering ---

// Fills again as time goes by; a whole one to begin with.
struct allowance {
    int64_t left_us;          // of how much signing at its rate
    int64_t each_us, most_us; // what one costs, and the whole of it
    int64_t filled_ms;
};

static struct allowance allowance_of(int64_t burst, int64_t each_us, int64_t now_ms) {
    return (struct allowance){
        .left_us = burst * each_us, .each_us = each_us, .most_us = burst * each_us, .filled_ms = now_ms};
}

static bool allowance_take(struct allowance *allowance, int64_t now_ms) {
    int64_t filled_us = (now_ms - allowance->filled_ms) * 1000;
    allowance->filled_ms = now_ms;
    allowance->left_us =
        filled_us > allowance->most_us - allowance->left_us ? allowance->most_us : allowance->left_us + filled_us;
    if (allowance->left_us < allowance->each_us)
        return false;
    allowance->left_us -= allowance->each_us;
    return true;
}

static enum rond_err sign_receipt(const struct signer_config *config, const struct receipt *receipt, struct buffer *to) {
    struct signature signature;
    enum rond_err err =
        config->receipts == NULL ? ROND_ENOTFOUND : receipt_signer_sign(config->receipts, receipt, &signature);
    return err ? err : buffer_append(to, bytes_of(signature.b, SIGNATURE_SIZE));
}

static enum rond_err agree(const struct signer_config *config, const struct question *question, struct buffer *to) {
    enum rond_err err = buffer_reserve(to, RESCUE_SECRET_SIZE);
    if (!err)
        err = ca_agree(config->ca, &question->anchor, question->point, to->data);
    if (!err)
        to->size = RESCUE_SECRET_SIZE;
    return err;
}

static enum rond_err sign(const struct signer_config *config, const struct question *question, struct buffer *to) {
    struct bytes spki = bytes_of(question->spki, question->spki_size);
    int64_t now_ms = clock_wall_ms(config->clock);
    switch ((enum kind)question->kind) {
    case KIND_DEVICE:
        if (question->days < 1 || question->days > config->device_days_max)
            return ROND_EINVALID;
        return ca_issue_device(config->ca, spki, &question->device, question->days, config->rng, now_ms, to);
    case KIND_SERVER:
        return ca_certify_server(config->ca, spki, config->names, config->names_count, config->server_days, config->rng,
                                 now_ms, to);
    case KIND_RESCUE:
        return agree(config, question, to);
    case KIND_RECEIPT:
        return sign_receipt(config, &question->receipt, to);
    case KINDS:
        break;
    }
    return ROND_EINVALID;
}

static void note(const struct question *question, enum rond_err err) {
    char device[2 * ID_SIZE + 1] = "-";
    if (question->kind == KIND_DEVICE)
        hex_encode(bytes_of(question->device.b, ID_SIZE), device);
    log_event(err ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, err ? "signature_refused" : "signed",
              "what=%s device=%s days=%d err=%s", NAMES[question->kind], device, (int)question->days, rond_err_name(err));
}

// Of receipts there are too many for a line each: one a minute while there are any, and one at the end.
struct tally {
    uint64_t made, refused;
    int64_t since_ms;
};

static void tally_say(struct tally *tally, int64_t now_ms) {
    if (tally->made + tally->refused > 0)
        log_event(tally->refused ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, "signed_receipts",
                  "count=%llu refused=%llu seconds=%lld", (unsigned long long)tally->made,
                  (unsigned long long)tally->refused, (long long)((now_ms - tally->since_ms) / 1000));
    *tally = (struct tally){.since_ms = now_ms};
}

static void tally_count(struct tally *tally, enum rond_err err, int64_t now_ms) {
    if (now_ms - tally->since_ms >= TALLY_MS)
        tally_say(tally, now_ms);
    tally->made += err == ROND_OK;
    tally->refused += err != ROND_OK;
}

struct serving {
    const struct signer_config *config;
    struct allowance allowances[KINDS];
    struct tally receipts;
};

static enum rond_err answer_make(struct serving *serving, const struct question *question, struct buffer *to) {
    int64_t now_ms = clock_monotonic_ms(serving->config->clock);
    if (question->kind >= KINDS || question->spki_size > sizeof question->spki)
        return ROND_EINVALID;
    enum rond_err err =
        allowance_take(&serving->allowances[question->kind], now_ms) ? sign(serving->config, question, to) : ROND_EAGAIN;
    if (question->kind == KIND_RECEIPT)
        tally_count(&serving->receipts, err, now_ms);
    else
        note(question, err);
    return err;
}

static void answer(struct serving *serving, const struct question *question, struct answer *ret_answer) {
    struct buffer made;
    buffer_init(&made, sizeof ret_answer->bytes);
    *ret_answer = (struct answer){.number = question->number};
    ret_answer->err = (int32_t)answer_make(serving, question, &made);
    if (ret_answer->err == ROND_OK) {
        memcpy(ret_answer->bytes, made.data, made.size);
        ret_answer->size = (uint32_t)made.size;
    }
    if (made.data)
        bytes_wipe(made.data, made.capacity);
    buffer_deinit(&made);
}

static void serve(struct serving *serving, int socket) {
    struct question question;
    struct answer answered;
    for (;;) {
        ssize_t size = recv(socket, &question, sizeof question, 0);
        if (size < 0 && errno == EINTR)
            continue;
        if (size != (ssize_t)sizeof question)
            return;
        answer(serving, &question, &answered);
        bool sent = send(socket, &answered, sizeof answered, MSG_NOSIGNAL) == (ssize_t)sizeof answered;
        bytes_wipe(&answered, sizeof answered);
        if (!sent)
            return;
    }
}

void signer_serve(const struct signer_config *config, int socket) {
    enum { SECOND_US = 1000 * 1000, MINUTE_US = 60 * SECOND_US };
    int64_t now_ms = clock_monotonic_ms(config->clock);
    struct serving serving = {
        .config = config,
        .allowances =
            {
                [KIND_DEVICE] = allowance_of(SIGNER_DEVICES_BURST, SECOND_US / SIGNER_DEVICES_PER_S, now_ms),
                [KIND_SERVER] =
                    allowance_of(SIGNER_SERVERS_BURST, INT64_C(24) * 60 * MINUTE_US / SIGNER_SERVERS_PER_DAY, now_ms),
                [KIND_RESCUE] = allowance_of(SIGNER_RESCUES_BURST, MINUTE_US / SIGNER_RESCUES_PER_MINUTE, now_ms),
                [KIND_RECEIPT] = allowance_of(SIGNER_RECEIPTS_BURST, SECOND_US / SIGNER_RECEIPTS_PER_S, now_ms),
            },
        .receipts = {.since_ms = now_ms},
    };
    serve(&serving, socket);
    tally_say(&serving.receipts, clock_monotonic_ms(config->clock));
}
