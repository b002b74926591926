// The registry: devices, enrolment codes, reference data, people's decisions about reports, follow-ups, audit. Changed by
// the committer thread alone, inside a transaction begun with the ledger's begin.
#ifndef STORE_REGISTRY_H
#define STORE_REGISTRY_H

#include "base/arena.h"
#include "counting/match.h"
#include "rond/v1/reference.pb-c.h"
#include "store/erasure.h"
#include "store/person.h"
#include "wire/sign.h"

struct store;

// The store itself; the epoch changes when it is restored from a backup.
struct store_identity {
    struct id128 store_id;
    uint64_t epoch;
};

enum { DEVICE_CLIENT_BYTES_MAX = 64 };
enum device_status { DEVICE_ACTIVE = 0, DEVICE_RETIRED = 1, DEVICE_LOST = 2 };

struct device_record {
    struct id128 device;
    const char *name;
    const char *organisation;
    const char *area;
    const char **roles;
    size_t roles_count;
    enum device_status status;
    int64_t enrolled_ms;
    int64_t revoked_ms;                       // 0: not
    int64_t seen_ms;                          // last Hello; 0: never
    struct hash256 issuer;                    // fingerprint of the CA whose certificate it came with last; zeroes: not known
    char client[DEVICE_CLIENT_BYTES_MAX + 1]; // name and version of its program, as it last said; device_put leaves it
};
// A key a device has had. Old ones stay for verification; exactly one is current.
struct device_key {
    struct hash256 spki_hash; // SHA-256 of SubjectPublicKeyInfo, DER
    struct id128 device;
    struct bytes spki;
    bool current;
    int64_t since_ms; // when it was put last: enrolled or renewed; its certificate's life counts from here
};

// Of a code that wants a second person beside its issuer (docs/decisions/0014-second-approver.md). A device exists from
// APPROVAL_USED on: before that it is a key and a name at its code.
enum code_approval {
    APPROVAL_NONE = 0,    // the code alone is enough
    APPROVAL_WANTED = 1,  // whoever enrols with it has to wait
    APPROVAL_WAITING = 2, // one has asked: key, name, since when
    APPROVAL_GIVEN = 3,   // it may fetch its certificate
    APPROVAL_REFUSED = 4, // by a person
    APPROVAL_USED = 5,    // it has fetched it
};

struct enrol_code {
    struct hash256 secret_hash; // SHA-256 of the 16 secret bytes; the secret itself is not stored
    const char *organisation;
    const char *area;
    const char **roles;
    size_t roles_count;
    int64_t expires_ms;
    uint32_t tries_left;
    bool used;
    struct id128 device; // where used; or, where not zero before use: re-attaches that device
    const char *issuer;  // as in the audit log, "uid:1000"; "" where not known (NULL is taken as that)
    enum code_approval approval;
    struct hash256 key_hash; // from APPROVAL_WAITING on: the key that asked, SHA-256 of its SubjectPublicKeyInfo
    const char *name;        // and what its device is to be called; "" before (NULL is taken as that)
    int64_t asked_ms;
    int64_t approval_ends_ms; // until then it waits, or once it is approved, fetches its certificate
};

// A promise as it was from one edit to the next.
struct promise_version {
    uint32_t version;                // from 1
    int64_t at_ms;                   // when it was put; 0: before versions were kept
    const char *actor;               // as in the audit log; "" where not known
    Rond__V1__ReferenceEntry *entry; // with the promise; its revision is that of the edit
};

// What a person decided about reports. Decisions are kept for ever, and an undone one stays as such: a report's rulings
// (ledger.h, rulings_of) are those of the newest decisions about it that stand, so that undoing one brings back exactly
// what was before, in whatever order decisions are undone.
enum decision_kind {
    DECISION_JOIN = 1,     // the reports are one activity: subject is its reference       -> RULING_ACTIVITY, value subject
    DECISION_PART = 2,     // the report counts on its own, whatever it says               -> RULING_ACTIVITY, value ""
    DECISION_DISTINCT = 3, // two reports, likely duplicates, are not the same activity    -> no ruling
    DECISION_PLACE = 4,    // subject: a place; value: "yes" it was there, "no" it was not -> RULING_PLACE
    DECISION_AMEND = 5,    // subject: a field; value: what it says; of the revision itself -> RULING_FIELD
    DECISION_ACTION = 6,   // subject: FIELD ":" FINDING of a walk; value: see read/action_state.h -> no ruling
};
struct decision {
    uint64_t number; // from 1, in order; given by the store
    enum decision_kind kind;
    const char *subject; // "" where none
    const char *value;   // "" where none
    const struct report_key
        *reports; // identities of originals (of an amendment, of what it amends), each once, at least one
    size_t reports_count;
    int64_t at_ms;
    const char *actor;
    int64_t undone_ms;        // 0: it stands
    const char *undone_actor; // "" where it stands
};

struct audit_row {
    int64_t at_ms;
    const char *actor;   // "uid:1000", "person:anna", "device:4f…", "server"
    const char *action;  // "promise.import", "device.revoke", ...
    const char *detail;  // one line, no report content
    uint64_t id;         // from 1 without gaps, and the hash in the chain (shape.h, audit_hash): the store's own, given
    struct hash256 hash; // by views.h
};

// A key that signs follow-ups. Its public half stays for ever; one at most is current.
struct followup_key {
    struct hash256 id; // SHA-256 of the SubjectPublicKeyInfo, DER
    struct bytes spki;
    int64_t since_ms;
    int64_t retired_ms; // 0: current
};
// A published follow-up, exactly as it was signed. It is never changed or removed, whatever becomes of what it was made
// from.
struct followup {
    uint64_t number; // order of publication, from 1; the store's
    const char *promise;
    const char *period; // "2015-T1", "final"
    uint32_t version;   // from 1 for each promise and period, without gaps
    const char *state;  // name of the state that it was made from
    int64_t at_ms;
    const char *actor;
    struct hash256 key_id;
    struct bytes document;
    struct signature signature;
    struct bytes evidence; // what was behind its figures; not public
};

struct registry_ops {
    enum rond_err (*identity)(struct store *store, struct store_identity *ret_identity);
    // Another history of the same store begins: it was restored. ROND_EINVALID where the epoch is not higher.
    enum rond_err (*epoch_put)(struct store *store, uint64_t epoch);

    // By which version of the rules the fold was counted; promise/upgrade.h.
    enum rond_err (*fold_version)(struct store *store, uint32_t *ret_version);
    enum rond_err (*fold_version_put)(struct store *store, uint32_t version);

    enum rond_err (*device_put)(struct store *store, const struct device_record *device); // new or changed
    enum rond_err (*device_get)(struct store *store, const struct id128 *device, struct arena *arena,
                                struct device_record *ret_device); // ROND_ENOTFOUND
    // last_seq: queued there, in the outbox that the device spoke of; NULL, or one that nothing came in of: taken for its
    // newest. Of one that forked it is not looked at. client is cut where it is too long.
    enum rond_err (*device_seen)(struct store *store, const struct id128 *device, int64_t at_ms, const struct id128 *outbox,
                                 uint64_t last_seq, const char *client);
    enum rond_err (*device_certified)(struct store *store, const struct id128 *device,
                                      const struct hash256 *issuer);             // ROND_ENOTFOUND
    enum rond_err (*key_put)(struct store *store, const struct device_key *key); // becomes the current one of its device
    enum rond_err (*key_get)(struct store *store, const struct hash256 *spki_hash, struct arena *arena,
                             struct device_key *ret_key); // ROND_ENOTFOUND

    enum rond_err (*code_put)(struct store *store, const struct enrol_code *code);
    enum rond_err (*code_get)(struct store *store, const struct hash256 *secret_hash, struct arena *arena,
                              struct enrol_code *ret_code); // ROND_ENOTFOUND
    // tries_left, used, device and what has come of its approval are set anew.
    enum rond_err (*code_update)(struct store *store, const struct enrol_code *code);

    // Adds, changes or (entry->removed) removes reference data by (kind, id). The store assigns the next revision;
    // an entry equal to the one stored changes nothing (ret_revision is then the stored one's), nor does removing what
    // is not there (0). ret_revision may be NULL. ROND_EINVALID without id or body.
    enum rond_err (*reference_put)(struct store *store, const Rond__V1__ReferenceEntry *entry, uint64_t *ret_revision);
    // Keeps one version for ever. ROND_ECONFLICT where it is there, ROND_EINVALID where the entry holds no promise.
    enum rond_err (*promise_version_put)(struct store *store, const struct promise_version *version);
    // Number of "PROMISE/COMMITMENT": given at first use, permanent.
    enum rond_err (*commitment_number)(struct store *store, const char *path, uint32_t *ret_number);

    // Becomes the current key; the one before is retired at since_ms. The current one again changes nothing.
    // ROND_ECONFLICT where it was retired before.
    enum rond_err (*followup_key_put)(struct store *store, const struct followup_key *key);
    // followup->number is not read. ROND_ECONFLICT where its version is not the next one of its promise and period,
    // ROND_ENOTFOUND where the key is not known.
    enum rond_err (*followup_put)(struct store *store, const struct followup *followup);
    // Number and what was undone are the store's own. ROND_EINVALID without a report; ROND_ECONFLICT where one is named
    // twice.
    enum rond_err (*decision_put)(struct store *store, const struct decision *decision, uint64_t *ret_number);
    // ROND_ENOTFOUND; ROND_ECONFLICT where it is undone already.
    enum rond_err (*decision_undo)(struct store *store, uint64_t number, int64_t at_ms, const char *actor);

    // Sets a rule in place of one of its kind and id; without a body it goes. ROND_ENOTFOUND where none is there to go.
    enum rond_err (*rule_put)(struct store *store, const struct rule *rule);
    enum rond_err (*retention_note)(struct store *store, const struct retention_note *note);
    // People, by their login name. Grants and recovery codes are set anew as a whole. ROND_ECONFLICT where the set-up code
    // is another's.
    enum rond_err (*person_put)(struct store *store, const struct person *person);
    enum rond_err (*person_get)(struct store *store, const char *login, struct arena *arena,
                                struct person *ret_person); // ROND_ENOTFOUND
    // Whose set-up code this is. ROND_ENOTFOUND, for a hash of zeroes too.
    enum rond_err (*person_by_setup)(struct store *store, const struct hash256 *setup_hash, struct arena *arena,
                                     struct person *ret_person);
    // A new session, or one that was seen again: only seen_ms changes then. ROND_ENOTFOUND without such a person,
    // ROND_ECONFLICT where it is another's.
    enum rond_err (*session_put)(struct store *store, const struct person_session *session);
    enum rond_err (*session_get)(struct store *store, const struct hash256 *token_hash, struct arena *arena,
                                 struct person_session *ret_session);                    // ROND_ENOTFOUND
    enum rond_err (*session_end)(struct store *store, const struct hash256 *token_hash); // ROND_ENOTFOUND
    // All of one person, or everybody's (NULL); those alone that began before one moment or were last seen before another.
    enum rond_err (*sessions_end)(struct store *store, const char *login, int64_t began_before_ms, int64_t seen_before_ms,
                                  uint64_t *ret_count);

    enum rond_err (*audit)(struct store *store, const struct audit_row *row);
};

#endif
