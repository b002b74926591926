#include <errno.h>
#include <getopt.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

const char help_receipt[] =
    "rond receipt REFERENCE [--to FILE]   the server's receipt for a report\n"
    "rond receipt --all [--to FILE]       all of them; those that the server does not stand by first\n"
    "rond receipt --seen                  what is contradicted has been read: 'rond status' stops telling it\n"
    "\n"
    "A receipt is the server's signature under what it has of this device's reports. Anybody can check it, with openssl\n"
    "or with 'rondctl verify --receipt FILE', which holds it against the store as well.\n"
    "\n"
    "  --to FILE  write it to a new file, as JSON with all that is needed to check it (as --json prints it)\n";

// --- As JSON ---

static json_t *base64_json(const uint8_t *data, size_t size) {
    unsigned char text[4 * ((4096 + 2) / 3) + 1];
    if (size == 0 || size > 4096)
        return json_null();
    EVP_EncodeBlock(text, data, (int)size);
    return json_string((const char *)text);
}

static json_t *heads_json(const rond_receipt *receipt) {
    json_t *list = json_array();
    for (size_t i = 0; i < receipt->heads_count; i++)
        json_array_append_new(
            list, json_pack("{s:I, s:s}", "seq", (json_int_t)receipt->heads[i].seq, "head", receipt->heads[i].head));
    return list;
}

static json_t *contradiction_json(const rond_receipt *receipt) {
    if (receipt->code == 0)
        return json_null();
    return json_pack("{s:i, s:I, s:I, s:b, s:s, s:s}", "code", (int)receipt->code, "seq",
                     (json_int_t)receipt->contradicted_seq, "at_ms", (json_int_t)receipt->contradicted_ms, "seen",
                     (int)receipt->is_seen, "sentence", receipt->sentence, "sentence_sv", receipt->sentence_sv);
}

static json_t *receipt_json(const rond_receipt *receipt) {
    return json_pack("{s:i, s:s, s:s, s:s, s:I, s:I, s:s, s:o, s:o, s:o, s:I, s:o, s:o}", "rond_receipt", 1, "device",
                     receipt->device, "outbox", receipt->outbox, "store", receipt->store, "epoch",
                     (json_int_t)receipt->epoch, "watermark", (json_int_t)receipt->watermark, "head", receipt->head,
                     "statement", base64_json(receipt->statement, receipt->statement_size), "signature",
                     base64_json(receipt->signature, receipt->signature_size), "certificate",
                     base64_json(receipt->certificate, receipt->certificate_size), "received_ms",
                     (json_int_t)receipt->received_ms, "contradicted", contradiction_json(receipt), "heads",
                     heads_json(receipt));
}

static json_t *receipts_json(const rond_receipts *receipts) {
    json_t *list = json_array();
    for (size_t i = 0; i < receipts->count; i++)
        json_array_append_new(list, receipt_json(&receipts->receipts[i]));
    return json_pack("{s:o}", "receipts", list);
}

// --- Shown and written ---

static void receipt_print(const rond_receipt *receipt) {
    printf("outbox %.8s  up to %llu  store %.8s epoch %llu  head %.16s\n", receipt->outbox,
           (unsigned long long)receipt->watermark, receipt->store, (unsigned long long)receipt->epoch, receipt->head);
    if (receipt->code != 0)
        printf("  CONTRADICTED from report %llu on%s: %s\n", (unsigned long long)receipt->contradicted_seq,
               receipt->is_seen ? " (seen)" : "", receipt->sentence);
}

static int file_write(struct cli *cli, json_t *take_object, const char *path) {
    FILE *file = fopen(path, "wxe");
    int error = file == NULL ? errno : 0;
    if (file != NULL &&
        (take_object == NULL || json_dumpf(take_object, file, JSON_INDENT(1)) != 0 || fputc('\n', file) == EOF))
        error = EIO;
    if (file != NULL && fclose(file) != 0 && error == 0)
        error = errno;
    json_decref(take_object);
    if (error == 0)
        return EXIT_CODE_OK;
    rond_fault fault = {0};
    snprintf(fault.field, sizeof fault.field, "to");
    snprintf(fault.text, sizeof fault.text, "%.120s cannot be written: %s.", path, strerror(error));
    return cli_fail(cli, error == ENOSPC ? ROND_EFULL : ROND_EINVALID, &fault);
}

static int receipts_show(struct cli *cli, const char *reference, const char *path, const rond_receipts *receipts) {
    json_t *object = NULL;
    if (cli->is_json || path != NULL)
        object = reference != NULL ? receipt_json(&receipts->receipts[0]) : receipts_json(receipts);
    if (path != NULL) {
        int code = file_write(cli, object, path);
        if (code == EXIT_CODE_OK && !cli->is_json)
            printf("%s: check it with 'rondctl verify --receipt %s'\n", path, path);
        return code;
    }
    if (cli->is_json)
        return cli_json(object);
    for (size_t i = 0; i < (reference != NULL ? 1 : receipts->count); i++)
        receipt_print(&receipts->receipts[i]);
    if (receipts->count == 0)
        puts("no receipts yet: they come with a sync");
    return EXIT_CODE_OK;
}

static int receipts_run(struct cli *cli, const char *reference, const char *path) {
    rond_receipts *receipts;
    rond_fault fault = {0};
    enum rond_err err = rond_receipts_get(cli->rond, reference, &receipts, &fault);
    if (err != ROND_OK)
        return cli_fail(cli, err, &fault);
    int code = receipts_show(cli, reference, path, receipts);
    rond_receipts_free(receipts);
    return code;
}

int command_receipt(struct cli *cli, int argc, char **argv) {
    static const struct option options[] = {
        {"all", no_argument, NULL, 'a'}, {"seen", no_argument, NULL, 's'}, {"to", required_argument, NULL, 't'}, {0}};
    bool is_all = false, is_seen = false;
    const char *path = NULL;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'a':
            is_all = true;
            break;
        case 's':
            is_seen = true;
            break;
        case 't':
            path = optarg;
            break;
        default:
            return cli_usage_option(cli, argv);
        }
    }
    bool is_one = argc - optind == 1;
    if (argc - optind > 1 || is_one + is_all + is_seen != 1 || (is_seen && path != NULL))
        return cli_usage(cli, "receipt wants one REFERENCE, or --all, or --seen.");
    int code = cli_open(cli);
    if (code != EXIT_CODE_OK)
        return code;
    if (!is_seen)
        return receipts_run(cli, is_one ? argv[optind] : NULL, path);
    enum rond_err err = rond_receipts_seen(cli->rond);
    return err == ROND_OK ? EXIT_CODE_OK : cli_fail(cli, err, NULL);
}

// --- What other commands tell ---

void receipts_warn(struct cli *cli) {
    rond_receipts *receipts;
    if (rond_receipts_get(cli->rond, NULL, &receipts, NULL) != ROND_OK)
        return;
    for (size_t i = 0; i < receipts->count; i++) {
        const rond_receipt *receipt = &receipts->receipts[i];
        if (receipt->code != 0 && !receipt->is_seen)
            cli_warn(cli, "%s (outbox %.8s, from report %llu on; 'rond receipt --all' shows the proof)", receipt->sentence,
                     receipt->outbox, (unsigned long long)receipt->contradicted_seq);
    }
    rond_receipts_free(receipts);
}
