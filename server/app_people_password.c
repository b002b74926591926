// Passwords of log-in, set-up and change: judged, and hashed one at a time. One takes 32 MiB and a core for tens of
// milliseconds, and must neither fill the memory nor keep the readers from their threads.
#include <openssl/crypto.h>

#include "app_people.h"
#include "base/check.h"

enum { CHECKS_WAITING_MAX = 32, WORDS_BYTES_MAX = 32 * 1024 };

static void on_work(uv_work_t *work) {
    struct people_login *login = work->data;
    if (login->kind != PEOPLE_SETUP)
        login->err = password_check(login->password, bytes_of(login->stored, login->stored_size), &login->password_fits);
    if (!login->err && (login->kind == PEOPLE_SETUP || (login->kind == PEOPLE_PASSWORD && login->password_fits)))
        login->err = password_make(login->new_password, rng_system(), login->new_stored);
    bytes_wipe(login->new_password, sizeof login->new_password);
    bytes_wipe(login->password, sizeof login->password);
    OPENSSL_thread_stop(); // the pool's threads outlive OpenSSL, which would leave behind what it keeps for each
}

static void check_next(struct app *app);

static void on_worked(uv_work_t *work, int status) {
    UNUSED(status); // never cancelled
    struct people_login *login = work->data;
    struct people_request *request = login->next;
    struct app *app = request->app;
    login->next = NULL;
    app->people.check_runs = false;
    check_next(app);
    login->hashed(request);
}

static void check_next(struct app *app) {
    struct app_people *people = &app->people;
    struct people_request *request = people->checks_first;
    if (people->check_runs || !request)
        return;
    people->checks_first = request->login_try->next;
    if (!people->checks_first)
        people->checks_last = NULL;
    people->checks_waiting--;
    people->check_runs = true;
    request->login_try->next = request; // whose it is, while it runs
    request->login_try->work.data = request->login_try;
    CHECK(uv_queue_work(&app->loop, &request->login_try->work, on_work, on_worked) == 0);
}

bool people_password_hash(struct people_request *request, void (*hashed)(struct people_request *request)) {
    struct app_people *people = &request->app->people;
    if (people->checks_waiting >= CHECKS_WAITING_MAX)
        return false;
    request->login_try->hashed = hashed;
    request->login_try->next = NULL;
    if (people->checks_last)
        people->checks_last->login_try->next = request;
    else
        people->checks_first = request;
    people->checks_last = request;
    people->checks_waiting++;
    check_next(request->app);
    return true;
}

// Names that somebody would try who knows where this is.
static enum rond_err write_words(const struct catalogue *catalogue, struct buffer *to) {
    size_t organisations_count, areas_count;
    const Rond__V1__ReferenceEntry *const *organisations = catalogue_organisations(catalogue, &organisations_count);
    const Rond__V1__ReferenceEntry *const *areas = catalogue_areas(catalogue, &areas_count);
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < organisations_count && !err; i++)
        err = buffer_printf(to, " %s %s", organisations[i]->organisation->id, organisations[i]->organisation->name);
    for (size_t i = 0; i < areas_count && !err; i++)
        err = buffer_printf(to, " %s %s", areas[i]->area->id, areas[i]->area->name);
    return err;
}

enum rond_err people_password_judge(const struct people_request *request, const char *field, struct fault *fault) {
    const struct app *app = request->app;
    struct buffer words;
    buffer_init(&words, WORDS_BYTES_MAX);
    (void)write_words(app->catalogue, &words); // as many as fit
    if (words.size > 0)
        known_passwords_fold((char *)words.data);
    const struct password_rules rules = {
        .known = app->people.known, .login = request->login_try->login, .words = words.size > 0 ? buffer_text(&words) : ""};
    enum rond_err err = password_judge(request->login_try->new_password, &rules, field, fault);
    buffer_deinit(&words);
    return err;
}
