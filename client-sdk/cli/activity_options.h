// The options of `report`, `correct` and `draft save`: a kind and what was done, into a rond_activity.
#ifndef CLI_ACTIVITY_OPTIONS_H
#define CLI_ACTIVITY_OPTIONS_H

#include "warnings.h"

enum {
    OPTION_ITEMS_MAX = 32,
    OPTION_PERSONS_MAX = 16,
    OPTION_FINDINGS_MAX = 64,
    OPTION_SURVEYED_MAX = 128,
    OPTION_ORGANISATIONS_MAX = 16
};

#define ACTIVITY_OPTIONS_HELP                                                                                               \
    "What every kind takes:\n"                                                                                              \
    "  --place PLACE               where (rond words place)\n"                                                              \
    "  --from TIME, --to TIME      when: \"2015-05-08 14:00\", \"14:00\", RFC 3339 or @UNIX; else now\n"                    \
    "  --commitment PROMISE/ID     the commitment it is meant for, even in another area; those that match count anyway\n"   \
    "  --with-org ORGANISATION     who took part beside your own; again for each\n"                                         \
    "  --activity REF              shared reference of a joint activity: a planned one (rond activities), from which\n"     \
    "                              place, commitment and what it is of are taken where they are not said, or any other\n"    \
    "  --role ROLE                 in which role; needed where the device has several\n"                                    \
    "  --text TEXT                 free text; no personal data about citizens\n"                                            \
    "  --position LAT,LON[,METRES] where exactly\n"                                                                         \
    "  --area AREA                 else the device's own\n"                                                                 \
    "  --dry-run                   check it and tell what it would count toward; save nothing\n" WARNINGS_HELP "\n"            \
    "check:       --of WHAT --form targeted|coordinated --checked N [--remarked N] [--reported N]\n"                        \
    "handout:     --item WHAT=N (again for each) [--information]\n"                                                         \
    "patrol:      --persons ROLE=N (again for each); with --place, --from, --to\n"                                          \
    "walk:        --safe PLACE-FOUND, --unsafe PLACE-FOUND (again for each), with PLACE-FOUND as\n"                         \
    "             place=PLACE (or where=TEXT),cause=TEXT,responsible=ORGANISATION,action=TEXT,due=YYYY-MM-DD,id=ID\n"       \
    "             and, where the place was found on an earlier walk, rewalk=REFERENCE:ID or --rewalk REFERENCE:ID after\n"  \
    "             it; a comma within a text is written \\,\n"                                                               \
    "meeting:     [--with COUNTERPART] [--subject TEXT], or the parties by --with-org\n"                                    \
    "inventory:   --of WHAT --surveyed N [--finding place=PLACE,text=TEXT (again for each)]\n"                              \
    "initiative:  --of TYPE [--quantity N] [--unit UNIT] [--outcome TEXT]\n"

// The activity points into this and into argv; not moved after parsing.
struct activity_options {
    rond_activity activity;
    rond_item items[OPTION_ITEMS_MAX];
    rond_persons persons[OPTION_PERSONS_MAX];
    rond_finding findings[OPTION_FINDINGS_MAX];
    rond_surveyed surveyed[OPTION_SURVEYED_MAX];
    const char *organisations[OPTION_ORGANISATIONS_MAX];
    const char *from, *to; // as typed; resolved last
    bool is_dry_run;
    bool is_anyway;           // --anyway
    unsigned long long draft; // --number: of `draft save`; 0: none
};

// argv[0] is the kind. Changes argv's texts in place. An exit code; it has said what is wrong.
int activity_options_parse(struct cli *cli, int argc, char **argv, struct activity_options *options);
// Warns of words and of a commitment that the reference data does not know, with the nearest that it does.
void activity_options_warn(struct cli *cli, const rond_activity *activity);

// What to do about personal data in it.
enum warnings_answer activity_options_answer(const struct activity_options *options);

const char *kind_label(enum rond_kind kind); // "check", ..., "-" for none

#endif
