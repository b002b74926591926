// `where` of a commitment or of a part: {FIELD: word | [words], ...}. docs/promises.md lists the fields.
#ifndef PROMISE_WHERE_FILE_H
#define PROMISE_WHERE_FILE_H

#include "promise/promise_file.h"

// at: the commitment or part. Fills filter->where; words become terms as everywhere.
void where_file_read(struct yaml_reader *reader, struct promise_file *file, const struct yaml_at *at,
                     Rond__V1__Filter *filter);
// Faults where a field says nothing with the kind, or what another key says already. kind unspecified: only fields that
// every kind has; name: what settles the kind, for the message.
void where_file_check(struct yaml_reader *reader, const struct yaml_at *at, Rond__V1__Kind kind, const char *name);

#endif
