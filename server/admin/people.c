// Changes to people who log in. A new person, and one whose second factor is lost, sets password and
// second factor by a one-time code: no secret ever stands in an argument of a program.
#include <string.h>

#include "admin/inner.h"
#include "auth/access.h"
#include "auth/login.h"
#include "wire/limits.h"

static enum rond_err login_argument(json_t *arguments, struct arena *arena, struct admin_change *change,
                                    struct fault *fault) {
    return argument_text(arguments, "login", PERSON_LOGIN_BYTES_MAX, arena, &change->subject, fault);
}

static enum rond_err person_find(const struct admin_change *change, struct store *store, struct arena *arena,
                                 struct person *ret_person, struct fault *fault) {
    enum rond_err err = store->registry->person_get(store, change->subject, arena, ret_person);
    return err != ROND_ENOTFOUND ? err
                                 : fault_both(fault, err, 0, "login", "There is no person '%s'; see 'rondctl person list'.",
                                              "Personen ”%s” finns inte.", change->subject);
}

// --- Grants ---

static bool has_no_role(json_t *arguments) {
    return json_object_get(arguments, "role") == NULL;
}

static enum rond_err scope_argument(json_t *arguments, const char *name, const void *found, struct fault *fault) {
    const char *text = json_string_value(json_object_get(arguments, name));
    if (text == NULL || strcmp(text, PERSON_EVERY) == 0 || found != NULL) {
        return ROND_OK;
    }
    (void)fault_set(fault, ROND_EINVALID, 0, name,
                    "There is no %s '%.64s'; import a promise file that names it first, or give * for every one.", name,
                    text);
    return fault_in_swedish(fault, ROND_EINVALID,
                            "”%.64s” finns inte; läs först in en löftesfil som har det, eller ange * för alla.", text);
}

static enum rond_err time_argument(json_t *arguments, const char *name, int64_t otherwise_ms, int64_t *ret_ms,
                                   struct fault *fault) {
    json_t *value = json_object_get(arguments, name);
    if (value != NULL && (!json_is_integer(value) || json_integer_value(value) < 0)) {
        return fault_both(fault, ROND_EINVALID, 0, name, "'%s' is a moment in Unix milliseconds.",
                          "”%s” är en tidpunkt i millisekunder (Unix).", name);
    }
    *ret_ms = value == NULL ? otherwise_ms : json_integer_value(value);
    return ROND_OK;
}

static enum rond_err role_argument(json_t *arguments, struct person_grant *grant, struct fault *fault) {
    const char *role = json_string_value(json_object_get(arguments, "role"));
    return role != NULL && access_role_parse(role, &grant->role)
               ? ROND_OK
               : fault_both(fault, ROND_EINVALID, 0, "role",
                            "Give a role: administrator, area_chief, coordinator, partner_viewer or auditor.",
                            "Ange en roll: administratör (administrator), områdespolischef (area_chief), samordnare "
                            "(coordinator), partner (partner_viewer) eller granskare (auditor).");
}

static const char *scope_text(json_t *arguments, const char *name, struct arena *arena) {
    const char *text = json_string_value(json_object_get(arguments, name));
    return arena_text(arena, text == NULL ? PERSON_EVERY : text);
}

static enum rond_err grant_arguments(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                     struct admin_change *change, struct fault *fault) {
    struct person_grant *grant = &change->grant;
    const char *organisation = json_string_value(json_object_get(arguments, "organisation"));
    const char *area = json_string_value(json_object_get(arguments, "area"));
    enum rond_err err = role_argument(arguments, grant, fault);
    if (err == ROND_OK) {
        err = scope_argument(arguments, "organisation",
                             organisation == NULL ? NULL : catalogue_organisation(context->catalogue, organisation), fault);
    }
    if (err == ROND_OK) {
        err = scope_argument(arguments, "area", area == NULL ? NULL : catalogue_area(context->catalogue, area), fault);
    }
    if (err == ROND_OK) {
        err = time_argument(arguments, "from_ms", change->now_ms, &grant->from_ms, fault);
    }
    if (err == ROND_OK) {
        err = time_argument(arguments, "to_ms", 0, &grant->to_ms, fault);
    }
    if (err == ROND_OK && grant->to_ms != 0 && grant->to_ms <= grant->from_ms) {
        err = fault_both(fault, ROND_EINVALID, 0, "to_ms", "A grant ends after it begins.",
                         "En behörighet slutar efter att den har börjat.");
    }
    grant->organisation = scope_text(arguments, "organisation", arena);
    grant->area = scope_text(arguments, "area", arena);
    return err == ROND_OK && (grant->organisation == NULL || grant->area == NULL) ? ROND_ENOMEM : err;
}

static enum rond_err grant_add(struct person *person, const struct person_grant *grant, struct arena *arena,
                               struct fault *fault) {
    if (person->grants_count >= PERSON_GRANTS_MAX) {
        return fault_both(fault, ROND_EFULL, 0, "role",
                          "The person has %d grants, ended ones among them; that is as many as there may be.",
                          "Personen har %d behörigheter, avslutade medräknade; fler går inte.", PERSON_GRANTS_MAX);
    }
    struct person_grant *grants = arena_array(arena, person->grants_count + 1, sizeof *grants);
    if (grants == NULL) {
        return ROND_ENOMEM;
    }
    if (person->grants_count > 0) {
        memcpy(grants, person->grants, person->grants_count * sizeof *grants);
    }
    grants[person->grants_count++] = *grant;
    person->grants = grants;
    return ROND_OK;
}

static const char *grant_text(const struct person *person, const struct person_grant *grant, struct arena *arena) {
    return arena_printf(arena, "login=%s role=%s organisation=%s area=%s from_ms=%lld to_ms=%lld", person->login,
                        access_role_name(grant->role), grant->organisation, grant->area, (long long)grant->from_ms,
                        (long long)grant->to_ms);
}

static enum rond_err grant_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct person person;
    enum rond_err err = person_find(change, store, &submission->arena, &person, &submission->fault);
    if (err == ROND_OK) {
        err = grant_add(&person, &change->grant, &submission->arena, &submission->fault);
    }
    if (err == ROND_OK) {
        err = store->registry->person_put(store, &person);
    }
    if (err == ROND_OK) {
        err = audit_put(change, store, grant_text(&person, &change->grant, &submission->arena));
    }
    return err != ROND_OK
               ? err
               : answer_put(change, &submission->arena,
                            json_pack("{s:s,s:I}", "login", person.login, "number", (json_int_t)person.grants_count));
}

enum rond_err person_grant_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                   struct admin_change *change, struct fault *fault) {
    change->run = grant_run;
    enum rond_err err = login_argument(arguments, arena, change, fault);
    return err != ROND_OK ? err : grant_arguments(arguments, context, arena, change, fault);
}

static enum rond_err end_grant_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct person person;
    enum rond_err err = person_find(change, store, &submission->arena, &person, &submission->fault);
    if (err == ROND_OK && (change->number == 0 || change->number > person.grants_count)) {
        err = fault_both(&submission->fault, ROND_ENOTFOUND, 0, "number",
                         "%s has no grant of that number; see 'rondctl person list'.",
                         "%s har ingen behörighet med det numret.", person.login);
    }
    if (err != ROND_OK) {
        return err;
    }
    struct person_grant *grant = &person.grants[change->number - 1];
    if (grant->to_ms != 0 && grant->to_ms <= change->now_ms) {
        return fault_both(&submission->fault, ROND_ECONFLICT, 0, "number", "That grant has ended already.",
                          "Behörigheten är redan avslutad.");
    }
    // One that had not begun ends where it would have begun: it is never valid.
    grant->to_ms = change->now_ms > grant->from_ms ? change->now_ms : grant->from_ms > 0 ? grant->from_ms : 1;
    err = store->registry->person_put(store, &person);
    if (err == ROND_OK) {
        err = audit_put(change, store, grant_text(&person, grant, &submission->arena));
    }
    return err != ROND_OK ? err
                          : answer_put(change, &submission->arena,
                                       json_pack("{s:s,s:I}", "login", person.login, "ended", (json_int_t)change->number));
}

enum rond_err person_end_grant_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                       struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    json_int_t number = json_integer_value(json_object_get(arguments, "number"));
    change->number = number > 0 ? (uint64_t)number : 0;
    change->run = end_grant_run;
    return login_argument(arguments, arena, change, fault);
}

// --- A new person, and a new code for one who is there ---

static void give_code(struct person *person, const struct admin_change *change) {
    login_code_hash(change->code_text, &person->setup_hash);
    person->setup_expires_ms = change->now_ms + (int64_t)LOGIN_SETUP_MINUTES * 60 * 1000;
}

static enum rond_err code_answer(struct admin_change *change, struct submission *submission, const struct person *person) {
    return answer_put(change, &submission->arena,
                      json_pack("{s:s,s:s,s:I}", "login", person->login, "code", change->code_text, "expires_ms",
                                (json_int_t)person->setup_expires_ms));
}

static enum rond_err code_make(const struct admin_context *context, struct arena *arena, struct admin_change *change) {
    char text[LOGIN_SETUP_TEXT_SIZE];
    struct hash256 hash;
    login_setup_make(context->rng, text, &hash);
    change->code_text = arena_text(arena, text);
    bytes_wipe(text, sizeof text);
    return change->code_text == NULL ? ROND_ENOMEM : ROND_OK;
}

static enum rond_err add_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct person person = change->person, there;
    enum rond_err err = store->registry->person_get(store, person.login, &submission->arena, &there);
    if (err == ROND_OK) {
        return fault_both(&submission->fault, ROND_ECONFLICT, 0, "login",
                          "There is a person '%s' already; give another login name.",
                          "Det finns redan en person ”%s”; ange ett annat inloggningsnamn.", person.login);
    }
    if (err != ROND_ENOTFOUND) {
        return err;
    }
    person.created_ms = change->now_ms;
    give_code(&person, change);
    err = change->grant.role == 0 ? ROND_OK : grant_add(&person, &change->grant, &submission->arena, &submission->fault);
    if (err == ROND_OK) {
        err = store->registry->person_put(store, &person);
    }
    if (err == ROND_OK) {
        err = audit_put(change, store,
                        change->grant.role == 0 ? arena_printf(&submission->arena, "login=%s", person.login)
                                                : grant_text(&person, &change->grant, &submission->arena));
    }
    return err != ROND_OK ? err : code_answer(change, submission, &person);
}

enum rond_err person_add_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                 struct admin_change *change, struct fault *fault) {
    change->run = add_run;
    enum rond_err err = login_argument(arguments, arena, change, fault);
    if (err == ROND_OK && !login_name_is_valid(change->subject)) {
        err = fault_both(
            fault, ROND_EINVALID, 0, "login",
            "A login name is 2 to %d lower-case letters, digits, '.', '-' and '_', beginning with a letter.",
            "Ett inloggningsnamn är 2 till %d små bokstäver (a–z), siffror, ”.”, ”-” och ”_”, och börjar med en bokstav.",
            PERSON_LOGIN_BYTES_MAX);
    }
    if (err == ROND_OK) {
        err = argument_line(arguments, "name", PERSON_NAME_BYTES_MAX, arena, &change->person.name, fault);
    }
    if (err == ROND_OK && !has_no_role(arguments)) {
        err = grant_arguments(arguments, context, arena, change, fault);
    }
    change->person.login = change->subject;
    return err != ROND_OK ? err : code_make(context, arena, change);
}

// --- Changes to an account ---

static enum rond_err account_done(struct admin_change *change, struct submission *submission, struct store *store,
                                  const struct person *person, const char *done) {
    enum rond_err err = store->registry->person_put(store, person);
    if (err == ROND_OK) {
        err = audit_put(change, store, arena_printf(&submission->arena, "login=%s", person->login));
    }
    return err != ROND_OK || done == NULL
               ? err
               : answer_put(change, &submission->arena, json_pack("{s:s,s:s}", "login", person->login, "done", done));
}

enum rond_err sessions_end_all(struct store *store, const char *login) {
    uint64_t count;
    return store->registry->sessions_end(store, login, INT64_MAX, INT64_MAX, &count);
}

// The person, whose sessions have all ended with it.
static enum rond_err person_put_out(const struct admin_change *change, struct submission *submission, struct store *store,
                                    struct person *ret_person) {
    enum rond_err err = person_find(change, store, &submission->arena, ret_person, &submission->fault);
    return err == ROND_OK ? sessions_end_all(store, ret_person->login) : err;
}

// With a code by which they set anew what was taken from them.
static enum rond_err code_give(struct admin_change *change, struct submission *submission, struct store *store,
                               struct person *person) {
    give_code(person, change);
    enum rond_err err = account_done(change, submission, store, person, NULL);
    return err != ROND_OK ? err : code_answer(change, submission, person);
}

static enum rond_err lock_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct person person;
    enum rond_err err = person_put_out(change, submission, store, &person);
    person.locked = true;
    return err != ROND_OK ? err : account_done(change, submission, store, &person, "locked");
}

// Ends the wait after failed log-ins as well.
static enum rond_err unlock_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct person person;
    enum rond_err err = person_find(change, store, &submission->arena, &person, &submission->fault);
    person.locked = false;
    person.failures = 0;
    person.blocked_until_ms = 0;
    return err != ROND_OK ? err : account_done(change, submission, store, &person, "unlocked");
}

static enum rond_err log_out_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct person person;
    enum rond_err err = person_put_out(change, submission, store, &person);
    return err != ROND_OK ? err : account_done(change, submission, store, &person, "logged out");
}

// What whoever has the lost handset knows is of no use any more; the password is set anew as well, by the code.
static enum rond_err reset_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct person person;
    enum rond_err err = person_put_out(change, submission, store, &person);
    if (err != ROND_OK) {
        return err;
    }
    person.second_factor = (struct bytes){0};
    person.recovery_count = 0;
    return code_give(change, submission, store, &person);
}

// A password that was forgotten, or that somebody else may know. The second factor stays: the code alone lets nobody in.
static enum rond_err reset_password_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct person person;
    enum rond_err err = person_put_out(change, submission, store, &person);
    if (err != ROND_OK) {
        return err;
    }
    person.password = (struct bytes){0};
    return code_give(change, submission, store, &person);
}

// For one whose first code ran out: nothing else changes.
static enum rond_err code_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct person person;
    enum rond_err err = person_find(change, store, &submission->arena, &person, &submission->fault);
    if (err == ROND_OK && person.password.size != 0) {
        err = fault_both(&submission->fault, ROND_ECONFLICT, 0, "login",
                         "%s has set a password already; 'rondctl person reset-password' gives a code for another one,"
                         " 'reset-second-factor' begins anew.",
                         "%s har redan valt ett lösenord; nollställ lösenordet för att ge en kod till ett nytt, eller "
                         "nollställ kodappen för att börja om.",
                         person.login);
    }
    if (err != ROND_OK) {
        return err;
    }
    return code_give(change, submission, store, &person);
}

#define ACCOUNT_CHANGE(name, function)                                                                                      \
    enum rond_err name(json_t *arguments, const struct admin_context *context, struct arena *arena,                         \
                       struct admin_change *change, struct fault *fault) {                                                  \
        UNUSED(context);                                                                                                    \
        change->run = function;                                                                                             \
        return login_argument(arguments, arena, change, fault);                                                             \
    }
ACCOUNT_CHANGE(person_lock_prepare, lock_run)
ACCOUNT_CHANGE(person_unlock_prepare, unlock_run)
ACCOUNT_CHANGE(person_log_out_prepare, log_out_run)

enum rond_err person_reset_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                   struct admin_change *change, struct fault *fault) {
    change->run = reset_run;
    enum rond_err err = login_argument(arguments, arena, change, fault);
    return err != ROND_OK ? err : code_make(context, arena, change);
}

enum rond_err person_reset_password_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                            struct admin_change *change, struct fault *fault) {
    change->run = reset_password_run;
    enum rond_err err = login_argument(arguments, arena, change, fault);
    return err != ROND_OK ? err : code_make(context, arena, change);
}

enum rond_err person_code_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                  struct admin_change *change, struct fault *fault) {
    change->run = code_run;
    enum rond_err err = login_argument(arguments, arena, change, fault);
    return err != ROND_OK ? err : code_make(context, arena, change);
}
