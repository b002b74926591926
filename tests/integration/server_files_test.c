// What the server keeps in its data directory beside the store, and what it does where that is damaged.
//
// Tests: server/app_files.c
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/ticket_keys.h"
#include "support/rondd.h"
#include "support/test.h"

enum { NOT_OURS = 4 };

static const char *test_program;

static int setup(void **state) {
    static struct rondd rondd;
    rondd_start(&rondd, test_program, "");
    *state = &rondd;
    return 0;
}

static int teardown(void **state) {
    rondd_end(*state);
    return 0;
}

static const char *path_of(const struct rondd *rondd, const char *name) {
    static char path[160];
    (void)snprintf(path, sizeof path, "%s/%s", rondd->lund.directory, name);
    return path;
}

static size_t read_file(const struct rondd *rondd, const char *name, char *room, size_t room_size) {
    FILE *file = fopen(path_of(rondd, name), "r");
    size_t size = file ? fread(room, 1, room_size - 1, file) : 0;
    if (file)
        fclose(file);
    room[size] = '\0';
    return size;
}

static void write_file(const struct rondd *rondd, const char *name, const char *text) {
    FILE *file = fopen(path_of(rondd, name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static unsigned mode_of(const struct rondd *rondd, const char *name) {
    struct stat file;
    assert_int_equal(stat(path_of(rondd, name), &file), 0);
    return file.st_mode & 0777;
}

static int run(struct rondd *rondd, struct buffer *ret_text) {
    const char *arguments[] = {"rondd", "--config", rondd->config_path, NULL};
    buffer_clear(ret_text);
    return rondd_run(rondd, arguments, ret_text);
}

static void secrets_are_the_owners_alone(void **state) {
    static const struct {
        const char *name;
        unsigned mode;
    } files[] = {{"server.key", 0600}, {"tickets.key", 0600}, {"control.sock", 0600}, {"server.crt", 0644}, {"ports", 0644}};
    for (size_t i = 0; i < ARRAY_COUNT(files); i++)
        if (mode_of(*state, files[i].name) != files[i].mode)
            fail_msg("%s has mode %o", files[i].name, mode_of(*state, files[i].name));
}

static void the_certificate_is_for_the_configured_names_and_made_anew_at_each_start(void **state) {
    struct rondd *rondd = *state;
    char before[64 * 1024], after[64 * 1024];
    assert_true(read_file(rondd, "server.crt", before, sizeof before) > 0);
    BIO *bio = BIO_new_mem_buf(before, -1);
    X509 *leaf = PEM_read_bio_X509(bio, NULL, NULL, NULL), *issuer = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    assert_non_null(leaf);
    assert_non_null(issuer);
    assert_int_equal(X509_check_host(leaf, "localhost", 0, 0, NULL), 1);
    assert_int_equal(X509_check_ip_asc(leaf, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_host(leaf, "example.org", 0, 0, NULL), 0);
    assert_int_equal(X509_check_issued(issuer, leaf), X509_V_OK);
    X509_free(leaf);
    X509_free(issuer);
    BIO_free(bio);
    assert_int_equal(rondd_stop(rondd, SIGTERM), 0);
    rondd_start_again(rondd);
    assert_true(read_file(rondd, "server.crt", after, sizeof after) > 0);
    assert_string_not_equal(before, after);
}

static void the_ports_are_told_while_it_serves_and_no_longer(void **state) {
    struct rondd *rondd = *state;
    char text[256], expected[256];
    (void)snprintf(expected, sizeof expected, "devices=%d\nenrolment=%d\noperations=%d\n", rondd->devices_port,
                   rondd->enrolment_port, rondd->operations_port);
    assert_true(read_file(rondd, "ports", text, sizeof text) > 0);
    assert_string_equal(text, expected);
    assert_int_equal(rondd_stop(rondd, SIGTERM), 0);
    assert_int_equal(read_file(rondd, "ports", text, sizeof text), 0);
    assert_int_not_equal(access(path_of(rondd, "control.sock"), F_OK), 0);
    rondd_start_again(rondd);
}

static void ticket_keys_stay_and_damaged_ones_are_made_anew(void **state) {
    struct rondd *rondd = *state;
    char before[200], after[200];
    assert_int_equal(read_file(rondd, "tickets.key", before, sizeof before), TICKET_KEYS_SIZE);
    assert_int_equal(rondd_stop(rondd, SIGTERM), 0);
    rondd_start_again(rondd);
    assert_int_equal(read_file(rondd, "tickets.key", after, sizeof after), TICKET_KEYS_SIZE);
    assert_memory_equal(before, after, TICKET_KEYS_SIZE);
    assert_int_equal(rondd_stop(rondd, SIGTERM), 0);
    write_file(rondd, "tickets.key", "short");
    rondd_start_again(rondd);
    assert_int_equal(read_file(rondd, "tickets.key", after, sizeof after), TICKET_KEYS_SIZE);
    assert_memory_not_equal(before, after, TICKET_KEYS_SIZE);
    assert_int_equal(mode_of(rondd, "tickets.key"), 0600);
}

static int64_t now_ms(void) {
    return clock_wall_ms(clock_system());
}

// As if those of the last start had been made so long ago.
static void age_ticket_keys(const struct rondd *rondd, int64_t age_ms) {
    struct ticket_keys keys = {0};
    uint8_t kept[TICKET_KEYS_SIZE];
    assert_true(ticket_keys_turn(&keys, rng_system(), now_ms() - age_ms));
    ticket_keys_write(&keys, kept);
    FILE *file = fopen(path_of(rondd, "tickets.key"), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(kept, 1, sizeof kept, file), sizeof kept);
    assert_int_equal(fclose(file), 0);
}

static struct ticket_keys ticket_keys_of(const struct rondd *rondd) {
    char kept[200];
    struct ticket_keys keys;
    size_t size = read_file(rondd, "tickets.key", kept, sizeof kept);
    assert_true(ticket_keys_read(&keys, bytes_of(kept, size)));
    return keys;
}

static void ticket_keys_are_turned_when_they_are_old(void **state) {
    struct rondd *rondd = *state;
    const int64_t hour_ms = 3600 * 1000;
    assert_int_equal(rondd_stop(rondd, SIGTERM), 0);
    age_ticket_keys(rondd, 13 * hour_ms);
    struct ticket_keys old = ticket_keys_of(rondd);
    rondd_start_again(rondd);
    struct ticket_keys turned = ticket_keys_of(rondd);
    assert_memory_equal(&turned.before, &old.now, sizeof old.now); // opens for two hours more
    assert_memory_not_equal(turned.now.cipher, old.now.cipher, sizeof old.now.cipher);
    assert_int_equal(rondd_stop(rondd, SIGTERM), 0);
    age_ticket_keys(rondd, TICKET_KEY_MS - 3000); // due when it has started
    old = ticket_keys_of(rondd);
    rondd_start_again(rondd);
    for (int i = 0; i < 200 && ticket_keys_of(rondd).now.made_ms == old.now.made_ms; i++)
        usleep(50 * 1000);
    turned = ticket_keys_of(rondd); // while the server runs
    assert_memory_equal(&turned.before, &old.now, sizeof old.now);
    assert_int_equal(mode_of(rondd, "tickets.key"), 0600);
}

// Whoever can place a link there must not have the server write, or read its keys, elsewhere.
static void a_link_in_the_place_of_ticket_keys_is_replaced_and_not_followed(void **state) {
    struct rondd *rondd = *state;
    char elsewhere[160], text[128];
    struct stat file;
    assert_int_equal(rondd_stop(rondd, SIGTERM), 0);
    write_file(rondd, "elsewhere", "untouched");
    (void)snprintf(elsewhere, sizeof elsewhere, "%s", path_of(rondd, "elsewhere"));
    assert_int_equal(unlink(path_of(rondd, "tickets.key")), 0);
    assert_int_equal(symlink(elsewhere, path_of(rondd, "tickets.key")), 0);
    rondd_start_again(rondd);
    assert_int_equal(lstat(path_of(rondd, "tickets.key"), &file), 0);
    assert_true(S_ISREG(file.st_mode));
    assert_true(read_file(rondd, "elsewhere", text, sizeof text) > 0);
    assert_string_equal(text, "untouched");
    assert_int_equal(unlink(elsewhere), 0);
}

static void without_a_place_for_its_files_it_does_not_start_and_says_which(void **state) {
    struct rondd *rondd = *state;
    struct buffer text;
    buffer_init(&text, 64 * 1024);
    assert_int_equal(rondd_stop(rondd, SIGTERM), 0);
    assert_int_equal(unlink(path_of(rondd, "server.crt")), 0);
    assert_int_equal(mkdir(path_of(rondd, "server.crt"), 0700), 0);
    int code = run(rondd, &text);
    assert_int_equal(rmdir(path_of(rondd, "server.crt")), 0);
    assert_true(code != 0);
    assert_non_null(strstr(buffer_text(&text), "server.crt cannot be written"));
    rondd_start_again(rondd);
    buffer_deinit(&text);
}

static void a_key_of_the_ca_that_others_can_read_is_not_used(void **state) {
    struct rondd *rondd = *state;
    struct buffer text;
    buffer_init(&text, 64 * 1024);
    assert_int_equal(rondd_stop(rondd, SIGTERM), 0);
    assert_int_equal(chmod(path_of(rondd, "ca.key"), 0644), 0);
    assert_true(run(rondd, &text) != 0);
    assert_non_null(strstr(buffer_text(&text), "ca.key"));
    assert_int_equal(chmod(path_of(rondd, "ca.key"), 0600), 0);
    rondd_start_again(rondd);
    buffer_deinit(&text);
}

static void without_its_ca_the_directory_is_none_of_a_server(void **state) {
    struct rondd *rondd = *state;
    struct buffer text;
    char hidden[160];
    buffer_init(&text, 64 * 1024);
    assert_int_equal(rondd_stop(rondd, SIGTERM), 0);
    (void)snprintf(hidden, sizeof hidden, "%s", path_of(rondd, "hidden"));
    assert_int_equal(rename(path_of(rondd, "ca.key"), hidden), 0);
    assert_int_equal(run(rondd, &text), NOT_OURS);
    assert_int_equal(rename(hidden, path_of(rondd, "ca.key")), 0);
    rondd_start_again(rondd);
    buffer_deinit(&text);
}

int main(int argc, char **argv) {
    UNUSED(argc);
    test_program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_the_owners_alone),
        cmocka_unit_test(the_certificate_is_for_the_configured_names_and_made_anew_at_each_start),
        cmocka_unit_test(the_ports_are_told_while_it_serves_and_no_longer),
        cmocka_unit_test(ticket_keys_stay_and_damaged_ones_are_made_anew),
        cmocka_unit_test(ticket_keys_are_turned_when_they_are_old),
        cmocka_unit_test(a_link_in_the_place_of_ticket_keys_is_replaced_and_not_followed),
        cmocka_unit_test(without_a_place_for_its_files_it_does_not_start_and_says_which),
        cmocka_unit_test(a_key_of_the_ca_that_others_can_read_is_not_used),
        cmocka_unit_test(without_its_ca_the_directory_is_none_of_a_server),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
