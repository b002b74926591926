// rondctl verify --backup, which looks at a backup with the functions that look at a store.
#ifndef CTL_BACKUP_H
#define CTL_BACKUP_H

#include "ctl/asker.h"

// Gives the rows and the last line of "verify". Answers an exit code; what cannot be looked at has been said.
int backup_verify_receipt(const char *backup, const json_t *receipt, asker_line *line, void *context); // of "verify.receipt"
int backup_verify(const struct ctl *ctl, const char *backup, asker_line *line, void *context);

#endif
