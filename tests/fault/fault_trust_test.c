// Every call fails, once and from then on, while a data directory is made (rondctl init) and while a handheld is enrolled:
// its keys, its request, the server's certificate for it, and what both keep of it.
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/code.h"
#include "auth/enrolment.h"
#include "auth/followup_signer.h"
#include "ctl/ctl.h"
#include "enrol.h"
#include "fault/fault_loop.h"
#include "ingest/committer.h"
#include "support/test.h"

static char root[] = "/tmp/rond-trust-XXXXXX", prepared[64];
static int nowhere; // descriptor

// --- What rondctl's main gives to its commands ---

int ctl_exit_of(enum rond_err err) {
    return (int)err;
}

int ctl_fail(int code, const char *format, ...) {
    UNUSED(format);
    return code;
}

int ctl_help(const char *help, bool was_asked) {
    UNUSED(help);
    return was_asked ? 0 : ROND_EINVALID;
}

static enum rond_err init_in(const char *directory) {
    char name[] = "init", option[] = "--name", value[] = "CA of the test";
    char *arguments[] = {name, option, value, NULL};
    const struct ctl ctl = {.data = directory};
    (void)fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    (void)dup2(nowhere, STDOUT_FILENO); // what a person is told
    int code = ctl_init(&ctl, 3, arguments);
    (void)fflush(stdout);
    (void)dup2(kept, STDOUT_FILENO);
    close(kept);
    return code == CTL_FAILED ? ROND_EIO : (enum rond_err)code;
}

static enum rond_err run_init(void *context, const char *directory) {
    UNUSED(context);
    return init_in(directory);
}

static bool is_secret(const char *directory, const char *name) {
    char path[160];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return stat(path, &status) == 0 && (status.st_mode & 0777) == 0600;
}

static const char *directory_fault(const char *directory) {
    static char text[FAULT_TEXT_SIZE];
    struct store *store = NULL;
    struct ca *ca = NULL;
    struct followup_signer *signer = NULL;
    struct catalogue *catalogue = NULL;
    struct fault fault = {0};
    enum rond_err err = store_open_sqlite(directory, STORE_READ_WRITE, rng_system(), &store, &fault);
    if (err == ROND_OK)
        err = store->views->integrity(store, &fault);
    if (err == ROND_OK)
        err = catalogue_create(store, &catalogue, &fault);
    if (err == ROND_OK)
        err = ca_open(directory, &ca, &fault);
    if (err == ROND_OK)
        err = followup_signer_open(directory, &signer, &fault);
    bool secret = is_secret(directory, "ca.key") && is_secret(directory, "statement.key") && is_secret(directory, "rond.db");
    followup_signer_close(signer);
    ca_close(ca);
    catalogue_unref(catalogue);
    store_close(store);
    snprintf(text, sizeof text, "%s", err != ROND_OK ? fault.text : secret ? "" : "others can read what is secret");
    return text;
}

static const char *check_init(void *context, const char *directory, enum rond_err err) {
    UNUSED(context);
    enum rond_err again = init_in(directory);
    if (again != (err == ROND_OK ? ROND_ECONFLICT : ROND_OK) && !(err != ROND_OK && again == ROND_ECONFLICT))
        return "it cannot be made again";
    return directory_fault(directory);
}

static void a_data_directory_can_be_made_once_more_whatever_broke_it_off(void **state) {
    UNUSED(state);
    // OpenSSL's decoders do not always say that it was memory that a key could not be read for.
    const struct fault_scenario scenario = {.name = "init", .run = run_init, .check = check_init, .may_end_otherwise = true};
    fault_loop(&scenario, 12);
}

// --- Enrolling ---

static const char *roles[] = {"police_officer"}, *servers[] = {"wss://rond.example:7443"};
static struct enrol_code_parts code;

struct enrolling {
    struct store *store;
    struct ca *ca;
    struct keystore *keystore;
    struct outbox *outbox;
    struct buffer request, answer;
    int http_status;
};

static enum rond_err device_open(struct enrolling *enrolling, const char *directory) {
    char path[160];
    rond_keystore files;
    struct seal_key key;
    snprintf(path, sizeof path, "%s/keys", directory);
    enum rond_err err = rond_keystore_files(path, &files, NULL);
    if (err == ROND_OK && (err = keystore_create(&files, &enrolling->keystore)) != ROND_OK)
        files.release(files.context);
    if (err == ROND_OK)
        err = keystore_outbox_key(enrolling->keystore, &key);
    snprintf(path, sizeof path, "%s/outbox.db", directory);
    const struct outbox_config config = {.path = path, .key = &key, .rng = rng_system(), .clock = clock_system()};
    return err == ROND_OK ? outbox_open(&config, &enrolling->outbox, NULL) : err;
}

static enum rond_err server_open(struct enrolling *enrolling, const char *directory) {
    enum rond_err err = store_open_sqlite(directory, STORE_READ_WRITE, rng_system(), &enrolling->store, NULL);
    return err == ROND_OK ? ca_open(directory, &enrolling->ca, NULL) : err;
}

// As the committer does it.
static enum rond_err command_run(struct enrolling *enrolling, struct submission *submission) {
    struct commit_census census = {0};
    struct catalogue *catalogue = NULL, *changed = NULL;
    enum rond_err err = catalogue_create(enrolling->store, &catalogue, NULL);
    if (err != ROND_OK)
        return err;
    committer_run(enrolling->store, submission, catalogue, &census, &changed);
    catalogue_unref(catalogue);
    catalogue_unref(changed);
    return ROND_OK;
}

static enum rond_err server_answer(struct enrolling *enrolling) {
    const struct enrolment_config config = {
        .ca = enrolling->ca, .rng = rng_system(), .certificate_days = 14, .grace_days = RENEWAL_GRACE_DAYS, .servers = servers, .servers_count = 1};
    struct submission *submission = NULL;
    int64_t now_ms = clock_wall_ms(clock_system());
    enum rond_err err = enrolment_receive(&config, ENROLMENT_ENROL, buffer_bytes(&enrolling->request), now_ms, &submission);
    if (err != ROND_OK)
        return err;
    if (!enrolment_is_settled(submission))
        err = command_run(enrolling, submission);
    if (err == ROND_OK)
        enrolling->http_status = enrolment_answer(submission, &enrolling->answer);
    submission_destroy(submission);
    return err;
}

static void enrolling_close(struct enrolling *enrolling) {
    buffer_deinit(&enrolling->answer);
    buffer_deinit(&enrolling->request);
    outbox_close(enrolling->outbox);
    keystore_destroy(enrolling->keystore);
    ca_close(enrolling->ca);
    store_close(enrolling->store);
}

// A handheld and a server in one folder. What the server cannot do now it says so, and the handheld is to try again.
static enum rond_err enrol_in(const char *directory) {
    struct enrolling enrolling = {.http_status = 503};
    struct fault fault = {0};
    buffer_init(&enrolling.request, ENROL_BODY_BYTES_MAX);
    buffer_init(&enrolling.answer, 64 * 1024);
    enum rond_err err = device_open(&enrolling, directory);
    if (err == ROND_OK)
        err = enrol_request_make(enrolling.keystore, rng_system(), &code, "Bil 7", &enrolling.request);
    if (err == ROND_OK)
        err = server_open(&enrolling, directory);
    if (err == ROND_OK)
        err = server_answer(&enrolling);
    if (err == ROND_OK)
        err = enrol_answer_store(enrolling.outbox, "https://rond.example:7444", enrolling.http_status,
                                 buffer_bytes(&enrolling.answer), &fault);
    enrolling_close(&enrolling);
    return err;
}

static enum rond_err run_enrol(void *context, const char *directory) {
    UNUSED(context);
    return enrol_in(directory);
}

// One device, with one key, which is the handheld's.
static const char *enrolled_fault(const char *directory) {
    struct enrolling enrolling = {0};
    struct enrolment enrolment;
    struct arena arena;
    struct store_counts counts = {0};
    struct device_record device;
    const char *fault = "";
    arena_init(&arena, 1024 * 1024);
    if (device_open(&enrolling, directory) != ROND_OK || server_open(&enrolling, directory) != ROND_OK)
        fault = "it does not open";
    else if (enrolment_load(enrolling.outbox, &arena, &enrolment) != ROND_OK)
        fault = "the handheld does not know that it is enrolled";
    else if (enrolling.store->views->counts(enrolling.store, &counts) != ROND_OK || counts.devices != 1)
        fault = "it is not one device";
    else if (enrolling.store->registry->device_get(enrolling.store, &enrolment.device, &arena, &device) != ROND_OK)
        fault = "it is another device";
    enrolling_close(&enrolling);
    arena_deinit(&arena);
    return fault;
}

static const char *check_enrol(void *context, const char *directory, enum rond_err err) {
    static char wrong[100];
    UNUSED(context);
    if (err != ROND_OK && err != ROND_EAGAIN && (err = enrol_in(directory)) != ROND_OK)
        return snprintf(wrong, sizeof wrong, "enrolling again fails: %s", rond_err_name(err)), wrong;
    if (err == ROND_EAGAIN && (err = enrol_in(directory)) != ROND_OK)
        return snprintf(wrong, sizeof wrong, "enrolling later fails: %s", rond_err_name(err)), wrong;
    return enrolled_fault(directory);
}

static void code_put(const char *directory) {
    struct enrol_code entry = {.organisation = "polisen",
                               .area = "lund",
                               .roles = roles,
                               .roles_count = 1,
                               .expires_ms = clock_wall_ms(clock_system()) + 3600 * 1000 * 24,
                               .tries_left = CODE_TRIES_MAX};
    struct store *store;
    code_secret_make(rng_system(), code.secret);
    code_secret_hash(code.secret, &entry.secret_hash);
    assert_ok(store_open_sqlite(directory, STORE_READ_WRITE, rng_system(), &store, NULL));
    assert_ok(store->ledger->begin(store));
    assert_ok(store->registry->code_put(store, &entry));
    assert_ok(store->ledger->commit(store));
    store_close(store);
}

static void a_handheld_can_be_enrolled_once_more_whatever_broke_it_off(void **state) {
    UNUSED(state);
    snprintf(prepared, sizeof prepared, "%s/prepared", root);
    assert_ok(init_in(prepared));
    code_put(prepared);
    const struct fault_scenario scenario = {
        .name = "enrol", .run = run_enrol, .check = check_enrol, .prepared = prepared, .may_end_otherwise = true};
    fault_loop(&scenario, 16);
}

static int setup(void **state) {
    UNUSED(state);
    nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    return nowhere < 0 || mkdtemp(root) == NULL;
}

static int teardown(void **state) {
    UNUSED(state);
    fault_folder_remove(root);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_data_directory_can_be_made_once_more_whatever_broke_it_off),
        cmocka_unit_test(a_handheld_can_be_enrolled_once_more_whatever_broke_it_off),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
