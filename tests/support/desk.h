// A person who asks and decides, over the store of Lund: requests go the way of the server and of rondctl.
#ifndef TESTS_SUPPORT_DESK_H
#define TESTS_SUPPORT_DESK_H

#include "support/lund.h"
#include "support/rows.h"

struct desk {
    struct lund lund;
    struct buffer answer;
    struct kept_rows rows; // of the last answer
    json_t *last;          // its last line
    bool by_server; // commands are the server's own from now on
    bool no_news;   // what the last command that changes something came to
};

void desk_open(struct desk *desk); // over a memory store
void desk_close(struct desk *desk);
// Asks, by a request as jansson packs it, taken. Answers the last line, borrowed until the next.
const json_t *desk_ask(struct desk *desk, json_t *take_request);
// The same, which must be done; or refused with that error, about that field, in a sentence.
const json_t *desk_do(struct desk *desk, json_t *take_request);
void desk_refused(struct desk *desk, json_t *take_request, enum rond_err err, const char *field);
// A report of one of Lund's devices, its short reference in the arena.
const char *desk_report(struct desk *desk, unsigned device, const Rond__V1__Report *report);
// What a commitment's figure is now: the count over all periods.
int64_t desk_count(struct desk *desk, const char *path);

#endif
