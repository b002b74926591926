// How commitments stand, as came down last.
#include <string.h>

#include "client_internal.h"

enum rond_err client_standings_load(rond *r, struct arena *arena, struct client_standings *ret_standings) {
    struct client_standings standings;
    enum rond_err err = outbox_standings(r->outbox, arena, &standings.list, &standings.count);
    if (err != ROND_OK)
        return err;
    standings.told = arena_array(arena, standings.count + 1, sizeof *standings.told);
    if (standings.told == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < standings.count; i++) {
        const Rond__V1__Standing *from = standings.list[i];
        standings.told[i] = (rond_standing){
            .status = from->status,
            .status_by_reports = from->status_by_reports[0] != '\0' ? from->status_by_reports : from->status,
            .state = from->state[0] != '\0' ? from->state : "active",
            .done = from->done,
            .target = from->target,
            .summary_sv = from->summary_sv,
            .summary_en = from->summary_en,
            .version = from->promise_version,
            .silent_devices = from->silent_devices,
            .silent_since_s = from->silent_devices > 0 ? from->silent_since_s : 0,
        };
    }
    *ret_standings = standings;
    return ROND_OK;
}

const rond_standing *client_standing_find(const struct client_standings *standings, const char *commitment) {
    for (size_t i = 0; i < standings->count; i++)
        if (strcmp(standings->list[i]->commitment, commitment) == 0)
            return &standings->told[i];
    return NULL;
}
