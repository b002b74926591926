// The ground of the map from a directory of ours, where one is configured: to whoever has logged in, as the pages that show
// it. Files are read by a reader, so that a slow disk delays the asker alone. Where there is no tile the answer says so
// quietly, since a map asks for many that its edge does not have.
#include "app_people.h"
#include "base/check.h"
#include "base/log.h"

#define LASTING "private, max-age=86400"

// A map without a ground keeps nobody from reporting: what is wrong here is said, and the server starts.
void app_tiles_open(struct app *app) {
    struct app_tiles *tiles = &app->tiles;
    if (!app->config->people_listens || app->config->people_map_tiles_directory[0] == '\0')
        return;
    enum rond_err err = tile_zooms(app->config->people_map_tiles_directory, &tiles->zooms);
    tiles->is_open = err == ROND_OK;
    if (err)
        log_event(LOG_LEVEL_WARN, "tiles_absent", "err=%s", rond_err_name(err));
    else
        log_event(LOG_LEVEL_INFO, "tiles", "zooms=%u-%u", (unsigned)tiles->zooms.first, (unsigned)tiles->zooms.last);
}

static bool tile_of(const struct people_request *request, struct tile *ret_tile) {
    const char *texts[] = {"z", "x", "y"};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
        texts[i] = json_string_value(json_object_get(request->arguments, texts[i]));
    return texts[0] && texts[1] && texts[2] && tile_parse(texts[0], texts[1], texts[2], ret_tile);
}

static void run_reading(struct reader_job *job, struct store *read_only) {
    UNUSED(read_only);
    struct people_request *request = (struct people_request *)((char *)job - offsetof(struct people_request, job));
    request->err =
        tile_read(request->app->config->people_map_tiles_directory, &request->tile, &request->answer, &request->tile_type);
    if (!request->err)
        people_request_tag(request);
}

static void end_reading(struct reader_job *job) {
    struct people_request *request = (struct people_request *)((char *)job - offsetof(struct people_request, job));
    const struct tile *tile = &request->tile;
    if (request->err && request->err != ROND_ENOTFOUND) {
        log_event(LOG_LEVEL_WARN, "tile_not_read", "tile=%u/%u/%u err=%s", (unsigned)tile->zoom, (unsigned)tile->x,
                  (unsigned)tile->y, rond_err_name(request->err));
        people_request_refuse(request, REFUSAL_FAILED, NULL);
        return;
    }
    if (request->exchange)
        (void)http_exchange_header(request->exchange, "cache-control:", LASTING);
    if (request->err)
        people_request_answer(request, HTTP_STATUS_NOT_FOUND, "text/plain; charset=utf-8", bytes_of(NULL, 0));
    else
        people_request_answer_tagged(request, request->tile_type, buffer_bytes(&request->answer));
}

void app_tiles_answer(struct people_request *request) {
    if (!request->app->tiles.is_open || !tile_of(request, &request->tile)) {
        people_request_refuse(request, REFUSAL_NOT_FOUND, NULL);
        return;
    }
    request->job = (struct reader_job){.run = run_reading, .done = end_reading};
    if (readers_submit(request->app->readers, &request->job) != ROND_OK)
        people_request_refuse(request, REFUSAL_BUSY, NULL);
}
