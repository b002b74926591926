#include "people_refusal.h"

#include <jansson.h>
#include <stdlib.h>

static const struct {
    unsigned status;
    const char *code, *english, *swedish;
} REFUSALS[PEOPLE_REFUSALS] = {
    [REFUSAL_NONE] = {200, "none", "", ""},
    [REFUSAL_REQUEST_INVALID] = {400, "request_invalid", "The request cannot be read; reload the page and try again.",
                                 "Förfrågan kan inte läsas; ladda om sidan och försök igen."},
    [REFUSAL_NOT_LOGGED_IN] = {401, "not_logged_in", "Log in first.", "Logga in först."},
    // The same whether the name, the password or the code was wrong, and while a wait lasts.
    [REFUSAL_LOGIN] = {401, "login_refused",
                       "That did not log you in. Check name, password and code; after several tries wait a while, or ask "
                       "your administrator.",
                       "Inloggningen gick inte. Kontrollera namn, lösenord och kod; vänta en stund efter flera försök, "
                       "eller fråga er administratör."},
    [REFUSAL_SETUP] = {401, "setup_refused",
                       "The one-time code is not valid for that name; ask your administrator for a new one.",
                       "Engångskoden gäller inte för det namnet; be er administratör om en ny."},
    // The same while a wait lasts.
    [REFUSAL_PASSWORD] = {403, "password_refused",
                          "Your present password does not fit; try again, and after several tries wait a while.",
                          "Ditt nuvarande lösenord stämmer inte; försök igen, och vänta en stund efter flera försök."},
    [REFUSAL_ORIGIN] = {403, "origin_refused",
                        "The request came from another page; open this server's own page and try again.",
                        "Förfrågan kom från en annan sida; öppna den här serverns egen sida och försök igen."},
    [REFUSAL_CSRF] = {403, "csrf_refused", "The page is out of date; reload it and try again.",
                      "Sidan är inaktuell; ladda om den och försök igen."},
    [REFUSAL_PROXY_HEADER] = {403, "proxy_header_refused",
                              "This request may not come this way; use the address that you were given.",
                              "Förfrågan får inte komma den här vägen; använd adressen som ni har fått."},
    [REFUSAL_NOT_PERMITTED] = {403, "not_permitted", "Your role does not include this; ask your administrator.",
                               "Det ingår inte i din roll; fråga er administratör."},
    [REFUSAL_NOT_FOUND] = {404, "not_found", "There is no such thing, or it is not yours to see.",
                           "Det finns inte, eller är inte till för dig."},
    [REFUSAL_METHOD] = {405, "method_not_allowed", "This is asked for otherwise; reload the page.",
                        "Det här frågas efter på annat sätt; ladda om sidan."},
    [REFUSAL_TOO_LARGE] = {413, "too_large", "The request is too large, or does not say how large it is; send less at once.",
                           "Förfrågan är för stor, eller säger inte hur stor den är; skicka mindre åt gången."},
    [REFUSAL_ADDRESS] = {414, "address_too_long", "The address is too long; ask for less at once.",
                         "Adressen är för lång; fråga efter mindre åt gången."},
    [REFUSAL_CONFLICT] = {409, "conflict", "It contradicts what is there; look again and decide anew.",
                          "Det motsäger vad som finns; titta igen och besluta på nytt."},
    [REFUSAL_VERSION] = {409, "version_conflict",
                         "Somebody else has changed it since you began; nothing of yours was saved. Look at what changed, "
                         "and decide anew.",
                         "Någon annan har ändrat det sedan du började; inget av ditt sparades. Titta på vad som ändrats och "
                         "besluta på nytt."},
    [REFUSAL_ARGUMENT] = {422, "argument_invalid", "Something in the request is wrong; mend it and try again.",
                          "Något i förfrågan är fel; rätta det och försök igen."},
    [REFUSAL_REASON] = {422, "reason_missing", "Say why; it is kept in the audit log.", "Ange varför; det sparas i loggen."},
    [REFUSAL_TOO_MANY] = {429, "too_many_requests", "Too many tries; wait a minute.", "För många försök; vänta en minut."},
    [REFUSAL_BUSY] = {503, "busy", "The server is busy or being restarted; try again shortly.",
                      "Servern är upptagen eller startas om; försök igen strax."},
    [REFUSAL_FAILED] = {500, "failed", "It could not be done, and nothing was changed; tell your administrator.",
                        "Det gick inte, och inget ändrades; säg till er administratör."},
};

unsigned people_refusal_status(enum people_refusal refusal) {
    return REFUSALS[refusal].status;
}

const char *people_refusal_code(enum people_refusal refusal) {
    return REFUSALS[refusal].code;
}

const char *people_refusal_sentence(enum people_refusal refusal) {
    return REFUSALS[refusal].english;
}

const char *people_refusal_sentence_swedish(enum people_refusal refusal) {
    return REFUSALS[refusal].swedish;
}

enum people_refusal people_refusal_of(enum rond_err err) {
    switch (err) {
    case ROND_OK:
        return REFUSAL_NONE;
    case ROND_EAGAIN:
        return REFUSAL_BUSY;
    case ROND_EINVALID:
        return REFUSAL_ARGUMENT;
    case ROND_ECONFLICT:
        return REFUSAL_CONFLICT;
    case ROND_EAUTH:
        return REFUSAL_NOT_PERMITTED;
    case ROND_ENOTFOUND:
        return REFUSAL_NOT_FOUND;
    default:
        return REFUSAL_FAILED;
    }
}

enum rond_err people_refusal_write(enum people_refusal refusal, const struct fault *why, struct buffer *to) {
    const char *title = REFUSALS[refusal].english, *title_sv = REFUSALS[refusal].swedish;
    bool tells = why != NULL && why->text[0] != '\0', tells_sv = tells && why->text_sv[0] != '\0';
    json_t *problem = json_pack("{s:s,s:s,s:s,s:i,s:s,s:s,s:s}", "type", "about:blank", "title", title, "title_sv", title_sv,
                                "status", (int)REFUSALS[refusal].status, "code", REFUSALS[refusal].code, "detail",
                                tells ? why->text : title, "detail_sv", tells_sv ? why->text_sv : title_sv);
    if (problem != NULL && why != NULL && why->field[0] != '\0' &&
        json_object_set_new(problem, "field", json_string(why->field)) != 0) {
        json_decref(problem);
        return ROND_ENOMEM;
    }
    char *text = problem == NULL ? NULL : json_dumps(problem, JSON_COMPACT);
    enum rond_err err = text == NULL ? ROND_ENOMEM : buffer_append(to, bytes_of_text(text));
    free(text);
    json_decref(problem);
    return err;
}
