#include "admin/servers.h"

#include "base/check.h"

enum { ARENA_BYTES_MAX = 256 * 1024 };
static char list_id[] = "servers";

static enum rond_err servers_run(struct submission *submission, struct store *store) {
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    Rond__V1__ReferenceEntry **stored;
    size_t count;
    uint64_t newest = 0, revision = 0;
    // The newest revision there is: a page of none beyond the end of time.
    enum rond_err err = store->views->reference(store, INT64_MAX, 1, &submission->arena, &stored, &count, &newest);
    if (err != ROND_OK)
        return err;
    entry.id = list_id;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_SERVER_LIST;
    entry.server_list = submission->command_context;
    err = store->registry->reference_put(store, &entry, &revision);
    submission->changes_catalogue = err == ROND_OK && revision > newest;
    return err;
}

enum rond_err admin_servers(char *const *servers, size_t count, const char *renewals, int64_t now_ms,
                            struct submission **ret_submission) {
    struct submission *submission = submission_create(SUBMISSION_COMMAND, ARENA_BYTES_MAX);
    if (submission == NULL)
        return ROND_ENOMEM;
    Rond__V1__ServerList *list = arena_alloc(&submission->arena, sizeof *list);
    char **urls = arena_array(&submission->arena, count, sizeof *urls);
    char **renewal = arena_array(&submission->arena, 1, sizeof *renewal);
    bool made = list != NULL && urls != NULL && renewal != NULL &&
                (renewals == NULL || (renewal[0] = arena_text(&submission->arena, renewals)) != NULL);
    for (size_t i = 0; made && i < count; i++) {
        urls[i] = arena_text(&submission->arena, servers[i]);
        made = urls[i] != NULL;
    }
    if (!made) {
        submission_destroy(submission);
        return ROND_ENOMEM;
    }
    rond__v1__server_list__init(list);
    list->urls = urls;
    list->n_urls = count;
    list->renewals = renewal;
    list->n_renewals = renewals != NULL;
    submission->command = servers_run;
    submission->command_context = list;
    submission->received_ms = now_ms;
    *ret_submission = submission;
    return ROND_OK;
}
