// The signer: a process of its own that alone has the CA's key and that of receipts. The server's process, which talks to the
// whole network, asks it over a socket and gets certificates, secrets of rescue files and receipts, never a key.
//
//   server: ca (ca_open_kept) ─ signer_keeper ─> signer ═ socket pair ═> signer_serve(ca with the key) : signer process
//           committer ────── signer_receipt ──────┘
//
// The signer trusts nothing that it is asked: a device's certificate has one template and at most so many days, from the
// signer's own clock; a listener's has the names that the configuration had at the start; each kind has a rate. What it
// signs it logs, receipts by their number, once a minute. Whoever takes over the server's process can ask as much, at that
// rate, in the log, for as long as it has it.
//
// One question, one answer, one at a time; messages of a SOCK_SEQPACKET pair, of a form that both have from one program.
#ifndef AUTH_SIGNER_H
#define AUTH_SIGNER_H

#include <pthread.h>

#include "auth/ca.h"
#include "auth/receipt_signer.h"
#include "base/clock.h"

enum {
    SIGNER_DEVICES_BURST = 2000, // certificates for devices at once,
    SIGNER_DEVICES_PER_S = 20,   // and so many a second after that
    SIGNER_SERVERS_BURST = 10,
    SIGNER_SERVERS_PER_DAY = 10,
    SIGNER_RESCUES_BURST = 100,
    SIGNER_RESCUES_PER_MINUTE = 60,
    SIGNER_RECEIPTS_BURST = 10 * 1000,
    SIGNER_RECEIPTS_PER_S = 2000,
    SIGNER_ANSWER_MS_MAX = 2000, // a signer that takes longer counts as gone
};

// --- The side of the server ---

struct signer {
    pthread_mutex_t mutex;
    int socket;      // -1: gone
    uint64_t number; // of the last question
};
// Takes the socket; signer_give_up closes it.
void signer_init(struct signer *signer, int take_socket);
// Whom ca_open_kept asks; any thread. ROND_EAGAIN: the signer is gone, or was asked too much.
struct ca_keeper signer_keeper(struct signer *signer);
// A receipt's signature, as ingest/receipts.h wants it; context: the signer. The same.
MUST_CHECK enum rond_err signer_receipt(void *context, const struct receipt *receipt, struct signature *ret_signature);
// False from the moment on that a question found it gone; it does not come back.
bool signer_is_there(struct signer *signer);
void signer_give_up(struct signer *signer); // it has ended

// --- The side that has the key ---

struct signer_config {
    const struct ca *ca;
    const struct receipt_signer *receipts; // NULL: none are signed
    const char *const *names; // of the listeners
    size_t names_count;
    int device_days_max, server_days;
    const struct clock *clock;
    const struct rng *rng;
};
// Answers until the other end is closed.
void signer_serve(const struct signer_config *config, int socket);

#endif
