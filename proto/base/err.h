// What a call answers. The same block stands in rond.h, the only public header; a test holds them together.
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

#ifndef ROND_ERR_DEFINED
#define ROND_ERR_DEFINED
// Each value names what the caller should do. Values are stable.
enum rond_err {
    ROND_OK = 0,
    ROND_EAGAIN = 1,     // not now: wait for the deadline or the event, then call again
    ROND_EINVALID = 2,   // the argument or the input is wrong: mend it; the fault names the field
    ROND_ECONFLICT = 3,  // it contradicts what is there: read the state anew
    ROND_EAUTH = 4,      // not enrolled, revoked or refused: a person must act
    ROND_EFULL = 5,      // a bound or the disk is full: nothing was written; make room
    ROND_EIO = 6,        // the storage or the network failed: nothing may be assumed; try again
    ROND_ENOMEM = 7,     // no memory: nothing was changed
    ROND_ECORRUPT = 8,   // stored data cannot be read: report it; the rest goes on
    ROND_EPROTOCOL = 9,  // the peer broke the protocol: the connection ends
    ROND_ENOTFOUND = 10, // there is no such thing
};
#endif

#define MUST_CHECK __attribute__((warn_unused_result))

enum { FAULT_TEXT_SIZE = 256, FAULT_FIELD_SIZE = 96 };

// Says what was wrong, for a person. Filled only on failure; the caller's memory.
struct fault {
    unsigned code;                 // stable code of docs/protocol.md, or 0
    char field[FAULT_FIELD_SIZE];  // path of the field, "walk.findings[2].due"; empty if none
    char text[FAULT_TEXT_SIZE];    // one sentence that says what to do
    char text_sv[FAULT_TEXT_SIZE]; // the same in Swedish; empty where only an operator or a program reads it
};

// "again", "invalid", ...; never NULL. Part of rond.h too, hence visible.
__attribute__((visibility("default"))) const char *rond_err_name(enum rond_err err);
// True where the same call may succeed later without anybody's doing.
bool err_is_retryable(enum rond_err err);
// Fills fault (may be NULL) and returns err, so that a check is one line.
enum rond_err fault_set(struct fault *fault, enum rond_err err, unsigned code, const char *field, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
// The same in both languages, which take the same arguments.
enum rond_err fault_both(struct fault *fault, enum rond_err err, unsigned code, const char *field, const char *english,
                         const char *swedish, ...) __attribute__((format(printf, 5, 7), format(printf, 6, 7)));
// Adds the Swedish half to what fault_set has said, where the two take different arguments.
enum rond_err fault_in_swedish(struct fault *fault, enum rond_err err, const char *swedish, ...)
    __attribute__((format(printf, 3, 4)));

#endif
