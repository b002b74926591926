// What a person may ask of the server, by the control socket now and by pages later: one JSON object a line, answered by
// JSON objects, one a line. A change becomes a submission and takes the one way into the store; a question becomes a job
// that a reader thread answers from a read-only store. rondctl uses the same functions on its own store while no server
// holds the data directory.
//
//   admin_prepare ─┬─ ADMIN_COMMAND   submission ─> group commit ─> committer ─> admin_answer
//                  ├─ ADMIN_READ      job ─> reader thread: admin_read
//                  └─ ADMIN_INVALID   nothing to do but admin_refuse
//
// Every answer ends with one line {"ok":true,...} or {"ok":false,"code":N,"field":"...","error":"sentence",
// "error_sv":"mening"}; lines before it are rows.
#ifndef ADMIN_COMMAND_H
#define ADMIN_COMMAND_H

#include "base/clock.h"
#include "base/rng.h"
#include "ingest/submission.h"
#include "promise/catalogue.h"

struct ca;
struct json_t;
struct admin_job;
struct endpoint;

// A part of a list: where the one before ended ("next" of its last line; 0: from the first), and how many rows at most.
struct admin_page {
    uint64_t after;
    size_t limit; // 0: all of them
};

// Who asks and what. Borrowed for the call.
struct admin_request {
    const char *login; // who logged in, and through which endpoint (auth/endpoints.h) it was asked: what that
    const struct endpoint
        *endpoint;          // person may not is left out or refused (admin/right.h); NULL both: by the control socket
    struct admin_page page; // of a question
    uint32_t uid;           // of the peer, as the kernel says
    int32_t pid;
    bool by_server;           // what the server does by itself; uid and pid are not looked at
    struct bytes json;        // one object, without the newline; at most CONTROL_REQUEST_BYTES_MAX; not validated
    struct json_t *arguments; // the same, parsed already, in place of json; NULL: json is parsed
    size_t size;              // of what the arguments were parsed from
};

// What a request is made ready against. Borrowed for the call: what is needed later is copied or referenced.
struct admin_context {
    const struct catalogue *catalogue;
    struct ca *ca;
    const char *enrolment_url; // "https://HOST:PORT", goes into enrolment codes
    unsigned code_minutes;     // [enrolment] of the configuration, 0: CODE_MINUTES
    unsigned code_tries;       // 0: CODE_TRIES_MAX
    bool wants_approval;       // of a second person for each enrolment
    unsigned approval_hours;   // 0: APPROVAL_HOURS
    int64_t session_idle_ms;   // a session of a person has ended that was not seen for so long, or began so long ago;
    int64_t session_age_ms;    // 0: that is not looked at
    const char *directory;     // the data directory: the key that signs follow-ups is there
    const struct clock *clock;
    const struct rng *rng;
};

enum admin_route { ADMIN_INVALID, ADMIN_COMMAND, ADMIN_READ };

struct admin_work {
    enum admin_route route;
    struct submission *submission; // COMMAND: the caller's now, `command` set and `done` free for the caller
    struct admin_job *job; // READ: the caller's now; COMMAND: NULL, or the caller's: once the command is committed it
                           // is answered with admin_read in place of admin_answer
    enum rond_err err;     // INVALID: why; fault says it for a person
    struct fault fault;
};

// Where an answer goes. Any error it returns ends the answer (the asker is gone).
struct admin_out {
    enum rond_err (*write)(void *context, struct bytes bytes);
    void *context;
};

// Parses and validates; touches no store. Never fails otherwise than by ADMIN_INVALID.
void admin_prepare(const struct admin_request *request, const struct admin_context *context, struct admin_work *ret_work);

// Every command that there is, by its place in the table; NULL after the last.
const char *admin_command_name(size_t index);

// Answers a command that came back from the committer, from its result.
MUST_CHECK enum rond_err admin_answer(const struct submission *submission, const struct admin_out *out);
// Tells whoever waits for a long command how far it has come, in a row before its answer:
//   {"progress": {"rows": 1234000, "of": 10000000}}
MUST_CHECK enum rond_err admin_progress(const struct submission *submission, const struct admin_out *out);
// Answers a question, many lines where asked for. Any thread, with a read-only store of its own.
MUST_CHECK enum rond_err admin_read(struct admin_job *job, struct store *read_only, const struct catalogue *catalogue,
                                    const struct admin_out *out);
// True where a question that a change goes before is answered by the control socket although the change could not be
// written: from a store that is full, read-only or damaged everything can still be taken out, and that it could not be noted
// is logged.
bool admin_reads_unnoted(const struct admin_job *job, enum rond_err err);
void admin_job_destroy(struct admin_job *job); // NULL is fine
// The last line for what could not be done.
MUST_CHECK enum rond_err admin_refuse(enum rond_err err, const struct fault *fault, const struct admin_out *out);

#endif
