// How a commitment stands, in words and as JSON.
#ifndef CLI_STANDING_H
#define CLI_STANDING_H

#include "cli.h"

enum { STANDING_TEXT_SIZE = 512 };

// "on pace", "i fas", as rondctl progress says it. A status of a newer server is shown by its name.
const char *standing_status(const char *status, bool swedish);
// The sentence of the figure, then how sure it is and whether the promise is over, as rondctl progress has them:
// "4 of at least 10 checks (behind by what has come in; 2 devices silent, one since 2015-05-29 13:00)".
void standing_format(rond *r, const rond_standing *standing, bool swedish, char ret_text[STANDING_TEXT_SIZE]);
// "2 devices are silent or have more to send, ...": how many and since when; nothing where none is.
void standing_print_silence(rond *r, const rond_standing *standing, bool swedish);
json_t *standing_json(rond *r, const rond_standing *standing); // null for NULL

#endif
