// What the server knows of areas, places, words and promises, as one immutable snapshot made from the registry.
// Threads share it by reference count; a change makes a new one.
#ifndef PROMISE_CATALOGUE_H
#define PROMISE_CATALOGUE_H

#include "counting/match.h"
#include "store/store.h"

struct catalogue;

// Reads all reference data (bounded pages) and derives the commitments. ROND_ECORRUPT names what cannot be read.
MUST_CHECK enum rond_err catalogue_create(struct store *store, struct catalogue **ret_catalogue, struct fault *fault);
struct catalogue *catalogue_ref(const struct catalogue *catalogue);
void catalogue_unref(struct catalogue *catalogue); // NULL is fine

// NULL where there is none. Borrowed for the life of the snapshot.
const Rond__V1__Area *catalogue_area(const struct catalogue *catalogue, const char *id);
const Rond__V1__TimeZone *catalogue_zone_of_area(const struct catalogue *catalogue, const char *area);
const Rond__V1__Place *catalogue_place(const struct catalogue *catalogue, const char *id);
const Rond__V1__Organisation *catalogue_organisation(const struct catalogue *catalogue, const char *id);
const Rond__V1__Term *catalogue_term(const struct catalogue *catalogue, const char *list, const char *id);
const Rond__V1__Promise *catalogue_promise(const struct catalogue *catalogue, const char *id);
const Rond__V1__Activity *catalogue_activity(const struct catalogue *catalogue, const char *id);
const Rond__V1__ReferenceEntry *const *catalogue_organisations(const struct catalogue *catalogue, size_t *ret_count); // by id
const Rond__V1__ReferenceEntry *const *catalogue_areas(const struct catalogue *catalogue, size_t *ret_count);
// Planned activities that are not cancelled, by id.
const Rond__V1__ReferenceEntry *const *catalogue_activities(const struct catalogue *catalogue, size_t *ret_count);

// All commitments of one area ("" or NULL: of all), in file order.
const struct commitment *const *catalogue_commitments(const struct catalogue *catalogue, const char *area, size_t *ret_count);
const struct commitment *catalogue_commitment(const struct catalogue *catalogue, uint32_t number);
const struct commitment *catalogue_commitment_by_path(const struct catalogue *catalogue, const char *path);
// Newest revision of reference data that it holds: the Reference cursor.
uint64_t catalogue_revision(const struct catalogue *catalogue);
// "PROMISE/COMMITMENT"
const char *catalogue_commitment_path(const struct catalogue *catalogue, uint32_t number);

#endif
