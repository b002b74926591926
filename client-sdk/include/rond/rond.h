/* librond: reports from a handheld that are safe once they are saved, and arrive once.
 *
 *   rond_open -> rond_enrol (once) -> rond_report ... -> rond_sync (whenever there is coverage) -> rond_status
 *
 * Ownership, for the whole interface: what you pass is borrowed for the call; what a call hands out through a pointer
 * named ret_... is yours and is freed with the function named beside it; text inside a handed-out object lives as long
 * as the object. Nothing is ever printed or logged.
 *
 * The process: the library keeps nothing in global variables, and leaves the app's signals as it finds them (SIGPIPE is
 * held back on the calling thread while a call uses the network). One thing it cannot leave alone: libwebsockets, which
 * it uses, has a single log level for the process. Whatever reaches for the network (rond_enrol, rond_enrol_resume,
 * rond_renew, rond_sync, rond_sync_start) sets it to silence; an app that uses libwebsockets too sets its own again after that.
 *
 * Threads: a `rond` belongs to one thread at a time; calls on the same object must not overlap. Different objects are
 * independent. The library starts no thread. What the app gives it to call must return: a C++ exception does not pass through
 * the library, and ends the process.
 *
 * Errors: every call that can fail answers an enum rond_err; its name says what to do. rond_err_retryable() tells
 * whether the same call may succeed later by itself; a refusal by the server that bears another try comes as ROND_EAGAIN,
 * any other as ROND_EAUTH, so nobody need know the codes. `fault` (may be NULL) is filled on failure: a stable code, the
 * field that is wrong, and a sentence for the person holding the device. Any call may also answer ROND_EIO (the device's
 * storage failed), ROND_ENOMEM, and where it reads, ROND_ECORRUPT (what is stored cannot be read); the comments below
 * name what else it may answer.
 *
 * struct_size is the size of the struct as the app was built with it. One smaller than the library's own is refused
 * (ROND_EINVALID): build the app with the header of this library. Of a larger one the library reads what it knows.
 *
 * Promises: rond_report() answers ROND_OK only after the report is on disk, sealed. A report that the server has
 * acknowledged is committed there. Nothing that was queued is dropped before that.
 *
 * Memory: what a report says is wiped as soon as it is sealed or its object is freed, and the outbox key lies in memory of its
 * own that no core dump holds. The library cannot wipe what the app passes in or copies out, nor decide for the process: an
 * app that holds reports sets RLIMIT_CORE to 0 and prctl(PR_SET_DUMPABLE, 0) at its start (what a sync compresses stays in
 * the compressor's memory until the thread ends), and wipes its own copies.
 *
 * Clean C99 and C++. */
#ifndef ROND_H
#define ROND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ROND_API __attribute__((visibility("default")))

#ifndef ROND_ERR_DEFINED
#define ROND_ERR_DEFINED
/* Each value names what the caller should do. Values are stable. */
enum rond_err {
    ROND_OK = 0,
    ROND_EAGAIN = 1,     /* not now: wait for the deadline or the event, then call again */
    ROND_EINVALID = 2,   /* the argument or the input is wrong: mend it; the fault names the field */
    ROND_ECONFLICT = 3,  /* it contradicts what is there: read the state anew */
    ROND_EAUTH = 4,      /* not enrolled, revoked or refused: a person must act */
    ROND_EFULL = 5,      /* a bound or the disk is full: nothing was written; make room */
    ROND_EIO = 6,        /* the storage or the network failed: nothing may be assumed; try again */
    ROND_ENOMEM = 7,     /* no memory: nothing was changed */
    ROND_ECORRUPT = 8,   /* stored data cannot be read: report it; the rest goes on */
    ROND_EPROTOCOL = 9,  /* the peer broke the protocol: the connection ends */
    ROND_ENOTFOUND = 10 /* there is no such thing */
};
#endif

typedef struct rond rond;

/* Sizes with the final NUL. */
enum { ROND_FAULT_TEXT_SIZE = 256, ROND_FAULT_FIELD_SIZE = 96, ROND_REFERENCE_SIZE = 24, ROND_IDENTITY_SIZE = 88 };

typedef struct rond_fault {
    unsigned code;                      /* docs/protocol.md; 0 where there is none */
    char field[ROND_FAULT_FIELD_SIZE];  /* "walk.findings[2].due"; empty where none */
    char text[ROND_FAULT_TEXT_SIZE];
} rond_fault;

ROND_API const char *rond_version(void);
ROND_API const char *rond_err_name(enum rond_err err);
ROND_API bool rond_err_retryable(enum rond_err err);

/* --- Keystore: where the device's keys live --- */

/* All callbacks run on the thread of the call that needs them. A locked keystore answers ROND_EAUTH, and the call that
 * needed it answers that too, changing nothing. */
typedef struct rond_keystore {
    void *context;
    /* The outbox key: the same 32 bytes every time; wraps the keys of the records. Asked for once at rond_open. */
    enum rond_err (*outbox_key)(void *context, uint8_t ret_key[32]);
    /* The device's P-256 key: SubjectPublicKeyInfo, DER. Made at first use. *inout_size: room, then size. */
    enum rond_err (*public_key)(void *context, uint8_t *ret_der, size_t *inout_size);
    /* ECDSA over a SHA-256 digest, r || s. For TLS, the certificate request and the batches. */
    enum rond_err (*sign_digest)(void *context, const uint8_t digest[32], uint8_t ret_signature[64]);
    void (*release)(void *context); /* at rond_close; may be NULL */
} rond_keystore;

/* A keystore of two files in a directory (mode 0700): for command lines and tests. *ret_keystore is copied by rond_open,
 * which calls release; call release yourself where rond_open was never reached. */
ROND_API enum rond_err rond_keystore_files(const char *directory, rond_keystore *ret_keystore, rond_fault *fault);

/* --- Opening --- */

typedef struct rond_config {
    size_t struct_size;              /* sizeof(rond_config) */
    const char *path;                /* the outbox file; created where missing */
    const rond_keystore *keystore;
    int acknowledged_keep_days;      /* 0: 30 */
    const char *client;              /* name and version of the app, for operations; may be NULL */
} rond_config;

/* Opens (and creates) the outbox. ROND_ECONFLICT: another process has it open. ROND_EAUTH: the keystore is locked, or
 * its key is not the one the file was made with. */
ROND_API enum rond_err rond_open(const rond_config *config, rond **ret_rond, rond_fault *fault);
/* Closes everything; queued reports and drafts stay. NULL is fine. */
ROND_API void rond_close(rond *r);

/* --- Enrolment --- */

/* Blocks at most deadline_ms. url: https://HOST:PORT. The code carries the fingerprint of the server's CA, which is checked
 * before anything is sent. device_name is what administrators see, at most 64 bytes of UTF-8; NULL: a device that is known
 * keeps its name, and a new one is called after its id. Enrolled once more under another device id, the device queues anew
 * what was not acknowledged.
 * ROND_EAUTH: code expired, used, unknown or for another server; the fault says which. ROND_EINVALID: url, code or
 * device_name is not of the right form; the fault's field says which. ROND_EAGAIN: no answer in time, or the server is busy.
 * ROND_EIO: the server cannot be reached. ROND_EPROTOCOL: its answer is not understood. ROND_ECONFLICT: a sync runs.
 * ROND_EAGAIN with ROND_CODE_APPROVAL_AWAITED: a second person has to approve the device. Show them its fingerprint (rond_fingerprint_get);
 * rond_enrol_resume goes on. A device that was enrolled before stays what it was meanwhile. */
enum { ROND_CODE_APPROVAL_AWAITED = 307 };
ROND_API enum rond_err rond_enrol(rond *r, const char *url, const char *code, const char *device_name, int deadline_ms,
                                  rond_fault *fault);
/* Asks again with what rond_enrol was given, now and then, also after the app was started anew; the code is kept sealed for it.
 * Answers as rond_enrol does. ROND_ENOTFOUND: nothing waits. After ROND_EAUTH with a code nothing waits any more. */
ROND_API enum rond_err rond_enrol_resume(rond *r, int deadline_ms, rond_fault *fault);
ROND_API enum rond_err rond_enrol_waits(rond *r, bool *ret_waits);
/* Renews the certificate where less than half its life is left (or always, with force); rond_sync does so by itself. Where
 * it is not due, ROND_OK at once. ROND_EAUTH: not enrolled, or refused; the fault says why. ROND_EAGAIN, ROND_EIO,
 * ROND_EPROTOCOL, ROND_ECONFLICT as for rond_enrol; the old certificate stays. */
ROND_API enum rond_err rond_renew(rond *r, bool force, int deadline_ms, rond_fault *fault);

typedef struct rond_enrolment {
    char device[33];                 /* hexadecimal */
    const char *organisation;
    const char *area;
    const char *const *roles;
    size_t roles_count;
    const char *const *servers;
    size_t servers_count;
    int64_t certificate_expires_ms;
} rond_enrolment;
/* The device's key as two people read it to each other, "7KQ2-MX08-3ZRT-9B4N": whoever issued the code sees the same one
 * (rondctl device list) where nobody stands between. Before enrolment, too. ROND_EAUTH: the keystore is locked. */
enum { ROND_FINGERPRINT_SIZE = 20 };
ROND_API enum rond_err rond_fingerprint_get(rond *r, char ret_fingerprint[ROND_FINGERPRINT_SIZE]);
/* ROND_ENOTFOUND before enrolment. */
ROND_API enum rond_err rond_enrolment_get(rond *r, rond_enrolment **ret_enrolment);
ROND_API void rond_enrolment_free(rond_enrolment *enrolment);

/* --- Reports --- */

enum rond_kind {
    ROND_CHECK = 1,
    ROND_CAMPAIGN_HANDOUT = 2,
    ROND_VISIBLE_PATROL = 3,
    ROND_SAFETY_WALK = 4,
    ROND_MEETING = 5,
    ROND_INVENTORY = 6,
    ROND_INITIATIVE = 7
};
enum rond_check_form { ROND_TARGETED = 1, ROND_COORDINATED = 2 };
enum rond_safety { ROND_SAFE = 1, ROND_UNSAFE = 2 };

typedef struct rond_item {
    const char *item; /* reference data "item" */
    uint32_t count;
} rond_item;
typedef struct rond_persons {
    const char *role;
    uint32_t persons;
} rond_persons;
typedef struct rond_finding {
    const char *id; /* within the report; NULL: numbered */
    const char *place;
    const char *place_text;
    enum rond_safety safety;
    const char *cause;
    const char *responsible;
    const char *promised_action;
    const char *due;               /* YYYY-MM-DD */
    const char *rewalk_reference;  /* short reference of the walk that first found the place: an own one, or one of an open
                                    * action (rond_actions_get) of any device; and */
    const char *rewalk_finding;    /* the finding's id in it; both NULL where it is a first look */
} rond_finding;
typedef struct rond_surveyed {
    const char *place;
    const char *text;
} rond_surveyed;

/* One report. Zero it, set struct_size and kind, fill what applies; NULL and 0 mean "not said". */
typedef struct rond_activity {
    size_t struct_size;            /* sizeof(rond_activity) */
    enum rond_kind kind;
    int64_t occurred_from_s;       /* Unix seconds; 0: now */
    int64_t occurred_to_s;         /* 0: as from */
    bool has_position;
    double latitude, longitude;    /* degrees, WGS 84 */
    uint32_t accuracy_m;
    const char *area;              /* NULL: the device's */
    const char *place;
    const char *commitment;        /* "PROMISE/COMMITMENT" */
    const char *const *organisations;
    size_t organisations_count;
    const char *activity;          /* shared reference of a joint activity: a planned one's id, or what was agreed on */
    const char *role;              /* NULL: the only role the device is enrolled for */
    const char *text;
    /* check */
    enum rond_check_form check_form;
    uint32_t checked, remarked, reported;
    /* check, inventory: what; initiative: its type */
    const char *of;
    /* campaign handout */
    const rond_item *items;
    size_t items_count;
    bool information_given;
    /* visible patrol */
    const rond_persons *persons;
    size_t persons_count;
    /* safety walk */
    const rond_finding *findings;
    size_t findings_count;
    /* meeting */
    const char *with;
    const char *subject;
    /* inventory */
    uint32_t surveyed_count;
    const rond_surveyed *surveyed;
    size_t surveyed_findings_count;
    /* initiative */
    uint64_t quantity;
    const char *unit;
    const char *outcome;
} rond_activity;

/* Checks without saving: ROND_EINVALID with the field and what to do. ROND_EAUTH: not enrolled. */
ROND_API enum rond_err rond_check_activity(rond *r, const rond_activity *activity, rond_fault *fault);
/* Saves the report durably and for good. ROND_EAUTH: not enrolled, or the keystore is locked. ROND_EINVALID: nothing saved,
 * the fault names the field. ROND_EFULL: disk or queue full, nothing saved. ret_reference (may be NULL): the short
 * reference to read out. */
ROND_API enum rond_err rond_report(rond *r, const rond_activity *activity, char ret_reference[ROND_REFERENCE_SIZE], rond_fault *fault);
/* A later report that stands in the place of an earlier one (any status). reference: the short reference of a report of this
 * device (ROND_ENOTFOUND: there is none), or the full identity of one of another device of the same organisation, as
 * rond_report_status.identity has it there ("DEVICE-OUTBOX-SEQ"): whether this device's role may correct that one is for
 * the server to say, and rond_status then tells. */
ROND_API enum rond_err rond_correct(rond *r, const char *reference, const rond_activity *activity,
                                    char ret_reference[ROND_REFERENCE_SIZE], rond_fault *fault);
ROND_API enum rond_err rond_withdraw(rond *r, const char *reference, const char *reason, char ret_reference[ROND_REFERENCE_SIZE],
                                     rond_fault *fault);

/* --- Personal data: reports point out no citizen --- */

/* What a free text seems to hold. A warning, never a refusal: rond_report() saves what it is given. Show it before you queue
 * (a report, a correction, a draft), and let the person decide; the server looks again, and flags what it finds. */
enum rond_personal_data {
    ROND_PERSONAL_NUMBER = 1,     /* a Swedish personal identity number */
    ROND_COORDINATION_NUMBER = 2, /* a coordination number */
    ROND_VEHICLE_PLATE = 4
};
typedef struct rond_warning {
    const char *field;       /* "text", "walk.findings[2].cause" */
    enum rond_personal_data kind;
    size_t start, length;    /* bytes of that text */
    const char *sentence_sv; /* for the person; neither says what was found */
    const char *sentence_en;
} rond_warning;
typedef struct rond_warnings {
    rond_warning *warnings;  /* in the order of the fields; the first 16 of each text */
    size_t count;            /* 0: nothing was found */
} rond_warnings;
/* Of all free texts of an activity, which may be incomplete; also before enrolment. ROND_EINVALID where it has no kind or
 * too many parts, as of rond_report. */
ROND_API enum rond_err rond_warnings_get(rond *r, const rond_activity *activity, rond_warnings **ret_warnings, rond_fault *fault);
/* Of one text: the reason of a withdrawal, the name of a device. `field` is repeated in the warnings. */
ROND_API enum rond_err rond_text_warnings_get(const char *field, const char *text, rond_warnings **ret_warnings);
ROND_API void rond_warnings_free(rond_warnings *warnings);

/* --- Before it is queued --- */

/* What one commitment would make of it, as far as is known here. */
typedef struct rond_preview_line {
    const char *commitment;  /* "PROMISE/COMMITMENT" */
    const char *title_sv;
    const char *title_en;
    bool counted;            /* it would count */
    bool waits;              /* it would as soon as others have reported what is still missing; the reason says what */
    const char *reason_sv;   /* where it would not, or waits; else "" */
    const char *reason_en;
    uint64_t done;           /* the server's figure */
    uint64_t target;         /* 0: none */
    uint64_t after;          /* the figure with own pending reports and this one, where after_known: the commitment counts */
    bool after_known;        /* activities, and not periods, windows or closed actions */
} rond_preview_line;
typedef struct rond_preview {
    rond_preview_line *lines; /* commitments of its area and kind, and the one that it names; those it counts toward first */
    size_t count;             /* 0: none asks for it */
} rond_preview;
/* Offline, before it is saved; nothing is changed. By the same rules as the server's. Of other devices' reports only the
 * unsafe places that are open (rond_actions_get) are known here; the rest, and what people decide, only the server knows.
 * Errors as of rond_check_activity. */
ROND_API enum rond_err rond_preview_get(rond *r, const rond_activity *activity, rond_preview **ret_preview, rond_fault *fault);
ROND_API void rond_preview_free(rond_preview *preview);

/* --- Drafts: saved at every change, there again after a crash --- */

/* *inout_draft 0 makes a new one; else all that the draft said before is replaced, and ROND_ENOTFOUND says that there is no
 * such draft. A draft may be incomplete; only its texts must be valid (ROND_EINVALID). ROND_EFULL: disk full, or 1,000
 * drafts; the draft is as it was. */
ROND_API enum rond_err rond_draft_save(rond *r, uint64_t *inout_draft, const rond_activity *activity, rond_fault *fault);
/* ROND_ENOTFOUND: no such draft. ROND_ECORRUPT: it cannot be read any more; the others can. */
ROND_API enum rond_err rond_draft_load(rond *r, uint64_t draft, rond_activity **ret_activity);
ROND_API void rond_activity_free(rond_activity *activity);
/* Oldest first; none: an array of none, to be freed too, with rond_free. */
ROND_API enum rond_err rond_draft_list(rond *r, uint64_t **ret_drafts, size_t *ret_count);
/* ROND_ENOTFOUND: no such draft. */
ROND_API enum rond_err rond_draft_discard(rond *r, uint64_t draft);
/* Turns it into a report, as rond_report; the draft is gone exactly when the report is saved. ROND_ENOTFOUND: no such
 * draft. */
ROND_API enum rond_err rond_draft_queue(rond *r, uint64_t draft, char ret_reference[ROND_REFERENCE_SIZE], rond_fault *fault);
ROND_API void rond_free(void *memory);

/* --- Syncing --- */

typedef struct rond_sync_result {
    uint64_t acknowledged;  /* reports acknowledged in this call */
    uint64_t waiting;       /* still unacknowledged */
    bool connected;         /* a connection stood at some time */
    int64_t retry_after_ms; /* from now, a good moment for the next try; 0: nothing is waiting */
} rond_sync_result;
/* One connectivity window: connects, sends, receives, until everything is through or the deadline. ROND_OK: all queued
 * reports are acknowledged, and unless the deadline came first, rond_status knows what became of them. ROND_EAGAIN: the
 * window was too short; what was acknowledged stays so. ROND_EIO: no server could be reached. ROND_EAUTH: not enrolled, or
 * refused; the fault says why. ROND_ECONFLICT: a sync runs already. ret_result (may be NULL) is filled in every case. */
ROND_API enum rond_err rond_sync(rond *r, int deadline_ms, rond_sync_result *ret_result, rond_fault *fault);

/* The same from the app's own loop; nothing here blocks. Start, step at once, then whenever the descriptor is ready for the
 * wanted events, or the timeout has come, step; at the end, stop. The descriptor is the same from start to stop, however
 * many connections are made behind it. */
typedef struct rond_wait {
    int descriptor;     /* poll for the events below; always there */
    short events;       /* POLLIN, or 0 after the end */
    int64_t timeout_ms; /* until the next step is wanted anyhow; -1: none */
} rond_wait;
/* ROND_EAUTH: not enrolled. ROND_ECONFLICT: one runs, or was not stopped after its end. */
ROND_API enum rond_err rond_sync_start(rond *r, rond_fault *fault);
/* ROND_EAGAIN: goes on; wait as told. Else the end, as of rond_sync; stepped again it answers the same. ROND_ECONFLICT:
 * none was started. ret_wait is required; ret_result may be NULL. */
ROND_API enum rond_err rond_sync_step(rond *r, rond_wait *ret_wait, rond_sync_result *ret_result, rond_fault *fault);
/* Ends it at any time; nothing is lost. Where none runs, nothing happens. */
ROND_API void rond_sync_stop(rond *r);

/* --- What became of it --- */

enum rond_status {
    ROND_DRAFT = 1,
    ROND_WAITING = 2,   /* saved here, not yet acknowledged */
    ROND_RECEIVED = 3,  /* durable at the server */
    ROND_COUNTED = 4,   /* counts toward at least one commitment */
    ROND_NEEDS_YOU = 5, /* quarantined: the reason says what is wrong */
    ROND_WITHDRAWN = 6,
    ROND_REPLACED = 7,  /* a correction stands in its place */
    ROND_LOST = 8,      /* could no longer be read on this device; declared to the server */
    ROND_DISCARDED = 9  /* was quarantined, and has been set aside for good: nothing to do; the reason says why */
};
ROND_API const char *rond_status_name(enum rond_status status);

/* How a commitment stands, by the server's last word. The figure is what has come in there; own reports that still wait here
 * come on top. */
typedef struct rond_standing {
    const char *status;            /* not_started, met, on_pace, behind, missed, counted, unknown */
    const char *status_by_reports; /* what has come in alone gives; other than the status where that is unknown because
                                    * devices are silent */
    const char *state;             /* of the promise: agreed, active, followed_up, closed */
    uint64_t done;
    uint64_t target;               /* 0: none */
    const char *summary_sv;
    const char *summary_en;
    uint32_t version;              /* of the promise that the figure is counted under */
    uint64_t silent_devices;       /* other devices that could report toward it and are silent, or have more to send */
    int64_t silent_since_s;        /* the one silent longest was last heard of in the hour from here; 0: one never was */
} rond_standing;
typedef struct rond_toward {
    const char *commitment;
    bool counted;
    const char *reason; /* where it did not count; in English, and */
    const char *reason_sv;
    const rond_standing *standing; /* how the commitment stands now; NULL: the server has said nothing of it */
} rond_toward;
typedef struct rond_report_status {
    char reference[ROND_REFERENCE_SIZE]; /* for a draft: empty */
    uint64_t draft;                      /* for a draft: its number */
    enum rond_status status;
    enum rond_kind kind;                 /* 0: not known (withdrawal, or no longer kept) */
    bool is_withdrawal;
    char corrects[ROND_REFERENCE_SIZE];  /* the report it corrects or withdraws; empty where none */
    int64_t queued_ms;
    int64_t occurred_from_s, occurred_to_s;
    const char *place;
    const char *text;
    unsigned code;                       /* needs you, discarded; else 0 */
    const char *reason;                  /* in English */
    const rond_toward *toward;
    size_t toward_count;
    char identity[ROND_IDENTITY_SIZE];   /* "DEVICE-OUTBOX-SEQ": the same report for other devices; for a draft: empty */
    const char *reason_sv;               /* in Swedish; where the server said none, as in English */
} rond_report_status;
typedef struct rond_status_list {
    rond_report_status *reports; /* newest first */
    size_t count;
    uint64_t cursor;             /* for the next call; 0: that was all */
} rond_status_list;
/* Cursor 0 begins. At most 500 at once, whatever the limit. ROND_EINVALID: limit 0. A report that can no longer be read
 * is listed all the same, without what was in it. */
ROND_API enum rond_err rond_status_list_get(rond *r, uint64_t cursor, size_t limit, rond_status_list **ret_list);
ROND_API void rond_status_list_free(rond_status_list *list);
/* One report, as a list of one. ROND_ENOTFOUND; ROND_EINVALID where the reference is mistyped. */
ROND_API enum rond_err rond_status_get(rond *r, const char *reference, rond_status_list **ret_list, rond_fault *fault);

typedef struct rond_totals {
    uint64_t drafts, queued, waiting, received, needs_you, lost; /* received: with those that were discarded */
    int64_t oldest_waiting_age_ms; /* 0: nothing waits */
} rond_totals;
/* Before enrolment too; only storage can fail. */
ROND_API enum rond_err rond_totals_get(rond *r, rond_totals *ret_totals);

/* --- Reference data and promises, offline --- */

typedef struct rond_word {
    const char *list;    /* role, check, form, item, inventory, initiative, counterpart, place, organisation, area */
    const char *id;
    const char *name_sv;
    const char *name_en;
} rond_word;
typedef struct rond_words {
    rond_word *words;
    size_t count;
} rond_words;
/* The words of one list, or of all (NULL). None where the list has none, is not known, or nothing was fetched yet. */
ROND_API enum rond_err rond_words_get(rond *r, const char *list, rond_words **ret_words);
ROND_API void rond_words_free(rond_words *words);

/* A joint activity that a coordinator planned for this device's organisation and others. A report that names its id as
 * `activity` tells of it: the reports of all of them count as one. */
typedef struct rond_planned {
    const char *id;         /* "P-7QK2M" */
    const char *title;
    enum rond_kind kind;    /* a report of another kind is refused with ROND_EINVALID */
    const char *area;
    const char *place;      /* NULL: not said, here and below */
    int64_t from_s, to_s;   /* Unix seconds */
    const char *const *organisations;
    size_t organisations_count;
    const char *commitment; /* "PROMISE/COMMITMENT" */
    const char *of;
} rond_planned;
typedef struct rond_activities {
    rond_planned *activities; /* in order of time */
    size_t count;
} rond_activities;
/* Those that have not ended, or at most two days ago. */
ROND_API enum rond_err rond_activities_get(rond *r, rond_activities **ret_activities);
/* One by its id, in any case and however long ago, as a list of one. ROND_ENOTFOUND: cancelled, not planned for this
 * organisation, or not yet fetched. ROND_EINVALID: it is not the id of a planned activity; others may have agreed on it. */
ROND_API enum rond_err rond_activities_find(rond *r, const char *id, rond_activities **ret_activities);
ROND_API void rond_activities_free(rond_activities *activities);

/* Local time of the device's area; ROND_ENOTFOUND until its reference data is there. wall: "YYYY-MM-DD HH:MM"; a time
 * that occurs twice (autumn) gives the first, one that is skipped (spring) the moment of the change. ROND_EINVALID: it is
 * no such time. */
ROND_API enum rond_err rond_zone_offset_s(rond *r, int64_t at_s, int32_t *ret_offset_s);
ROND_API enum rond_err rond_zone_instant_s(rond *r, const char *wall, int64_t *ret_at_s);

typedef struct rond_promise_line {
    const char *commitment;  /* "PROMISE/COMMITMENT" */
    const char *promise_title_sv;
    const char *title_sv;
    const char *title_en;
    uint64_t done;           /* the server's figure */
    uint64_t target;         /* 0: none */
    uint64_t own_pending;    /* own reports not yet acknowledged that match: they may add to it */
    const char *summary_sv;
    const char *summary_en;
    const char *status;      /* not_started, met, on_pace, behind, missed, counted, unknown; "" before it was fetched */
    uint32_t version;        /* of the promise that the figure is counted under */
    const char *area;        /* of the promise */
    bool is_own_area;        /* the device's: of no other does the server say how it stands */
    const rond_standing *standing; /* how sure the figure is, and the same as above; NULL: the server has said nothing of it */
} rond_promise_line;
typedef struct rond_promises {
    rond_promise_line *lines;
    size_t count;
} rond_promises;
/* All promises that are known here; none before the first sync. */
ROND_API enum rond_err rond_promises_get(rond *r, rond_promises **ret_promises);
ROND_API void rond_promises_free(rond_promises *promises);

/* --- Feedback: what is left to do, and what was achieved --- */

/* An unsafe place in the device's area that is not put right yet, whoever found it. A walk that looks at it again names
 * reference and finding (rond_finding). */
typedef struct rond_action {
    char reference[ROND_REFERENCE_SIZE]; /* of the walk that first found it */
    const char *finding;
    const char *commitment;              /* "PROMISE/COMMITMENT" that follows it */
    const char *place;                   /* NULL: not said, or held back since it may name a person; here and below */
    const char *place_text;
    const char *cause;
    const char *responsible;
    const char *promised_action;
    const char *due;                     /* YYYY-MM-DD */
    int64_t found_s;
    bool overdue;                        /* by the calendar of the device's area */
} rond_action;
typedef struct rond_actions {
    rond_action *actions; /* as of the last sync, the most urgent first */
    size_t count;
} rond_actions;
ROND_API enum rond_err rond_actions_get(rond *r, rond_actions **ret_actions);
ROND_API void rond_actions_free(rond_actions *actions);

/* What the reports of this device's organisation led to in a week; sentences, the most telling first. */
typedef struct rond_summary {
    const char *week;            /* ISO, "2015-W19" */
    const char *organisation;
    const char *const *lines_sv;
    const char *const *lines_en;
    size_t count;                /* of each */
} rond_summary;
/* Of the newest week that came down. ROND_ENOTFOUND: none came yet. */
ROND_API enum rond_err rond_summary_get(rond *r, rond_summary **ret_summary);
ROND_API void rond_summary_free(rond_summary *summary);

/* --- Rescue: where the device can no longer connect --- */

/* Writes what waits as a new file at `path` (mode 0600), sealed for the server's organisation alone: whoever else has it reads
 * nothing. The administrator takes it in (rondctl rescue FILE); a later sync finds the reports there, and nothing counts twice.
 * Nothing changes on the device, no network is used, and an expired or refused certificate does not matter. all_kept: acknowledged
 * reports too, as long as they are kept, for a server that lost them. ret_reports (may be NULL): how many are in the file.
 * ROND_ENOTFOUND: nothing waits, no file is made. ROND_EINVALID: the path cannot be written, or is there already. ROND_EFULL: the
 * disk, or more than one file holds. ROND_EAUTH: not enrolled, or the keystore is locked. ROND_ECONFLICT: a sync runs. */
ROND_API enum rond_err rond_rescue_export(rond *r, const char *path, bool all_kept, uint64_t *ret_reports, rond_fault *fault);

/* --- Receipts --- */

/* With its acknowledgement the server signs what it has of this device's reports. The device keeps the newest receipt of each
 * outbox and holds every later answer of the server against it. Where the server does not stand by it, somebody has taken
 * reports away there, altered or added some: what is kept here is sent again by itself, the receipt is kept as the proof, and
 * a person is told until rond_receipts_seen. A server that was restored from a backup says so, and is no such case.
 * docs/operating.md tells how to check a receipt with openssl alone, and against the store. */
typedef struct rond_receipt_head {
    uint64_t seq;
    char head[65];
} rond_receipt_head;
typedef struct rond_receipt {
    char device[33];                 /* hexadecimal, as what follows */
    char outbox[33];
    char store[33];
    char head[65];
    uint64_t epoch;
    uint64_t watermark;              /* the server had everything up to here */
    int64_t received_ms;             /* by the device's clock */
    const uint8_t *statement;        /* the bytes that are signed: ECDSA over P-256 with SHA-256 */
    size_t statement_size;
    const uint8_t *signature;        /* DER */
    size_t signature_size;
    const uint8_t *certificate;      /* of the key, DER, issued by the server's authority; size 0: not kept */
    size_t certificate_size;
    const rond_receipt_head *heads;  /* the chain's heads below it as far as they are kept here, by seq */
    size_t heads_count;
    unsigned code;                   /* 0: nothing is wrong; else as docs/protocol.md has it (500, 501) */
    uint64_t contradicted_seq;       /* the first report known to differ or to be missing at the server */
    int64_t contradicted_ms;
    bool is_seen;
    const char *sentence;            /* for the person holding the device; "" where nothing is wrong */
    const char *sentence_sv;
} rond_receipt;
typedef struct rond_receipts {
    rond_receipt *receipts;          /* contradicted ones first; what the server did not sign last */
    size_t count;
    size_t unseen;                   /* contradicted and not seen yet */
} rond_receipts;
/* reference NULL: all; else those that speak for that report, with ROND_ENOTFOUND where there is none. Free with
 * rond_receipts_free. */
ROND_API enum rond_err rond_receipts_get(rond *r, const char *reference, rond_receipts **ret_receipts, rond_fault *fault);
ROND_API void rond_receipts_free(rond_receipts *receipts);
/* Somebody has read what is contradicted. It stays in the list. */
ROND_API enum rond_err rond_receipts_seen(rond *r);

/* --- Changes --- */

enum rond_change {
    ROND_CHANGE_REPORTS = 1,   /* a report's status */
    ROND_CHANGE_REFERENCE = 2, /* words, places, promises */
    ROND_CHANGE_PROGRESS = 3,  /* how promises stand */
    ROND_CHANGE_CONNECTION = 4,
    ROND_CHANGE_RECEIPTS = 5   /* the server contradicts a receipt: rond_receipts_get */
};
/* Called on the thread of the call that caused the change, before that call returns. It must not call back into the
 * same object. One subscriber; NULL ends it. */
ROND_API void rond_subscribe(rond *r, void (*changed)(void *context, enum rond_change change), void *context);

#ifdef __cplusplus
}
#endif

#endif
