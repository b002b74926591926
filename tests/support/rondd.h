// A rondd that runs, for integration tests: the real program as a child process on a data directory of its own, with the
// reference data and devices of support/lund.h, real sockets and real TLS; and handsets that speak to it frame by frame.
// Everything aborts the test where it fails.
#ifndef SUPPORT_RONDD_H
#define SUPPORT_RONDD_H

#include <sys/types.h>

#include "auth/ca.h"
#include "rond/v1/sync.pb-c.h"
#include "support/lund.h"
#include "support/ws_client.h"
#include "wire/codec.h"

struct rondd {
    struct lund lund;      // its store is closed while the server may run
    struct ca *ca;
    char config_path[128];
    pid_t pid;             // 0: not running
    int devices_port, enrolment_port, operations_port;
    char log_path[160];    // where its log is appended from the next start on; "": to the test's own standard error
};

// `limits`: lines for the [limits] section, or "". The program is ../../rondd beside the test program.
void rondd_start(struct rondd *rondd, const char *test_program, const char *limits);
// On a copy of the data directory of another version (store, ca.key, ca.crt); takes the folder over.
void rondd_start_kept(struct rondd *rondd, const char *test_program, const char *take_directory);
void rondd_start_again(struct rondd *rondd);
// The two halves of it: begins the program, and waits until it has written its ports and is ready.
void rondd_spawn(struct rondd *rondd);
void rondd_await(struct rondd *rondd);
// Sends the signal and waits: the exit code, or 128 + the signal that ended it.
int rondd_stop(struct rondd *rondd, int signal_number);
// The running server's counters add up. Each stop holds the store's against each other as well.
void rondd_check_counters(const struct rondd *rondd);
// Stops it if it runs, which must end in order and with counters that add up, and removes everything.
void rondd_end(struct rondd *rondd);
// Runs the program with these arguments and waits; its exit code. Standard error in ret_text (may be NULL).
int rondd_run(struct rondd *rondd, const char *const *arguments, struct buffer *ret_text);

// One GET on the operations port: status, body in ret_body.
int rondd_get(const struct rondd *rondd, const char *path, struct buffer *ret_body);
// A figure of /metrics by its name with labels; 0 where it is not there.
double rondd_metric(const struct rondd *rondd, const char *name);
// One request on the control socket: the last line of the answer.
void rondd_control(const struct rondd *rondd, const char *json, struct buffer *ret_line);
void rondd_revoke(const struct rondd *rondd, unsigned device, const char *how);

// A device of support/lund.h with one outbox, as its own state machine in the test.
struct handset {
    struct rondd *rondd;
    unsigned number;
    struct arena arena;
    struct id128 device, outbox;
    struct hash256 seed;
    struct chain chain;     // of what was sent
    struct buffer certificate;
    struct ws_client client;
    bool connected;
};
void handset_init(struct handset *handset, struct rondd *rondd, unsigned number);
void handset_deinit(struct handset *handset);
struct ws_options handset_options(const struct handset *handset);
bool handset_connect(struct handset *handset);
void handset_disconnect(struct handset *handset);
void handset_send_frame(struct handset *handset, const Rond__V1__Frame *frame);
void handset_hello(struct handset *handset, uint32_t protocol);
// The next `count` reports of the outbox as one batch.
void handset_batch(struct handset *handset, unsigned count);
// The next frame of any kind; NULL where the connection ended or nothing came in time. In the arena.
const Rond__V1__Frame *handset_next(struct handset *handset);
// The same with these reports; each one's bytes are sent as they are.
void handset_records(struct handset *handset, const struct record *records, unsigned count);
// The next frame of this kind, others are passed over; NULL where the connection ended or nothing came in time. In the arena.
const Rond__V1__Frame *handset_expect(struct handset *handset, Rond__V1__Frame__KindCase kind);
// Reads on until Verdicts acknowledge what was sent.
bool handset_acknowledged(struct handset *handset);

#endif
