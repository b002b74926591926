#include "read/public_words.h"

#include "base/check.h"

const char *public_word(enum public_word word, bool swedish) {
    static const char *const words[PUBLIC_WORD_COUNT][2] = {
        [PUBLIC_TITLE] = {"How the citizen promises are kept", "Så hålls medborgarlöftena"},
        [PUBLIC_INTRODUCTION] =
            {"A citizen promise says what the police, the municipality and others undertake to do for safety where you "
             "live. "
             "Here you see what has been promised and what has been done.",
             "Ett medborgarlöfte säger vad polisen, kommunen och andra åtar sig att göra för tryggheten där du bor. Här ser "
             "du vad som har lovats och vad som har gjorts."},
        [PUBLIC_NONE] = {"No promise is being kept here yet.", "Här finns inget löfte som har börjat gälla än."},
        [PUBLIC_WEEK] = {"The figures are from the week that began on", "Siffrorna är från veckan som började"},
        [PUBLIC_OTHER_LANGUAGE] = {"På svenska", "In English"},
        [PUBLIC_LANGUAGE] = {"Language", "Språk"},
        [PUBLIC_SKIP] = {"Go to the content", "Gå till innehållet"},
        [PUBLIC_BACK] = {"All promises", "Alla löften"},
        [PUBLIC_ABSENT] = {"There is nothing at this address", "Det finns inget på den här adressen"},
        [PUBLIC_ABSENT_TEXT] = {"It may have been mistyped, or what was there is not public any more.",
                                "Den kan vara felskriven, eller så är det som fanns där inte offentligt längre."},
        [PUBLIC_HOLDS] = {"The promise holds", "Löftet gäller"},
        [PUBLIC_PARTIES] = {"Parties", "Parter"},
        [PUBLIC_SOURCES] = {"Built on", "Bygger på"},
        [PUBLIC_PLACES] = {"Places that it names", "Platser som nämns"},
        [PUBLIC_FIGURE] = {"So far", "Hittills"},
        [PUBLIC_SURE] = {"How sure", "Hur säkert"},
        [PUBLIC_NO_DEVICE] = {"No device reports toward it", "Ingen enhet rapporterar till det"},
        [PUBLIC_ALL_HEARD] = {"All devices heard of:", "Alla enheter har hörts av:"},
        [PUBLIC_SILENT] = {"Silent devices:", "Tysta enheter:"},
        [PUBLIC_BY_PLACE] = {"By place", "Per plats"},
        [PUBLIC_PLACE] = {"Place", "Plats"},
        [PUBLIC_KEPT] = {"Times kept", "Hållna pass"},
        [PUBLIC_SMALL] = {"not shown", "visas inte"},
        [PUBLIC_SMALL_TEXT] =
            {"Counts under five are not shown by place, nor so much more that they could be worked out.",
             "Antal under fem visas inte per plats, och inte heller så mycket annat att de går att räkna ut."},
        [PUBLIC_STATEMENTS] = {"Published follow-ups", "Publicerade uppföljningar"},
        [PUBLIC_NO_STATEMENTS] = {"No follow-up is published yet.", "Ingen uppföljning är publicerad än."},
        [PUBLIC_STATEMENTS_OF] = {"Published follow-ups of the promise", "Löftets publicerade uppföljningar"},
        [PUBLIC_PERIOD] = {"Period", "Period"},
        [PUBLIC_WHOLE_PERIOD] = {"The whole period", "Hela perioden"},
        [PUBLIC_TERTIAL] = {"Tertial", "Tertial"},
        [PUBLIC_VERSION] = {"Version", "Version"},
        [PUBLIC_RESTATEMENT] = {"restated", "ändrad uppföljning"},
        [PUBLIC_PUBLISHED] = {"Published", "Publicerad"},
        [PUBLIC_DOCUMENT] = {"Signed document (JSON)", "Undertecknat dokument (JSON)"},
        [PUBLIC_SIGNATURE] = {"Signature", "Underskrift"},
        [PUBLIC_CHECK] = {"A published follow-up is signed and never changes. What comes in later appears in a new version "
                          "that says what "
                          "changed and why.",
                          "En publicerad uppföljning är undertecknad och ändras aldrig. Det som kommer in senare syns i en "
                          "ny version, som "
                          "säger vad som har ändrats och varför."},
        [PUBLIC_KEYS] = {"Keys to check the signatures with", "Nycklar att kontrollera underskrifterna med"},
        [PUBLIC_DATA] = {"Open data", "Öppna data"},
        [PUBLIC_DATA_TEXT] = {"The same figures to use as you like. The addresses stay the same.",
                              "Samma siffror att använda fritt. Adresserna står fast."},
        [PUBLIC_TABLE] = {"table", "tabell"},
        [PUBLIC_MAP] = {"map", "karta"},
        [PUBLIC_LICENCE] = {"Licence", "Licens"},
        [PUBLIC_HOW] = {"How to read it", "Så läses den"},
        [PUBLIC_HOW_TEXT] =
            {"Figures are renewed once a week. They count what has been reported; a device is silent where it has not been "
             "heard of for a day, or still has reports to send, so that a figure may be too low. What is behind or not met "
             "is "
             "then said to be not yet known.",
             "Siffrorna förnyas en gång i veckan. De räknar det som har rapporterats; en enhet är tyst om den inte har "
             "hörts "
             "av på ett dygn, eller har rapporter kvar att skicka, och då kan siffran vara för låg. Det som ligger efter "
             "eller "
             "inte är uppfyllt sägs då vara sådant man inte vet än."},
        [PUBLIC_NOT_SHOWN] =
            {"Nothing here says who has reported, when or exactly where: only how each commitment stands. Places on the map "
             "are given to about a kilometre.",
             "Ingenting här säger vem som har rapporterat, när eller exakt var: bara hur det står till med varje åtagande. "
             "Platser på kartan anges på ungefär en kilometer när."},
        [PUBLIC_ACCESSIBILITY] = {"Accessibility statement", "Tillgänglighetsredogörelse"},
    };
    CHECK((unsigned)word < PUBLIC_WORD_COUNT);
    return words[word][swedish];
}
