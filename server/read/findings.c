#include "read/findings.h"

static json_t *id_json(const struct id128 *id) {
    return id == NULL ? json_null() : read_id(id);
}

enum rond_err findings_add(struct findings *findings, const struct finding *finding) {
    if (++findings->count > READ_FINDINGS_MAX)
        return ROND_OK;
    json_t *object = json_object();
    bool added = read_add(object, "what", read_text(finding->what)) &&
                 read_add(object, "device", id_json(finding->device)) &&
                 read_add(object, "outbox", id_json(finding->outbox)) &&
                 read_add(object, "seq", finding->seq == 0 ? json_null() : json_integer((json_int_t)finding->seq)) &&
                 read_add(object, "commitment", read_text(finding->commitment));
    return read_rows_give(findings->rows, read_whole(object, added));
}
