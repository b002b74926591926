#include "support/ws_script.h"

#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/test.h"
#include "wire/codec.h"
#include "wire/limits.h"

enum { SCRIPT_BYTES_MAX = 20 * 1024 * 1024, PINGS_MAX = 1024, WAIT_MS = 10 * 1000, MUCH_BYTES = 64 * 1024, FILLER = '*' };
enum { PADDING_TAG = 0x7a, HELLO_CLIENT_TAG = 0x7a, FRAME_HELLO_TAG = 0x0a };
static const char LAST_WORDS[] = "still there?";

struct ping {
    size_t size;
    uint8_t data[125];
};
struct play {
    struct handset *handset;
    struct buffer message; // of m: or b, for those that take from it
    size_t message_at;
    struct buffer waiting; // with /0
    struct buffer payload; // of the frame that is being made
    bool refused;
    size_t sent;
    struct ping pings[PINGS_MAX];
    size_t pings_count;
    long chop; // -1: a frame in one piece
    bool asks_at_the_end;
    bool ended;
    char *seen;
};

// --- What is sent ---

static ProtobufCBinaryData data_of(const void *data, size_t size) {
    return (ProtobufCBinaryData){.len = size, .data = (uint8_t *)(uintptr_t)data};
}

static void append(struct buffer *to, const void *data, size_t size) {
    assert_ok(buffer_append(to, bytes_of(data, size)));
}

static void append_filler(struct buffer *to, size_t size, int filler) {
    assert_ok(buffer_reserve(to, size));
    memset(to->data + to->size, filler, size);
    to->size += size;
}

// One unknown field of exactly `size` bytes, 2 at least; two where one cannot be of that size.
static void append_padding(struct buffer *to, size_t size) {
    if (size == 0)
        return;
    size_t length_bytes = size - 2 < 128 ? 1 : size - 3 < 16384 ? 2 : 3;
    if (size == 2 + 128 || size == 3 + 16384) {
        append(to, "\x7a\x00", 2);
        size -= 2;
        length_bytes = size - 2 < 128 ? 1 : size - 3 < 16384 ? 2 : 3;
    }
    size_t rest = size - 1 - length_bytes;
    uint8_t head[4] = {PADDING_TAG};
    for (size_t i = 0; i < length_bytes; i++)
        head[1 + i] = (uint8_t)((rest >> (7 * i) & 0x7f) | (i + 1 < length_bytes ? 0x80 : 0));
    append(to, head, 1 + length_bytes);
    append_filler(to, rest, FILLER);
}

static void append_field(struct buffer *to, uint8_t tag, struct bytes value) {
    assert_true(value.size < 16384);
    uint8_t head[3] = {tag, (uint8_t)(0x80 | (value.size & 0x7f)), (uint8_t)(value.size >> 7)};
    append(to, head, sizeof head);
    append(to, value.data, value.size);
}

// `client` as it is, though it may be no text.
static void make_hello(struct handset *handset, struct bytes client, struct buffer *ret_frame) {
    static const struct hash256 ZERO;
    Rond__V1__Hello hello = ROND__V1__HELLO__INIT;
    hello.protocol = PROTOCOL_VERSION;
    hello.device = data_of(handset->device.b, ID_SIZE);
    hello.outbox = data_of(handset->outbox.b, ID_SIZE);
    hello.head = data_of(ZERO.b, HASH_SIZE);
    struct buffer inner;
    buffer_init(&inner, SCRIPT_BYTES_MAX);
    assert_ok(buffer_reserve(&inner, rond__v1__hello__get_packed_size(&hello)));
    inner.size = rond__v1__hello__pack(&hello, inner.data);
    append_field(&inner, HELLO_CLIENT_TAG, client);
    buffer_clear(ret_frame);
    append_field(ret_frame, FRAME_HELLO_TAG, buffer_bytes(&inner));
    buffer_deinit(&inner);
}

bool ws_script_hello(struct handset *handset, size_t size, struct buffer *ret_frame) {
    make_hello(handset, bytes_of(NULL, 0), ret_frame);
    if (size < ret_frame->size || size == ret_frame->size + 1)
        return false;
    append_padding(ret_frame, size - ret_frame->size);
    return true;
}

// --- What comes ---

__attribute__((format(printf, 2, 3))) static void note(struct play *play, const char *format, ...) {
    size_t used = strlen(play->seen);
    if (used > 0 && used + 1 < WS_SEEN_SIZE)
        play->seen[used++] = ' ';
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(play->seen + used, WS_SEEN_SIZE - used, format, arguments);
    va_end(arguments);
}

// True where it is the last thing that matters.
static bool note_pong(struct play *play, struct bytes payload) {
    if (bytes_equal(payload, bytes_of_text(LAST_WORDS)) && play->refused)
        return false; // its Close comes behind
    if (bytes_equal(payload, bytes_of_text(LAST_WORDS))) {
        note(play, "open");
        return true;
    }
    for (size_t i = 0; i < play->pings_count; i++)
        if (bytes_equal(payload, bytes_of(play->pings[i].data, play->pings[i].size))) {
            play->pings[i].size = SIZE_MAX; // once
            note(play, "P%u", (unsigned)i + 1);
            return false;
        }
    note(play, "P?");
    return false;
}

static Rond__V1__Frame__KindCase note_message(struct play *play, struct bytes payload) {
    Rond__V1__Frame *frame;
    struct fault fault;
    arena_reset(&play->handset->arena);
    assert_ok(codec_frame_decode(&play->handset->arena, payload, &frame, &fault));
    if (frame->kind_case == ROND__V1__FRAME__KIND_WELCOME)
        note(play, "W");
    play->refused = play->refused || frame->kind_case == ROND__V1__FRAME__KIND_REFUSAL;
    if (frame->kind_case == ROND__V1__FRAME__KIND_REFUSAL)
        note(play, "R%u", frame->refusal->code);
    return frame->kind_case;
}

// One message. Answers its kind where it is a frame of ours.
static Rond__V1__Frame__KindCase hear_one(struct play *play) {
    struct buffer payload;
    Rond__V1__Frame__KindCase kind = ROND__V1__FRAME__KIND__NOT_SET;
    buffer_init(&payload, FRAME_BYTES_MAX);
    int opcode = ws_read(&play->handset->client, WAIT_MS, &payload);
    play->ended = opcode < 0 || opcode == WS_CLOSE;
    if (opcode == WS_BINARY)
        kind = note_message(play, buffer_bytes(&payload));
    if (opcode == WS_PONG)
        play->ended = note_pong(play, buffer_bytes(&payload));
    if (opcode == WS_CLOSE)
        note(play, "C%u", (unsigned)play->handset->client.close_code);
    if (opcode < 0)
        note(play, "%s", opcode == -1 ? "E" : "silent");
    buffer_deinit(&payload);
    return kind;
}

// Until the end, or a Welcome where that is what is waited for.
static void read_on(struct play *play, bool until_welcome) {
    while (!play->ended)
        if (hear_one(play) == ROND__V1__FRAME__KIND_WELCOME && until_welcome)
            break;
}

static bool has_come(const struct play *play) {
    struct pollfd wait = {.fd = play->handset->client.socket, .events = POLLIN};
    return SSL_pending(play->handset->client.ssl) > 0 || poll(&wait, 1, 0) > 0;
}

// --- Sending ---

static void send_waiting(struct play *play) {
    if (play->waiting.size > 0)
        (void)ws_write(&play->handset->client, buffer_bytes(&play->waiting));
    buffer_clear(&play->waiting);
}

// Whoever sends much listens in between, as any client would: what is refused at its beginning need not be sent to its end.
static void send_bytes(struct play *play, struct bytes bytes) {
    if (play->chop == 0) {
        append(&play->waiting, bytes.data, bytes.size);
        return;
    }
    size_t piece = play->chop < 0 ? MUCH_BYTES : (size_t)play->chop;
    for (size_t at = 0; at < bytes.size && !play->ended; at += piece) {
        size_t size = bytes.size - at < piece ? bytes.size - at : piece;
        play->sent += size;
        if (!ws_write(&play->handset->client, bytes_of(bytes.data + at, size)))
            return; // gone; what came tells why
        while (play->sent > MUCH_BYTES && !play->ended && has_come(play))
            (void)hear_one(play);
    }
}

// --- Frames ---

struct frame {
    int opcode;
    bool is_last, is_masked, mask_is_zero;
    unsigned reserved;
    unsigned length_bytes; // 0: as few as will do
    bool announces;
    uint64_t announced;
};

static size_t make_head(const struct frame *frame, size_t payload, uint8_t head[14]) {
    uint64_t size = frame->announces ? frame->announced : payload;
    unsigned length_bytes = frame->length_bytes ? frame->length_bytes : size < 126 ? 0 : size < 65536 ? 2 : 8;
    head[0] = (uint8_t)((frame->is_last ? WS_FINAL : 0) | frame->reserved << 4 | (unsigned)frame->opcode);
    head[1] = (uint8_t)((frame->is_masked ? 0x80 : 0) | (length_bytes == 0 ? size : length_bytes == 2 ? 126 : 127));
    for (unsigned i = 0; i < length_bytes; i++)
        head[2 + i] = (uint8_t)(size >> 8 * (length_bytes - 1 - i));
    return 2 + length_bytes;
}

static void send_frame(struct play *play, const struct frame *frame) {
    static const uint8_t KEY[] = {0x37, 0xfa, 0x21, 0x3d};
    uint8_t head[14];
    size_t at = make_head(frame, play->payload.size, head);
    struct buffer bytes;
    buffer_init(&bytes, SCRIPT_BYTES_MAX);
    append(&bytes, head, at);
    if (frame->is_masked)
        append(&bytes, frame->mask_is_zero ? (const uint8_t *)"\0\0\0\0" : KEY, 4);
    size_t start = bytes.size;
    append(&bytes, play->payload.data, play->payload.size);
    for (size_t i = start; frame->is_masked && !frame->mask_is_zero && i < bytes.size; i++)
        bytes.data[i] ^= KEY[(i - start) % 4];
    send_bytes(play, buffer_bytes(&bytes));
    buffer_deinit(&bytes);
}

static void note_ping(struct play *play) {
    assert_true(play->pings_count < PINGS_MAX);
    struct ping *ping = &play->pings[play->pings_count++];
    ping->size = play->payload.size < sizeof ping->data ? play->payload.size : sizeof ping->data;
    memcpy(ping->data, play->payload.data ? play->payload.data : (const uint8_t *)"", ping->size);
}

// --- The language ---

static int opcode_of(const char **at) {
    static const char NAMES[] = "ctbxporh";
    static const int OPCODES[] = {WS_CONTINUATION, WS_TEXT, WS_BINARY, WS_CLOSE, WS_PING, WS_PONG, WS_BINARY, WS_BINARY};
    if (**at == '#')
        return (int)strtol(*at + 1, (char **)(uintptr_t)at, 10);
    const char *found = strchr(NAMES, **at);
    if (!found || !**at)
        fail_msg("not understood: %s", *at);
    (*at)++;
    return OPCODES[found - NAMES];
}

static void take_flags(const char **at, struct frame *frame) {
    for (;; (*at)++) {
        switch (**at) {
        case '+':
            frame->is_last = false;
            break;
        case '~':
            frame->is_masked = false;
            break;
        case '&':
            frame->mask_is_zero = true;
            break;
        case '^':
            frame->reserved = (unsigned)(*++*at - '0');
            break;
        case '>':
            frame->length_bytes = (unsigned)(*++*at - '0');
            break;
        case '!':
            frame->announces = true;
            frame->announced = strtoull(*at + 1, (char **)(uintptr_t)at, 10);
            (*at)--;
            break;
        default:
            return;
        }
    }
}

static void take_hex(const char **at, struct buffer *to) {
    while (isxdigit((unsigned char)(*at)[0]) && isxdigit((unsigned char)(*at)[1])) {
        const char digits[] = {(*at)[0], (*at)[1], '\0'};
        uint8_t byte = (uint8_t)strtoul(digits, NULL, 16);
        append(to, &byte, 1);
        *at += 2;
    }
}

// Of the message under way, or of a new one that is just so large.
static void take_of_message(struct play *play, size_t size, bool may_begin) {
    if (may_begin && play->message_at == play->message.size) {
        play->message_at = 0;
        if (!ws_script_hello(play->handset, size, &play->message)) {
            buffer_clear(&play->message);
            append_filler(&play->message, size, 0xff);
        }
    }
    bool takes = play->message_at + size <= play->message.size;
    if (takes)
        append(&play->payload, play->message.data + play->message_at, size);
    else
        append_filler(&play->payload, size, FILLER);
    play->message_at += takes ? size : 0;
}

static void take_number(struct play *play, char name, size_t number) {
    switch (name) {
    case 'x':
        append(&play->payload, (uint8_t[]){(uint8_t)(number >> 8), (uint8_t)number}, 2);
        break;
    case 'b':
    case 'c':
        take_of_message(play, number, name == 'b');
        break;
    case 'r': // an empty Received, and a field that nobody knows
        append(&play->payload, "\x5a\x00", 2);
        append_padding(&play->payload, number - 2);
        break;
    default:
        append_filler(&play->payload, number, FILLER);
    }
}

static void take_payload(struct play *play, char name, const char **at) {
    while (**at > ' ') {
        if (**at == '\'') {
            size_t size = strcspn(*at + 1, "'");
            append(&play->payload, *at + 1, size);
            *at += size + 2;
        } else if (**at == '=') {
            ++*at;
            take_hex(at, &play->payload);
        } else if (**at == '*') {
            append_filler(&play->payload, (size_t)strtoul(*at + 1, (char **)(uintptr_t)at, 10), FILLER);
        } else if (**at >= '0' && **at <= '9') {
            take_number(play, name, (size_t)strtoul(*at, (char **)(uintptr_t)at, 10));
        } else if (**at == ':') {
            ++*at;
        } else {
            fail_msg("not understood: %s", *at);
        }
    }
}

static void take_frame(struct play *play, const char **at) {
    struct frame frame = {.is_last = true, .is_masked = true};
    char name = **at;
    frame.opcode = opcode_of(at);
    take_flags(at, &frame);
    buffer_clear(&play->payload);
    take_payload(play, name, at);
    if (name == 'p')
        note_ping(play);
    if (name == 'h') {
        struct buffer hello;
        buffer_init(&hello, SCRIPT_BYTES_MAX);
        make_hello(play->handset, buffer_bytes(&play->payload), &hello);
        buffer_clear(&play->payload);
        append(&play->payload, hello.data, hello.size);
        buffer_deinit(&hello);
    }
    play->asks_at_the_end = play->asks_at_the_end && name != 'x';
    send_frame(play, &frame);
}

// --- Playing ---

static void pause_ms(unsigned long ms) {
    const struct timespec wait = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&wait, NULL);
}

static void take_token(struct play *play, const char **at) {
    char **end = (char **)(uintptr_t)at;
    switch (**at) {
    case 'm':
        if (!ws_script_hello(play->handset, (size_t)strtoul(*at + 2, end, 10), &play->message))
            fail_msg("a Hello is larger than that: %s", *at);
        play->message_at = 0;
        break;
    case '=':
        ++*at;
        buffer_clear(&play->payload);
        take_hex(at, &play->payload);
        send_bytes(play, buffer_bytes(&play->payload));
        break;
    case '/':
        send_waiting(play);
        play->chop = strtol(*at + 1, end, 10);
        break;
    case '@':
        pause_ms(strtoul(*at + 1, end, 10));
        break;
    case 'w':
        ++*at;
        send_waiting(play);
        read_on(play, true);
        break;
    case '.':
        ++*at;
        play->asks_at_the_end = false;
        break;
    default:
        take_frame(play, at);
    }
}

static void take_tokens(struct play *play, const char *script) {
    for (const char *at = script; *at; at += strspn(at, " ")) {
        char *inner;
        size_t times = (size_t)strtoul(at, &inner, 10);
        if (inner == at) {
            take_token(play, &at);
            continue;
        }
        char repeated[256] = {0};
        size_t size = strcspn(inner + 1, ")");
        assert_true(*inner == '(' && size < sizeof repeated);
        memcpy(repeated, inner + 1, size);
        for (size_t i = 0; i < times; i++)
            take_tokens(play, repeated);
        at = inner + size + 2;
    }
}

static void ask_at_the_end(struct play *play) {
    const struct frame ping = {.opcode = WS_PING, .is_last = true, .is_masked = true};
    buffer_clear(&play->payload);
    append(&play->payload, LAST_WORDS, strlen(LAST_WORDS));
    send_frame(play, &ping);
}

void ws_script_play(struct handset *handset, const char *script, char ret_seen[WS_SEEN_SIZE]) {
    struct play *play = calloc(1, sizeof *play);
    assert_non_null(play);
    *play = (struct play){.handset = handset, .chop = -1, .asks_at_the_end = true, .seen = ret_seen};
    buffer_init(&play->message, SCRIPT_BYTES_MAX);
    buffer_init(&play->waiting, SCRIPT_BYTES_MAX);
    buffer_init(&play->payload, SCRIPT_BYTES_MAX);
    ret_seen[0] = '\0';
    take_tokens(play, script);
    if (play->asks_at_the_end)
        ask_at_the_end(play);
    send_waiting(play);
    read_on(play, false);
    buffer_deinit(&play->message);
    buffer_deinit(&play->waiting);
    buffer_deinit(&play->payload);
    free(play);
}
