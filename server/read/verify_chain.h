// Chains, signatures and places of all reports. See verify.h.
#ifndef READ_VERIFY_CHAIN_H
#define READ_VERIFY_CHAIN_H

#include "read/findings.h"

MUST_CHECK enum rond_err verify_chains(struct store *store, struct findings *findings);

// Heads of one outbox that somebody else knows, by seq, held against the chain as it is made again.
struct known_head {
    uint64_t seq;
    struct hash256 head;
};
struct chain_watch {
    const struct known_head *heads;
    size_t count;
    size_t next;          // not met yet
    uint64_t equal_seq;   // the last that was met and is the same
    uint64_t differs_seq; // the first that was met and is another; 0: none
    uint64_t end_seq;     // where the chain ends
};
// As verify_chains, of this outbox alone.
MUST_CHECK enum rond_err verify_chain_watched(struct store *store, struct findings *findings,
                                              const struct outbox_row *outbox, struct chain_watch *watch);

#endif
