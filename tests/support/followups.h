// Follow-ups of Lund, 2015, published without a key: for tests of what they say.
#ifndef SUPPORT_FOLLOWUPS_H
#define SUPPORT_FOLLOWUPS_H

#include "read/followup_document.h"
#include "support/lund.h"

// A report that began at a Stockholm wall time "YYYY-MM-DD HH:MM" and lasted so many minutes.
Rond__V1__Report *report_at(struct lund *lund, Rond__V1__Kind kind, const char *wall, int minutes);
// A check that counts toward lund-2015-trafik/cykel.
Rond__V1__Report *cycle_check(struct lund *lund, const char *wall);

// Makes and stores the next version of the period, long after its end; answers it as it is stored, in the arena of lund.
struct followup published(struct lund *lund, const char *promise, const char *period);
// What would be published now, as a text in the arena; nothing is stored. `now` tells when, "YYYY-MM-DD HH:MM".
const char *drafted(struct lund *lund, const char *promise, const char *period, const char *now);
// A document's JSON, to be json_decref'd; and the commitment of that path in it, or in its changes (NULL: none).
json_t *document_json(const struct followup *followup);
const json_t *commitment_in(const json_t *document, const char *list, const char *path);

#endif
