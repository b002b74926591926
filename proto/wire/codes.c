#include "wire/codes.h"

#include <ctype.h>
#include <pthread.h>
#include <stddef.h>

#include "base/check.h"

enum { NAME_SIZE = 32 };

static const struct code {
    unsigned number;
    bool retryable;
    const char *sentence;
} codes[] = {
#define WIRE_CODE_ROW(name, number, retryable, sentence) {number, retryable, sentence},
    WIRE_CODES(WIRE_CODE_ROW)
#undef WIRE_CODE_ROW
};

// A table of its own, in the order of the codes: a handheld has no use for it. As in the list, until lowered.
static char names[][NAME_SIZE] = {
#define WIRE_CODE_NAME(name, number, retryable, sentence) #name,
    WIRE_CODES(WIRE_CODE_NAME)
#undef WIRE_CODE_NAME
};

static pthread_once_t lowered = PTHREAD_ONCE_INIT;

static void lower_names(void) {
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        for (char *c = names[i]; *c != '\0'; c++)
            *c = (char)tolower((unsigned char)*c);
}

static const struct code *find(unsigned number) {
    for (size_t i = 0; i < ARRAY_COUNT(codes); i++)
        if (codes[i].number == number)
            return &codes[i];
    return NULL;
}

const char *wire_code_name(unsigned code) {
    pthread_once(&lowered, lower_names);
    const struct code *found = find(code);
    if (found != NULL)
        return names[found - codes];
    return code == CODE_NONE ? "none" : "unknown";
}

const char *wire_code_sentence(unsigned code) {
    const struct code *found = find(code);
    return found != NULL ? found->sentence : "The other side gave a reason that this version does not know; update the app.";
}

const char *wire_code_sentence_swedish(unsigned code) {
    static const struct {
        unsigned code;
        const char *sentence;
    } sentences[] = {
        {CODE_REPORT_UNREADABLE, "Rapporten går inte att läsa."},
        {CODE_REPORT_INVALID, "Ett fält i rapporten är fel."},
        {CODE_REPORT_SCHEMA, "Rapporten har en nyare form än servern känner; uppdatera servern."},
        {CODE_ROLE_NOT_ENROLLED, "Enheten är inte ansluten för den rollen."},
        {CODE_AREA_UNKNOWN, "Området är inte känt här."},
        {CODE_PLACE_UNKNOWN, "Platsen är inte känd i området."},
        {CODE_TERM_UNKNOWN, "Ordet finns inte i referensdata."},
        {CODE_ORGANISATION_UNKNOWN, "Organisationen är inte känd här."},
        {CODE_TIME_IMPLAUSIBLE, "Rapporten säger att det hände i framtiden."},
        {CODE_DEVICE_RETIRED, "Enheten hade tagits ur bruk när rapporten kom in."},
        {CODE_TARGET_FOREIGN, "Rapporten rättar eller återtar en annan organisations."},
        {CODE_KIND_UNKNOWN, "Sorten av rapport är inte känd; uppdatera servern."},
        {CODE_APPROVAL_OWN, "Den som gav ut koden får inte godkänna den; be en annan administratör."},
        {CODE_RECEIPT_CONTRADICTED,
         "Servern saknar rapporter som den har kvitterat; behåll enheten och säg till din administratör."},
        {CODE_RECEIPT_INVALID, "Ett kvitto från servern är inte underskrivet med dess nyckel; säg till din administratör."},
    };
    for (size_t i = 0; i < ARRAY_COUNT(sentences); i++)
        if (sentences[i].code == code)
            return sentences[i].sentence;
    return "Rapporten behöver ses över.";
}

// A refusal of a newer peer that is not known here is final until somebody looks: trying again would not mend it.
bool wire_code_is_retryable(unsigned code) {
    const struct code *found = find(code);
    return found != NULL && found->retryable;
}
