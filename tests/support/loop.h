// A libuv loop on the test's own thread: turned until something has come about. And plain sockets that never wait.
#ifndef TESTS_SUPPORT_LOOP_H
#define TESTS_SUPPORT_LOOP_H

#include <uv.h>

#include "support/test.h"

enum { LOOP_WAIT_MS = 10 * 1000 };

// Turns the loop until the condition holds; fails the test where that does not come about in LOOP_WAIT_MS.
#define loop_until(loop, condition)                                                                                         \
    do {                                                                                                                    \
        uint64_t until_ms_ = uv_hrtime() / 1000000 + LOOP_WAIT_MS;                                                          \
        while (!(condition)) {                                                                                              \
            if (uv_hrtime() / 1000000 > until_ms_)                                                                          \
                fail_msg("waited in vain for: %s", #condition);                                                             \
            loop_turn(loop);                                                                                                \
        }                                                                                                                   \
    } while (0)
// Once, waiting a few milliseconds where nothing is to be done.
void loop_turn(uv_loop_t *loop);
// A while, for what should not come about.
void loop_turn_for(uv_loop_t *loop, unsigned ms);
// Runs what closes, and closes the loop; nothing may be left open.
void loop_end(uv_loop_t *loop);

// Connected, or the test fails.
int connect_unix(const char *path);
int connect_loopback(uint16_t port);
void send_text(int descriptor, const char *text);
// Reads what has come: false once the other end has closed. `room` stays a text, `*used` of room_size filled.
bool take_text(int descriptor, char *room, size_t room_size, size_t *used);

#endif
