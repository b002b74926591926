// rondctl verify --receipt FILE: a receipt that a device kept, held against the server's key and the store.
#ifndef CTL_RECEIPT_H
#define CTL_RECEIPT_H

#include "ctl/asker.h"

// Gives the rows and the last line of "verify.receipt" for each receipt in the file. directory: where ca.crt lies; where it
// is a backup, `backup` names it and it is looked at in place of the store. Answers an exit code; what is wrong with the
// file has been said: CTL_UNSOUND where it is not signed by the server's key.
int receipt_verify(const struct ctl *ctl, const char *path, const char *backup, asker_line *line, void *context);

#endif
