// The pages that need no script: log-in, set-up, and what set-up shows once. Swedish first, English behind.
#include "app_people.h"

#include <string.h>

#include "read/accessibility_page.h"

const char PEOPLE_STYLE[] =
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:30rem;margin:3rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}"
    "label{display:block;margin:1rem 0 .25rem;font-weight:600}"
    "input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;border:1px solid #595959;border-radius:.25rem}"
    "button{font:inherit;margin-top:1.5rem;padding:.5rem 1.5rem;border:0;border-radius:.25rem;background:#0b4f8a;color:#fff}"
    "input:focus,button:focus{outline:3px solid #e0a100;outline-offset:2px}"
    "[role=alert]{border-left:.3rem solid #a40000;padding:.5rem 1rem;background:#fdf0f0}"
    "footer{margin-top:3rem;border-top:1px solid #8a939d}"
    "code{font-size:1.1rem;letter-spacing:.05em}li{margin:.25rem 0}"
    "@media(prefers-color-scheme:dark){"
    "body{color-scheme:dark;color:#e8eaed;background:#14181d}a{color:#8ab8ea}input{color:inherit;background:#1d232a;border-"
    "color:#8a939d}"
    "button{background:#8ab8ea;color:#14181d}[role=alert]{border-color:#f28b82;background:#3a1f1f}}";

static const char HEAD[] =
    "<!DOCTYPE html><html lang=\"sv\"><head><meta charset=\"utf-8\"><title>Rond</title>"
    "<meta name=\"viewport\" content=\"width=device-width\"><link rel=\"stylesheet\" href=\"/rond.css\"></head><body><main>";
static const char END[] = "</main><footer><p><a href=\"" ACCESSIBILITY_PAGE "\">Tillgänglighetsredogörelse "
                          "<span lang=\"en\">/ Accessibility statement</span></a></p></footer></body></html>";

static const char LOGIN_FORM[] =
    "<h1>Logga in <span lang=\"en\">/ Log in</span></h1><form method=\"post\" action=\"/login\">"
    "<label for=\"login\">Inloggningsnamn <span lang=\"en\">/ Login name</span></label>"
    "<input id=\"login\" name=\"login\" autocomplete=\"username\" autocapitalize=\"none\" required>"
    "<label for=\"password\">Lösenord <span lang=\"en\">/ Password</span></label>"
    "<input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required>"
    "<label for=\"code\">Kod från appen, eller en reservkod <span lang=\"en\">/ Code from the app, or a recovery "
    "code</span></label>"
    "<input id=\"code\" name=\"code\" autocomplete=\"one-time-code\" required>"
    "<button>Logga in <span lang=\"en\">/ Log in</span></button></form>"
    "<p><a href=\"/setup\">Första gången? <span lang=\"en\">/ First time?</span></a></p>";
static const char SETUP_FORM[] =
    "<h1>Första gången <span lang=\"en\">/ First time</span></h1>"
    "<p>Välj ett lösenord med minst 12 tecken; några ord räcker. <span lang=\"en\">Choose a password of at least 12 "
    "characters; a few words do.</span></p>"
    "<form method=\"post\" action=\"/setup\">"
    "<label for=\"login\">Inloggningsnamn <span lang=\"en\">/ Login name</span></label>"
    "<input id=\"login\" name=\"login\" autocomplete=\"username\" autocapitalize=\"none\" required>"
    "<label for=\"code\">Engångskod från administratören <span lang=\"en\">/ One-time code from your "
    "administrator</span></label>"
    "<input id=\"code\" name=\"code\" autocomplete=\"off\" required>"
    "<label for=\"password\">Nytt lösenord <span lang=\"en\">/ New password</span></label>"
    "<input id=\"password\" name=\"password\" type=\"password\" minlength=\"12\" autocomplete=\"new-password\" required>"
    "<button>Spara <span lang=\"en\">/ Save</span></button></form>";

static const char SET[] =
    "<h1>Lösenordet är sparat <span lang=\"en\">/ The password is saved</span></h1>"
    "<p>Logga in med det och din kodapp. <span lang=\"en\">Log in with it and your authenticator app.</span></p>"
    "<p><a href=\"/\">Logga in <span lang=\"en\">/ Log in</span></a></p>";

static enum rond_err text(struct buffer *to, const char *words) {
    return buffer_append(to, bytes_of_text(words));
}

static enum rond_err escaped(struct buffer *to, const char *words) {
    enum rond_err err = ROND_OK;
    for (; *words != '\0' && !err; words++)
        err = *words == '<'   ? text(to, "&lt;")
              : *words == '>' ? text(to, "&gt;")
              : *words == '&' ? text(to, "&amp;")
              : *words == '"' ? text(to, "&quot;")
                              : buffer_append(to, bytes_of(words, 1));
    return err;
}

static enum rond_err alert(enum people_refusal refusal, const struct fault *why, struct buffer *to) {
    bool tells = why && why->text[0] && why->text_sv[0];
    enum rond_err err = text(to, "<div role=\"alert\"><p>");
    if (!err)
        err = escaped(to, tells ? why->text_sv : people_refusal_sentence_swedish(refusal));
    if (!err)
        err = text(to, "</p><p lang=\"en\">");
    if (!err)
        err = escaped(to, tells ? why->text : people_refusal_sentence(refusal));
    return err ? err : text(to, "</p></div>");
}

enum rond_err people_page_write(enum people_page page, enum people_refusal refusal, const struct fault *why,
                                struct buffer *to) {
    enum rond_err err = text(to, HEAD);
    if (!err && refusal)
        err = alert(refusal, why, to);
    if (!err)
        err = text(to, page == PAGE_SETUP ? SETUP_FORM : LOGIN_FORM);
    return err ? err : text(to, END);
}

enum rond_err people_page_write_refusal(enum people_refusal refusal, struct buffer *to) {
    enum rond_err err = text(to, HEAD);
    if (!err)
        err = text(to, "<h1>Rond</h1>");
    if (!err)
        err = alert(refusal, NULL, to);
    if (!err)
        err = text(to, "<p><a href=\"/\">Till startsidan <span lang=\"en\">/ To the start page</span></a></p>");
    return err ? err : text(to, END);
}

enum rond_err people_page_write_set(struct buffer *to) {
    enum rond_err err = text(to, HEAD);
    if (!err)
        err = text(to, SET);
    return err ? err : text(to, END);
}

enum rond_err people_page_write_secrets(const struct login_secrets *secrets, const char *login, struct buffer *to) {
    enum rond_err err = text(to, HEAD);
    if (!err)
        err = buffer_printf(
            to,
            "<h1>Visas bara nu <span lang=\"en\">/ Shown only now</span></h1>"
            "<p>Lägg in nyckeln i din kodapp. <span lang=\"en\">Enter the key in your authenticator app.</span></p>"
            "<p><code>%s</code></p><p><a href=\"otpauth://totp/Rond:%s?secret=%s&amp;issuer=Rond\">otpauth</a></p>"
            "<p>Spara reservkoderna på ett säkert ställe; var och en gäller en gång. "
            "<span lang=\"en\">Keep the recovery codes in a safe place; each is valid once.</span></p><ul>",
            secrets->second_factor_text, login, secrets->second_factor_text);
    for (size_t i = 0; i < PERSON_RECOVERY_CODES && !err; i++)
        err = buffer_printf(to, "<li><code>%s</code></li>", secrets->recovery_texts[i]);
    if (!err)
        err = text(to, "</ul><p><a href=\"/\">Logga in <span lang=\"en\">/ Log in</span></a></p>");
    return err ? err : text(to, END);
}

// --- Forms ---

static int digit_of(uint8_t c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool decode(struct bytes from, char *ret_value, size_t size) {
    size_t used = 0;
    for (size_t i = 0; i < from.size; i++) {
        char c = from.data[i] == '+' ? ' ' : (char)from.data[i];
        if (from.data[i] == '%') {
            int high = i + 2 < from.size ? digit_of(from.data[i + 1]) : -1,
                low = i + 2 < from.size ? digit_of(from.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0' || used + 1 >= size)
            return false;
        ret_value[used++] = c;
    }
    ret_value[used] = '\0';
    return true;
}

bool people_form_field(struct bytes body, const char *name, char *ret_value, size_t size) {
    size_t name_size = strlen(name);
    for (size_t at = 0; at < body.size;) {
        const uint8_t *end = memchr(body.data + at, '&', body.size - at);
        size_t length = end ? (size_t)(end - (body.data + at)) : body.size - at;
        if (length > name_size && !memcmp(body.data + at, name, name_size) && body.data[at + name_size] == '=')
            return decode(bytes_of(body.data + at + name_size + 1, length - name_size - 1), ret_value, size);
        at += length + 1;
    }
    return false;
}
