#include "read/followup_words.h"

#include <string.h>

#include "base/check.h"

const char *followup_word(enum followup_word word, bool swedish) {
    static const char *const words[WORD_COUNT][2] = {
        [WORD_KIND] = {"Follow-up of a citizen promise", "Uppföljning av medborgarlöfte"},
        [WORD_TERTIAL] = {"Tertial", "Tertial"},
        [WORD_FINAL] = {"The whole period", "Hela perioden"},
        [WORD_EARLY] = {"Published before the period had ended: it tells of what had happened until",
                        "Publicerad innan perioden var slut: den gäller det som hade hänt till och med"},
        [WORD_VERSION] = {"This follow-up", "Denna uppföljning"},
        [WORD_PROMISE_PERIOD] = {"The promise holds", "Löftet gäller"},
        [WORD_PARTIES] = {"Parties", "Parter"},
        [WORD_SOURCES] = {"Built on", "Bygger på"},
        [WORD_PHASE] = {"Phase", "Fas"},
        [WORD_PROMISE_VERSION] = {"Wording of the promise", "Löftets lydelse"},
        [WORD_COMMITMENTS] = {"Commitments", "Åtaganden"},
        [WORD_COMMITMENT] = {"Commitment", "Åtagande"},
        [WORD_STATUS] = {"Status", "Läge"},
        [WORD_UNTIL] = {"Until", "Till och med"},
        [WORD_PART] = {"Of which in the tertial", "Varav under tertialet"},
        [WORD_BASIS] = {"How sure", "Hur säkert"},
        [WORD_SURENESS] = {"How to read it", "Så läses den"},
        [WORD_SURENESS_TEXT] =
            {"A report counts on the day on which it happened, not on the day on which it came in. A device is silent where "
             "it has not been heard of since the period ended, or still has reports to send: it may have something to tell "
             "of that time, and the figure may be too low. What comes in after publication does not change this document: "
             "it appears in a new version that says what changed and why.",
             "En rapport räknas den dag då det hände, inte den dag då den kom in. En enhet är tyst om den inte har hörts av "
             "sedan perioden gick ut, eller om den har rapporter kvar att skicka: den kan ha något att berätta om den "
             "tiden, "
             "och siffran kan vara för låg. Det som kommer in efter publiceringen ändrar inte detta dokument: det syns i en "
             "ny version, som säger vad som har ändrats och varför."},
        [WORD_UNKNOWN_TEXT] =
            {"What is behind or not met by what has come in is not yet known while a device that can report toward it is "
             "silent, also one that was enrolled later.",
             "Det som ligger efter eller inte är uppfyllt enligt det som kommit in vet man inte än så länge en enhet som kan "
             "rapportera till det är tyst, också en som anslöts senare."},
        [WORD_BY_REPORTS] = {"by what has come in:", "enligt det som kommit in:"},
        [WORD_NO_DEVICE] = {"No device reports toward it", "Ingen enhet rapporterar till det"},
        [WORD_NO_DEVICE_THEN] = {"No device was enrolled by then", "Ingen enhet var ansluten då"},
        [WORD_ALL_HEARD] = {"All devices heard of:", "Alla enheter har hörts av:"},
        [WORD_SILENT] = {"Silent devices:", "Tysta enheter:"},
        [WORD_SILENT_SINCE] = {"the longest since", "som längst sedan"},
        [WORD_NEVER_HEARD] = {"never heard of:", "aldrig hörda:"},
        [WORD_UNSENT] = {"with reports left to send:", "med rapporter kvar att skicka:"},
        [WORD_CHANGES] = {"Changed since version", "Ändrat sedan version"},
        [WORD_CHANGES_TEXT] = {"The earlier version stands as it was published.",
                               "Den tidigare versionen står kvar som den publicerades."},
        [WORD_NO_CHANGES] = {"No figure is another one.", "Ingen siffra är en annan."},
        [WORD_PROMISE_EDITED] = {"The wording of the promise was changed.", "Löftets lydelse har ändrats."},
        [WORD_BEFORE] = {"Before", "Tidigare"},
        [WORD_NOW] = {"Now", "Nu"},
        [WORD_WHY] = {"Why", "Varför"},
        [WORD_ABSENT] = {"was not there", "fanns inte"},
        [WORD_MADE_FROM] = {"Made from", "Gjord av"},
        [WORD_STATE] = {"state", "läget"},
        [WORD_ZONE] = {"time zone table", "tidszonstabell"},
        [WORD_CHECK] =
            {"This page is made from a signed document. Whoever has that document and its signature can check that nothing "
             "in it was changed: rondctl followup verify, or openssl.",
             "Denna sida är gjord av ett undertecknat dokument. Den som har dokumentet och underskriften kan kontrollera "
             "att inget i det har ändrats: rondctl followup verify, eller openssl."},
    };
    CHECK((unsigned)word < WORD_COUNT);
    return words[word][swedish];
}

struct named {
    const char *name, *english, *swedish;
};

static const char *find(const struct named *list, size_t count, const char *name, bool swedish) {
    for (size_t i = 0; name != NULL && i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return swedish ? list[i].swedish : list[i].english;
    return NULL;
}

const char *followup_status(const char *status, bool swedish) {
    static const struct named list[] = {
        {"not_started", "Not begun", "Ej påbörjat"},
        {"met", "Met", "Uppfyllt"},
        {"on_pace", "On pace", "I fas"},
        {"behind", "Behind", "Efter"},
        {"missed", "Not met", "Ej uppfyllt"},
        {"counted", "Counted, no target", "Räknas, utan mål"},
        {"unknown", "Not yet known", "Vet inte än"},
    };
    return find(list, ARRAY_COUNT(list), status, swedish);
}

const char *followup_phase(const char *phase, bool swedish) {
    static const struct named list[] = {
        {"initiate", "initiate", "initiera"},
        {"map", "map", "kartlägga"},
        {"analyse", "analyse", "analysera"},
        {"act", "act", "agera"},
        {"follow_up", "follow up and feed back", "följa upp och återkoppla"},
    };
    return find(list, ARRAY_COUNT(list), phase, swedish);
}

const char *followup_source(const char *source, bool swedish) {
    static const struct named list[] = {
        {"citizen_dialogue", "citizen dialogues", "medborgardialoger"},
        {"staff_dialogue", "staff dialogues", "medarbetardialoger"},
        {"crime_statistics", "crime statistics", "brottsstatistik"},
    };
    return find(list, ARRAY_COUNT(list), source, swedish);
}

const char *followup_month(int month, bool swedish) {
    static const char *const names[12][2] = {
        {"January", "januari"}, {"February", "februari"}, {"March", "mars"},
        {"April", "april"},     {"May", "maj"},           {"June", "juni"},
        {"July", "juli"},       {"August", "augusti"},    {"September", "september"},
        {"October", "oktober"}, {"November", "november"}, {"December", "december"},
    };
    CHECK(month >= 1 && month <= 12);
    return names[month - 1][swedish];
}

const struct followup_reason FOLLOWUP_REASONS[] = {
    {"late", "rapport kom in efter publiceringen", "rapporter kom in efter publiceringen",
     "report came in after publication", "reports came in after publication"},
    {"corrected", "rapport rättades", "rapporter rättades", "report was corrected", "reports were corrected"},
    {"withdrawn", "rapport återtogs", "rapporter återtogs", "report was withdrawn", "reports were withdrawn"},
    {"released", "rapport släpptes ur karantän", "rapporter släpptes ur karantän", "report was released from quarantine",
     "reports were released from quarantine"},
    {"decided", "rapport räknas annorlunda efter ett beslut", "rapporter räknas annorlunda efter beslut",
     "report counts otherwise after a decision", "reports count otherwise after decisions"},
    {"edited", "åtagandet ändrades", NULL, "the commitment was edited", NULL},
    {"rules", "räknereglerna ändrades", NULL, "the rules of counting changed", NULL},
    {"ended", "perioden hade inte gått ut", NULL, "the period had not ended", NULL},
    {"heard", "ett annat antal enheter är tysta", NULL, "another number of devices is silent", NULL},
    {"form", "den tidigare versionen hade en äldre form, som inte sade vad man inte vet än", NULL,
     "the version before had an older form, which did not say what is not yet known", NULL},
};
const size_t FOLLOWUP_REASONS_COUNT = ARRAY_COUNT(FOLLOWUP_REASONS);
