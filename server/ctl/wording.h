// How rondctl shows to a person what its answers name in one word: in Swedish, or in English.
#ifndef CTL_WORDING_H
#define CTL_WORDING_H

#include <stdbool.h>
#include <stddef.h>

// What has no words here is shown by its name.
const char *wording_status(const char *status, bool swedish); // of a commitment: "on_pace"
const char *wording_state(const char *state, bool swedish);   // of a promise: "followed_up"
const char *wording_kind(const char *kind, bool swedish);     // of a report: "safety_walk"
const char *wording_weekday(const char *day, bool swedish);   // "mon"

enum { WORDING_MOMENT_SIZE = 24 };
// "2015-05-08T12:00:00Z" as "2015-05-08 12:00 UTC"; "never" where it is "".
const char *wording_moment(const char *moment, bool swedish, char ret_text[WORDING_MOMENT_SIZE]);

// "  erased on 2026-05-08 under rule polisen/default 90d", of a row that says so; why it has no text. With blanks before.
void wording_erased(const char *at, const char *rule, bool swedish);
void wording_no_text(const char *why, bool swedish);

// Columns count characters, not bytes: printf's own width would cut into å, ä and ö.
size_t wording_width(const char *text);
// Prints the text and blanks up to the width, on its right or, of numbers, on its left.
void wording_left(const char *text, size_t width);
void wording_right(const char *text, size_t width);

#endif
