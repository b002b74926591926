/* A shift on a handheld, in C99: save a report offline, send it when there is coverage, see what became of it.
 *
 *   cc -std=c99 shift.c $(pkg-config --cflags --libs rond) -o shift
 *   ./shift DIRECTORY [URL CODE]      URL and CODE once, to enrol the device
 */
#include <stdio.h>

#include <rond/rond.h>

static int failed(const char *what, enum rond_err err, const rond_fault *fault) {
    fprintf(stderr, "%s: %s: %s %s\n", what, rond_err_name(err), fault->field, fault->text);
    return 1;
}

static enum rond_err open_device(const char *directory, rond **ret_rond, rond_fault *fault) {
    char path[4096];
    rond_keystore keystore;
    rond_config config = {0};
    enum rond_err err = rond_keystore_files(directory, &keystore, fault);
    if (err != ROND_OK)
        return err;
    snprintf(path, sizeof path, "%s/outbox.db", directory);
    config.struct_size = sizeof config;
    config.path = path;
    config.keystore = &keystore;
    config.client = "shift/1";
    return rond_open(&config, ret_rond, fault);
}

/* Once this has answered ROND_OK the report is on disk, sealed; a flat battery does not lose it. */
static enum rond_err save_check(rond *r, rond_fault *fault) {
    char reference[ROND_REFERENCE_SIZE];
    rond_activity check = {0};
    enum rond_err err;
    check.struct_size = sizeof check;
    check.kind = ROND_CHECK;
    check.check_form = ROND_TARGETED;
    check.of = "cyclist_behaviour";
    check.checked = 14;
    check.remarked = 3;
    check.place = "stortorget";
    err = rond_report(r, &check, reference, fault);
    if (err == ROND_OK)
        printf("saved %s\n", reference);
    return err;
}

static void show_status(rond *r) {
    rond_status_list *list;
    size_t i;
    if (rond_status_list_get(r, 0, 10, &list) != ROND_OK)
        return;
    for (i = 0; i < list->count; i++)
        printf("%s %s %s\n", list->reports[i].reference, rond_status_name(list->reports[i].status), list->reports[i].reason);
    rond_status_list_free(list);
}

int main(int argc, char **argv) {
    rond *r;
    rond_fault fault = {0};
    rond_sync_result result;
    enum rond_err err;
    if (argc != 2 && argc != 4) {
        fprintf(stderr, "usage: shift DIRECTORY [URL CODE]\n");
        return 2;
    }
    err = open_device(argv[1], &r, &fault);
    if (err != ROND_OK)
        return failed("open", err, &fault);
    if (argc == 4 && (err = rond_enrol(r, argv[2], argv[3], "shift", 30000, &fault)) != ROND_OK)
        failed("enrol", err, &fault);
    if (err == ROND_OK && (err = save_check(r, &fault)) != ROND_OK)
        failed("report", err, &fault);
    if (err == ROND_OK) {
        /* No coverage is no misfortune: the next window goes on where this one ended. */
        if (rond_sync(r, 10000, &result, &fault) != ROND_OK)
            failed("sync", ROND_EAGAIN, &fault);
        show_status(r);
    }
    rond_close(r);
    return err == ROND_OK ? 0 : 1;
}
