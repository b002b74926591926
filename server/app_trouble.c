#include "app_trouble.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

const char *app_trouble_name(const struct app_trouble *trouble) {
    switch (trouble->err) {
    case ROND_OK:
        return "";
    case ROND_EFULL:
        return "store_full";
    case ROND_ECORRUPT:
        return "store_damaged";
    default:
        return "store_failed";
    }
}

static const char *text_of(enum rond_err err) {
    switch (err) {
    case ROND_EFULL:
        return "The disk is full.";
    case ROND_ECORRUPT:
        return "The store is damaged; nothing is written to it until it is restored.";
    case ROND_EAGAIN:
        return "Another process holds the store's write lock.";
    case ROND_ENOMEM:
        return "There is no memory to write to the store.";
    default:
        return "The store cannot be written.";
    }
}

static void begin(struct app_trouble *trouble, enum rond_err err, const char *text, int64_t now_ms) {
    bool is_new = trouble->err == ROND_OK;
    trouble->err = err;
    trouble->since_ms = is_new ? now_ms : trouble->since_ms;
    trouble->groups = is_new ? 0 : trouble->groups;
    trouble->begun += is_new ? 1 : 0;
    (void)snprintf(trouble->text, sizeof trouble->text, "%s", text);
    log_event(LOG_LEVEL_ERROR, "store_trouble", "what=%s err=%s text=%s", app_trouble_name(trouble), rond_err_name(err),
              log_quote(trouble->text).text);
}

static void end(struct app_trouble *trouble, int64_t now_ms) {
    log_event(LOG_LEVEL_WARN, "store_recovered", "after=%s took_ms=%" PRId64 " groups=%" PRIu64, app_trouble_name(trouble),
              now_ms - trouble->since_ms, trouble->groups);
    trouble->err = ROND_OK;
    trouble->text[0] = '\0';
}

void app_trouble_note(struct app_trouble *trouble, enum rond_err err, const char *text, int64_t now_ms) {
    if (trouble->err == ROND_ECORRUPT && err != ROND_ECORRUPT)
        return;
    if (!err) {
        if (trouble->err)
            end(trouble, now_ms);
        return;
    }
    bool has_text = text && text[0];
    bool tells_more = has_text && err == ROND_ECORRUPT && strcmp(trouble->text, text) != 0;
    if (trouble->err != err || tells_more)
        begin(trouble, err, has_text ? text : text_of(err), now_ms);
}
