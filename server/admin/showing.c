// Showing one report with its free texts. A reading, but the only one of texts that may point out a citizen, so it goes the
// way of a change: it is in the audit log, in the same transaction, or it does not happen.
#include <stdlib.h>
#include <string.h>

#include "admin/inner.h"
#include "read/lists.h"
#include "wire/limits.h"

struct showing {
    const struct right *right; // NULL: whoever asks may see everything
    struct buffer rows;
};

static enum rond_err row_keep(void *context, json_t *row) {
    struct showing *showing = context;
    if (showing->right != NULL) {
        right_mask(showing->right, row);
    }
    char *text = json_dumps(row, JSON_COMPACT);
    enum rond_err err = text == NULL ? ROND_ENOMEM : buffer_append(&showing->rows, bytes_of_text(text));
    free(text);
    return err == ROND_OK ? buffer_append(&showing->rows, bytes_of_text("\n")) : err;
}

// The rows and, behind them, the last line.
static enum rond_err answer_rows(struct admin_change *change, struct arena *arena, const struct buffer *rows) {
    enum rond_err err = answer_put(change, arena, json_object());
    size_t last_size = err == ROND_OK ? strlen(change->answer) + 1 : 0;
    char *whole = err == ROND_OK ? arena_alloc(arena, rows->size + last_size) : NULL;
    if (whole == NULL) {
        return err == ROND_OK ? ROND_ENOMEM : err;
    }
    memcpy(whole, rows->data, rows->size);
    memcpy(whole + rows->size, change->answer, last_size);
    change->answer = whole;
    return ROND_OK;
}

static enum rond_err show_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct showing showing = {.right = change->right};
    buffer_init(&showing.rows, ADMIN_ARENA_BYTES_MAX / 2);
    const struct read_rows keep = {.row = row_keep, .context = &showing};
    enum rond_err err = read_report(store, change->subject, &keep, &submission->fault);
    if (err == ROND_OK) { // the reference was understood: it holds nothing else
        err = audit_put(change, store, arena_printf(&submission->arena, "reference=%s", change->subject));
    }
    if (err == ROND_OK) {
        err = answer_rows(change, &submission->arena, &showing.rows);
    }
    buffer_deinit(&showing.rows);
    return err;
}

enum rond_err show_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                           struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    change->run = show_run;
    return argument_text(arguments, "reference", LINE_BYTES_MAX, arena, &change->subject, fault);
}
