#include "base/check.h"
#include "counting/match.h"

static const struct {
    const char *name;
    const char *swedish;
    const char *english;
} reasons[REASON_COUNT] = {
    [REASON_COUNTED] = {"counted", "Räknas.", "It counts."},
    [REASON_KIND] = {"kind", "Åtagandet gäller en annan sorts aktivitet.",
                     "The commitment is about another kind of activity."},
    [REASON_AREA] = {"area", "Aktiviteten hör till ett annat område.", "The activity belongs to another area."},
    [REASON_PERIOD] = {"period", "Aktiviteten ligger utanför löftets period.",
                       "The activity lies outside the promise's period."},
    [REASON_PHASE] = {"phase", "Löftet var ännu inte i fasen agera.", "The promise was not yet in the phase act."},
    [REASON_SEASON] = {"season", "Aktiviteten ligger utanför åtagandets säsong.",
                       "The activity lies outside the commitment's season."},
    [REASON_PLACE] = {"place", "Åtagandet gäller andra platser.", "The commitment is about other places."},
    [REASON_DETAIL] = {"detail", "Innehållet är inte det som åtagandet gäller.",
                       "The content is not what the commitment is about."},
    [REASON_ROLE] = {"role", "Ingen av de roller som åtagandet gäller var med.",
                     "None of the roles that the commitment is about took part."},
    [REASON_WINDOW] = {"window", "Närvaron ligger utanför de utlovade tiderna.",
                       "The presence lies outside the promised times."},
    [REASON_NOTHING_UNSAFE] = {"nothing_unsafe", "Ingen plats upplevdes som otrygg.", "No place was found unsafe."},
    [REASON_REPLACED] = {"replaced", "En rättelse gäller i stället.", "A correction stands in its place."},
    [REASON_WITHDRAWN] = {"withdrawn", "Rapporten är återtagen.", "The report is withdrawn."},
    [REASON_REPEATED] = {"repeated", "Rapporten finns redan under sin första beteckning.",
                         "The report is there already under its first identity."},
    [REASON_QUARANTINED] = {"quarantined", "Rapporten är i karantän.", "The report is in quarantine."},
    [REASON_WAITING_TARGET] = {"waiting_target", "Rapporten som rättas har inte kommit in ännu.",
                               "The report that it corrects has not arrived yet."},
    [REASON_FOREIGN_TARGET] = {"foreign_target", "Rapporten som rättas tillhör en annan organisation.",
                               "The report that it corrects belongs to another organisation."},
    [REASON_ORGANISATIONS] = {"organisations", "Någon organisation som krävs är ännu inte med.",
                              "Some organisation that is required is still missing."},
    [REASON_OWNER] = {"owner", "Åtagandet är en annan organisations eget.", "The commitment is another organisation's own."},
    [REASON_ROLE_TARGET] = {"role_target", "Rollen får inte rätta den rapporten.", "The role may not correct that report."},
    [REASON_PARTS] = {"parts", "Någon del som hör till saknas ännu.", "Some part that belongs to it is still missing."},
};

const char *reason_name(enum counting_reason reason) {
    CHECK((unsigned)reason < REASON_COUNT);
    return reasons[reason].name;
}

const char *reason_sentence(enum counting_reason reason, bool swedish) {
    CHECK((unsigned)reason < REASON_COUNT);
    return swedish ? reasons[reason].swedish : reasons[reason].english;
}
