// What the files of `rondctl followup` share.
#ifndef CTL_FOLLOWUP_H
#define CTL_FOLLOWUP_H

#include "ctl/asker.h"
#include "wire/sign.h"

// verify FILE SIGNATURE [--key KEYFILE], export DIR; argv[0] is the action.
int followup_verify(const struct ctl *ctl, int argc, char **argv);
int followup_export(const struct ctl *ctl, int argc, char **argv);

// A file that is there is replaced. Answers an exit code; what went wrong has been said.
int followup_file_write(const char *path, struct bytes content);
// The signature of a row that has one.
bool followup_signature_of(json_t *row, struct signature *ret_signature);

extern const char followup_help[];

#endif
