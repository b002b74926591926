// Asks a command of whoever owns the data directory: the running server over DATA/control.sock or, where nobody holds the
// lock, the store itself, with the same functions that the server uses.
#ifndef CTL_ASKER_H
#define CTL_ASKER_H

#include "ctl/ctl.h"

// Called for each line of the answer; the last one has "ok". Borrowed.
typedef void asker_line(void *context, json_t *line);

// Takes the request. Answers an exit code; where the last line says "ok":false its sentence has been printed.
int asker_ask(const struct ctl *ctl, json_t *take_request, asker_line *line, void *context);
// Asks and prints the rows: as JSON lines with --json (a last line that says no more than "ok" is left out), else by
// `row`, then `last` (either may be NULL).
int asker_show(const struct ctl *ctl, json_t *take_request, asker_line *row, asker_line *last);

#endif
