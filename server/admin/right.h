// Whether a person may do what a request asks, decided where the object is at hand: a change in the transaction that makes
// it, a question on the store that answers it. What decides is auth/access.h; this finds the object that it decides about.
//
// Whatever is not allowed is answered as what is not there: ROND_ENOTFOUND in the same words.
#ifndef ADMIN_RIGHT_H
#define ADMIN_RIGHT_H

#include <jansson.h>

#include "auth/endpoints.h"
#include "base/arena.h"
#include "promise/catalogue.h"
#include "store/disclosure.h"

struct right {
    const char *login; // who asks
    enum access_action action;
    enum endpoint_object object;
    bool is_change;
    bool filters; // rows are objects of their own
    int64_t now_ms;
    // What it asks about, as far as it is named; NULL and 0 where it is not.
    const char *organisation, *area, *promise, *device, *person, *role, *id;
    const char **references;
    size_t references_count;
    uint64_t decision;
    bool is_missing;            // what is named is not in the catalogue
    struct arena *arena;        // a question's row filter reads the person into it
    const struct person *asker; // set by right_check, as are the rules by which organisations disclose to others
    struct disclosure disclosure;
};

// From the request's arguments; all texts are copied into the arena. ROND_ENOMEM.
MUST_CHECK enum rond_err right_prepare(const struct endpoint *endpoint, const char *login, json_t *arguments,
                                       const struct catalogue *catalogue, int64_t now_ms, struct arena *arena,
                                       struct right **ret_right);
// ROND_OK: it may be done. ROND_ENOTFOUND: not; the person is locked or gone, too. ROND_EAUTH: not to one's own account.
MUST_CHECK enum rond_err right_check(struct right *right, struct store *store, struct fault *fault);
// After right_check: whether this row of the answer may be shown.
bool right_shows(const struct right *right, const struct catalogue *catalogue, const json_t *row);
// After right_check: whether a row of these would be shown; kind may be NULL.
bool right_sees(const struct right *right, const char *organisation, const char *area, const char *kind);
// After right_check: whether anything in that area may be for this person, so that it is worth looking there.
bool right_reaches(const struct right *right, const char *area);
// After right_check: takes out of an object what is not for this person: areas, names of other organisations' devices, salts
// other organisations' reports that decisions name, and what walks say of unsafe places in reports whose texts it may not
// read.
void right_mask(const struct right *right, json_t *object);

#endif
