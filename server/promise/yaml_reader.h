// Reads a YAML document by a strict schema. Every fault names file, line and field; reading goes on after a fault, so
// that a person mends a file once and not once for each mistake. Values read after a fault are harmless defaults.
#ifndef PROMISE_YAML_READER_H
#define PROMISE_YAML_READER_H

#include <yaml.h>

#include "base/arena.h"

enum { FILE_FAULTS_MAX = 20, FILE_FAULT_SIZE = 640 };

struct file_fault {
    unsigned line;                 // from 1
    char field[FAULT_FIELD_SIZE];  // "promises[0].commitments[1].target"; empty for the file as such
    char text[FAULT_TEXT_SIZE];    // what to do
    char message[FILE_FAULT_SIZE]; // "lund.yaml:23: promises[0].commitments[1].target: must be at least 1"
};
struct file_faults {
    size_t count; // of those kept
    size_t more;  // further ones, not kept
    struct file_fault faults[FILE_FAULTS_MAX];
};

struct yaml_reader {
    const char *name; // of the file, for messages
    struct arena *arena;
    yaml_document_t *document;
    struct file_faults *faults;
    bool no_memory;
};

// A value and the way to it. node is NULL where the key is absent; line is then that of the mapping.
struct yaml_at {
    yaml_node_t *node;
    unsigned line;
    char path[FAULT_FIELD_SIZE];
};

void yaml_fault(struct yaml_reader *reader, const struct yaml_at *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct yaml_at yaml_root(struct yaml_reader *reader);
// A fault where it is no mapping, a key is unknown (with the nearest known one) or comes twice. Absent is fine.
void yaml_mapping(struct yaml_reader *reader, const struct yaml_at *at, const char *const *keys, size_t count);
struct yaml_at yaml_get(struct yaml_reader *reader, const struct yaml_at *mapping, const char *key);
static inline bool yaml_has(const struct yaml_at *at) {
    return at->node != NULL;
}
// Length of a sequence, at most max; 0 where absent.
size_t yaml_length(struct yaml_reader *reader, const struct yaml_at *at, size_t max);
struct yaml_at yaml_item(struct yaml_reader *reader, const struct yaml_at *sequence, size_t index);
void yaml_require(struct yaml_reader *reader, const struct yaml_at *at); // a fault where absent

// Scalars; the default ("" 0 false -1) where absent or faulty. Texts lie in the arena.
char *yaml_text(struct yaml_reader *reader, const struct yaml_at *at);
char *yaml_id(struct yaml_reader *reader, const struct yaml_at *at);   // an id of reference data
char *yaml_date(struct yaml_reader *reader, const struct yaml_at *at); // YYYY-MM-DD
int64_t yaml_number(struct yaml_reader *reader, const struct yaml_at *at, int64_t min, int64_t max);
int32_t yaml_degrees_e6(struct yaml_reader *reader, const struct yaml_at *at, int max);
bool yaml_flag(struct yaml_reader *reader, const struct yaml_at *at);
int yaml_choice(struct yaml_reader *reader, const struct yaml_at *at, const char *const *words, size_t count);
// A list of ids.
char **yaml_ids(struct yaml_reader *reader, const struct yaml_at *at, size_t max, size_t *ret_count);
// Zeroed memory; on ROND_ENOMEM the reader notes it and answers NULL.
void *yaml_new(struct yaml_reader *reader, size_t count, size_t size);

#endif
