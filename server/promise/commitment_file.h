// One commitment of a promise file. The shapes and what each may say are in docs/promises.md.
#ifndef PROMISE_COMMITMENT_FILE_H
#define PROMISE_COMMITMENT_FILE_H

#include "promise/promise_file.h"

// Words that a commitment uses become terms where the file has none; see promise_file.c.
void promise_file_word(struct yaml_reader *reader, struct promise_file *file, const char *list, const char *id);
// A fault at the item where the id names no organisation (place) of the file.
void promise_file_organisation(struct yaml_reader *reader, const struct promise_file *file, const struct yaml_at *at,
                               const char *id);
void promise_file_place(struct yaml_reader *reader, const struct promise_file *file, const struct yaml_at *at,
                        const char *id);

// Never NULL but without memory. What is faulty is noted and left at its default.
Rond__V1__Commitment *commitment_file_read(struct yaml_reader *reader, struct promise_file *file, const struct yaml_at *at,
                                           const Rond__V1__Promise *promise);

#endif
