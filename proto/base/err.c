#include "base/err.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

const char *rond_err_name(enum rond_err err) {
    switch (err) {
    case ROND_OK:
        return "ok";
    case ROND_EAGAIN:
        return "again";
    case ROND_EINVALID:
        return "invalid";
    case ROND_ECONFLICT:
        return "conflict";
    case ROND_EAUTH:
        return "auth";
    case ROND_EFULL:
        return "full";
    case ROND_EIO:
        return "io";
    case ROND_ENOMEM:
        return "no memory";
    case ROND_ECORRUPT:
        return "corrupt";
    case ROND_EPROTOCOL:
        return "protocol";
    case ROND_ENOTFOUND:
        return "not found";
    }
    return "unknown";
}

bool err_is_retryable(enum rond_err err) {
    return err == ROND_EAGAIN || err == ROND_EIO || err == ROND_ENOMEM;
}

static void begin(struct fault *fault, unsigned code, const char *field) {
    fault->code = code;
    fault->text_sv[0] = '\0';
    snprintf(fault->field, sizeof fault->field, "%s", field == NULL ? "" : field);
}

static size_t sequence_size(unsigned char lead) {
    return lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

// A bound on a word, or on the whole text, may fall into a character of UTF-8; what is left of it no JSON could hold.
static void drop_cut_characters(char *text) {
    char *to = text;
    while (*text != '\0') {
        size_t size = sequence_size((unsigned char)*text), there = 1;
        while (there < size && ((unsigned char)text[there] & 0xc0) == 0x80)
            there++;
        for (size_t i = 0; i < there; i++, text++)
            if (there == size)
                *to++ = *text;
    }
    *to = '\0';
}

__attribute__((format(printf, 2, 0))) static void say(char text[FAULT_TEXT_SIZE], const char *format, va_list arguments) {
    vsnprintf(text, FAULT_TEXT_SIZE, format, arguments);
    drop_cut_characters(text);
}

enum rond_err fault_set(struct fault *fault, enum rond_err err, unsigned code, const char *field, const char *format, ...) {
    if (fault == NULL)
        return err;
    begin(fault, code, field);
    va_list arguments;
    va_start(arguments, format);
    say(fault->text, format, arguments);
    va_end(arguments);
    return err;
}

enum rond_err fault_both(struct fault *fault, enum rond_err err, unsigned code, const char *field, const char *english,
                         const char *swedish, ...) {
    if (fault == NULL)
        return err;
    begin(fault, code, field);
    va_list arguments, again;
    va_start(arguments, swedish);
    va_copy(again, arguments);
    say(fault->text, english, arguments);
    say(fault->text_sv, swedish, again);
    va_end(again);
    va_end(arguments);
    return err;
}

enum rond_err fault_in_swedish(struct fault *fault, enum rond_err err, const char *swedish, ...) {
    if (fault == NULL)
        return err;
    va_list arguments;
    va_start(arguments, swedish);
    say(fault->text_sv, swedish, arguments);
    va_end(arguments);
    return err;
}
