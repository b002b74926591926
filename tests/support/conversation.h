// Conversations of earlier versions' programs, kept under tests/fixtures/versions/*/conversation: every frame that went
// either way, and both ends as they were before (tests/fixtures/keep-conversation.sh). Whatever cannot be read ends the
// test.
#ifndef SUPPORT_CONVERSATION_H
#define SUPPORT_CONVERSATION_H

#include "base/arena.h"
#include "rond/v1/sync.pb-c.h"

enum { CONVERSATION_FRAMES_MAX = 64 };

struct spoken {
    bool by_device;
    struct bytes bytes;
    Rond__V1__Frame *frame;
};

struct conversation {
    char folder[200];
    char version[32];
    struct arena arena;
    struct spoken spoken[CONVERSATION_FRAMES_MAX];
    size_t count;
};

// Calls `play` with each of them; fails where there are fewer than two.
void conversations_play(void (*play)(const struct conversation *conversation));
// The last Verdicts that the server said; and in all, how many exceptions.
const Rond__V1__Verdicts *conversation_verdicts(const struct conversation *conversation, size_t *ret_exceptions);
// Copies conversation/NAME to a fresh folder, with the modes that its owner would have. ret_folder: at least 64 bytes.
void conversation_copy(const struct conversation *conversation, const char *name, char *ret_folder, size_t size);

#endif
