#include "read/verify.h"

#include "read/verify_chain.h"
#include "read/verify_followups.h"
#include "read/verify_totals.h"

// The backend's own files.
static enum rond_err files_check(struct store *store, struct findings *findings) {
    struct fault fault = {0};
    enum rond_err err = store->views->integrity(store, &fault);
    struct finding finding = {.what = fault.text};
    return err == ROND_ECORRUPT ? findings_add(findings, &finding) : err;
}

static json_t *summary_json(const struct findings *findings) {
    const struct {
        const char *name;
        uint64_t value;
    } fields[] = {
        {"findings", findings->count},     {"outboxes", findings->outboxes},     {"batches", findings->batches},
        {"reports", findings->reports},    {"signatures", findings->signatures}, {"erased", findings->erased},
        {"keyless", findings->keyless},
        {"lost", findings->lost},          {"commitments", findings->commitments}, {"followups", findings->followups},
    };
    json_t *object = json_object();
    bool added = read_add(object, "sound", json_boolean(findings->count == 0));
    for (size_t i = 0; i < sizeof fields / sizeof fields[0] && added; i++)
        added = read_add(object, fields[i].name, json_integer((json_int_t)fields[i].value));
    return read_whole(object, added);
}

enum rond_err read_verify(struct store *store, const struct catalogue *catalogue, const struct read_rows *rows,
                          json_t **ret_summary) {
    struct findings findings = {.rows = rows};
    enum rond_err err = read_begin(store);
    if (err != ROND_OK)
        return err;
    err = files_check(store, &findings);
    if (err == ROND_OK)
        err = verify_chains(store, &findings);
    if (err == ROND_OK)
        err = verify_totals(store, catalogue, &findings);
    if (err == ROND_OK)
        err = verify_followups(store, &findings);
    read_end(store);
    if (err != ROND_OK)
        return err;
    json_t *summary = summary_json(&findings);
    if (summary == NULL)
        return ROND_ENOMEM;
    *ret_summary = summary;
    return ROND_OK;
}
