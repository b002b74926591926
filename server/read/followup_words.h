// The words of a follow-up's page in both languages.
#ifndef READ_FOLLOWUP_WORDS_H
#define READ_FOLLOWUP_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum followup_word {
    WORD_KIND,
    WORD_TERTIAL,
    WORD_FINAL,
    WORD_EARLY,
    WORD_VERSION,
    WORD_PROMISE_PERIOD,
    WORD_PARTIES,
    WORD_SOURCES,
    WORD_PHASE,
    WORD_PROMISE_VERSION,
    WORD_COMMITMENTS,
    WORD_COMMITMENT,
    WORD_STATUS,
    WORD_UNTIL,
    WORD_PART,
    WORD_BASIS,
    WORD_SURENESS,
    WORD_SURENESS_TEXT,
    WORD_UNKNOWN_TEXT,
    WORD_BY_REPORTS,
    WORD_NO_DEVICE,
    WORD_NO_DEVICE_THEN,
    WORD_ALL_HEARD,
    WORD_SILENT,
    WORD_SILENT_SINCE,
    WORD_NEVER_HEARD,
    WORD_UNSENT,
    WORD_CHANGES,
    WORD_CHANGES_TEXT,
    WORD_NO_CHANGES,
    WORD_PROMISE_EDITED,
    WORD_BEFORE,
    WORD_NOW,
    WORD_WHY,
    WORD_ABSENT,
    WORD_MADE_FROM,
    WORD_STATE,
    WORD_ZONE,
    WORD_CHECK,
    WORD_COUNT
};
const char *followup_word(enum followup_word word, bool swedish);

// Of names in the document: "met", "act", "citizen_dialogue"; NULL where the name has no words here.
const char *followup_status(const char *status, bool swedish);
const char *followup_phase(const char *phase, bool swedish);
const char *followup_source(const char *source, bool swedish);
const char *followup_month(int month, bool swedish); // 1..12

// A sentence for each field of a change's "why": of a number (one, or many, with the number before it) or of a truth.
struct followup_reason {
    const char *name;
    const char *one_sv, *many_sv, *one_en, *many_en; // many NULL: a truth, told by `one`
};
extern const struct followup_reason FOLLOWUP_REASONS[];
extern const size_t FOLLOWUP_REASONS_COUNT;

#endif
