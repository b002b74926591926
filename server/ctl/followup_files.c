// rondctl followup verify | export: follow-ups as files, apart from any server.
#include <errno.h>
#include <getopt.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/check.h"
#include "base/sha256.h"
#include "ctl/followup.h"
#include "wire/followup_signature.h"

enum { PATH_BYTES = 4096 };

static const char *text_of(json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

static json_int_t number_of(json_t *object, const char *name) {
    return json_integer_value(json_object_get(object, name));
}

// --- Verifying ---

struct check {
    struct buffer document;
    struct buffer signature;
    bool fits;
    char key[2 * HASH_SIZE + 1];
};

static int read_file(const char *path, struct buffer *to) {
    uint8_t chunk[16 * 1024];
    size_t got;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return ctl_fail(CTL_NOT_FOUND, "%s cannot be read: %s", path, strerror(errno));
    }
    enum rond_err err = ROND_OK;
    while (err == ROND_OK && (got = fread(chunk, 1, sizeof chunk, file)) > 0) {
        err = buffer_append(to, bytes_of(chunk, got));
    }
    bool failed = ferror(file) != 0;
    fclose(file);
    return err == ROND_OK && !failed ? CTL_OK : ctl_fail(CTL_INVALID, "%s cannot be read, or is too large to be that", path);
}

static void check_key(struct check *check, EVP_PKEY *key) {
    unsigned char *spki = NULL;
    struct hash256 id;
    int size = i2d_PUBKEY(key, &spki);
    if (size > 0 && followup_signature_verify(bytes_of(spki, (size_t)size), buffer_bytes(&check->document),
                                              buffer_bytes(&check->signature)) == ROND_OK) {
        check->fits = true;
        sha256_of(bytes_of(spki, (size_t)size), &id);
        hex_encode(bytes_of(id.b, HASH_SIZE), check->key);
    }
    OPENSSL_free(spki);
}

// Every public key in the text; answers how many there were.
static size_t check_keys(struct check *check, BIO *take_pem) {
    size_t count = 0;
    for (EVP_PKEY *key; take_pem != NULL && (key = PEM_read_bio_PUBKEY(take_pem, NULL, NULL, NULL)) != NULL; count++) {
        check_key(check, key);
        EVP_PKEY_free(key);
    }
    ERR_clear_error();
    BIO_free(take_pem);
    return count;
}

static void check_row(void *context, json_t *row) {
    const char *pem = text_of(row, "pem");
    if (*pem != '\0') {
        (void)check_keys(context, BIO_new_mem_buf(pem, -1));
    }
}

static int check_by(const struct ctl *ctl, const char *key_path, struct check *check) {
    if (key_path == NULL) {
        return asker_ask(ctl, json_pack("{s:s}", "command", "followup.keys"), check_row, check);
    }
    BIO *file = BIO_new_file(key_path, "r");
    if (file == NULL) {
        ERR_clear_error();
        return ctl_fail(CTL_NOT_FOUND, "%s cannot be read", key_path);
    }
    return check_keys(check, file) > 0 ? CTL_OK : ctl_fail(CTL_INVALID, "%s holds no public key in PEM", key_path);
}

static int say_checked(const struct ctl *ctl, const struct check *check, const char *path) {
    json_error_t error;
    json_t *document = json_loadb((const char *)check->document.data, check->document.size, 0, &error);
    const char *promise = text_of(json_object_get(document, "promise"), "id");
    const char *period = text_of(json_object_get(document, "period"), "name");
    if (ctl->json) {
        json_t *said = json_pack("{s:b,s:b,s:s,s:s,s:I,s:s*}", "ok", check->fits, "verified", check->fits, "promise", promise, "period",
                                 period, "version", number_of(document, "version"), "key", check->fits ? check->key : NULL);
        json_dumpf(said, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(said);
    } else if (check->fits) {
        printf("verified: %s %s, version %" JSON_INTEGER_FORMAT ", signed by the key %s\n", promise, period, number_of(document, "version"),
               check->key);
    }
    json_decref(document);
    return check->fits ? CTL_OK : ctl_fail(CTL_UNSOUND, "%s is not what was signed, or another key signed it", path);
}

int followup_verify(const struct ctl *ctl, int argc, char **argv) {
    static const struct option options[] = {{"key", required_argument, NULL, 'k'}, {NULL, 0, NULL, 0}};
    const char *key_path = NULL;
    struct check check = {0};
    optind = 0; // options may stand behind the names, unlike in main
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option != 'k') {
            return ctl_help(followup_help, false);
        }
        key_path = optarg;
    }
    if (optind + 2 != argc) {
        return ctl_help(followup_help, false);
    }
    buffer_init(&check.document, FOLLOWUP_DOCUMENT_BYTES_MAX);
    buffer_init(&check.signature, FOLLOWUP_DOCUMENT_BYTES_MAX);
    int code = read_file(argv[optind], &check.document);
    code = code == CTL_OK ? read_file(argv[optind + 1], &check.signature) : code;
    code = code == CTL_OK ? check_by(ctl, key_path, &check) : code;
    code = code == CTL_OK ? say_checked(ctl, &check, argv[optind]) : code;
    buffer_deinit(&check.document);
    buffer_deinit(&check.signature);
    return code;
}

// --- Exporting ---

struct exported {
    const char *directory;
    json_t *index;
    size_t documents, keys;
    int code;
};

static int directory_make(const char *path) {
    return mkdir(path, 0755) == 0 || errno == EEXIST ? CTL_OK : ctl_fail(CTL_FAILED, "%s cannot be made: %s", path, strerror(errno));
}

// A file of the export. Names are made of ids; what could leave the folder is refused.
static void export_file(struct exported *exported, const char *name, const char *suffix, struct bytes content) {
    char path[PATH_BYTES];
    int size = snprintf(path, sizeof path, "%s/%s%s", exported->directory, name, suffix);
    if (exported->code == CTL_OK) {
        exported->code = size < 0 || (size_t)size >= sizeof path ? ctl_fail(CTL_INVALID, "%s is too long a name", name)
                                                                 : followup_file_write(path, content);
    }
}

static void export_document(struct exported *exported, json_t *row) {
    char name[512];
    struct signature signature;
    json_t *document = json_object_get(row, "document");
    snprintf(name, sizeof name, "%s_%s_v%" JSON_INTEGER_FORMAT, text_of(row, "promise"), text_of(row, "period"), number_of(row, "version"));
    if (strchr(name, '/') != NULL || !followup_signature_of(row, &signature)) {
        exported->code = ctl_fail(CTL_FAILED, "the follow-up %s cannot be written", name);
        return;
    }
    export_file(exported, name, ".json", bytes_of(json_string_value(document), json_string_length(document)));
    export_file(exported, name, ".json.sig", bytes_of(signature.b, SIGNATURE_SIZE));
    json_t *entry = json_deep_copy(row);
    json_object_del(entry, "document");
    json_object_del(entry, "signature");
    json_object_set_new(entry, "file", json_sprintf("%s.json", name));
    json_object_set_new(entry, "key_file", json_sprintf("keys/%s.pem", text_of(row, "key")));
    json_array_append_new(exported->index, entry);
    exported->documents++;
}

static void export_key(struct exported *exported, json_t *row) {
    char name[2 * HASH_SIZE + 16];
    snprintf(name, sizeof name, "keys/%.64s", text_of(row, "id"));
    export_file(exported, name, ".pem", bytes_of_text(text_of(row, "pem")));
    exported->keys++;
}

static void export_row(void *context, json_t *row) {
    struct exported *exported = context;
    if (exported->code != CTL_OK) {
        return;
    }
    if (json_object_get(row, "document") != NULL) {
        export_document(exported, row);
    } else if (json_object_get(row, "pem") != NULL) {
        export_key(exported, row);
    }
}

static void export_index(struct exported *exported) {
    char *text = json_dumps(exported->index, JSON_SORT_KEYS | JSON_INDENT(2));
    if (text == NULL) {
        exported->code = ctl_fail(CTL_FAILED, "no memory");
        return;
    }
    export_file(exported, "index", ".json", bytes_of_text(text));
    free(text);
}

int followup_export(const struct ctl *ctl, int argc, char **argv) {
    char keys[PATH_BYTES];
    if (argc != 2 || snprintf(keys, sizeof keys, "%s/keys", argv[1]) >= (int)sizeof keys) {
        return ctl_help(followup_help, false);
    }
    struct exported exported = {.directory = argv[1], .index = json_array(), .code = directory_make(argv[1])};
    exported.code = exported.code == CTL_OK ? directory_make(keys) : exported.code;
    if (exported.code == CTL_OK) {
        int code = asker_ask(ctl, json_pack("{s:s}", "command", "followup.export"), export_row, &exported);
        exported.code = exported.code == CTL_OK ? code : exported.code;
    }
    if (exported.code == CTL_OK) {
        export_index(&exported);
    }
    if (exported.code == CTL_OK) {
        printf(ctl->json ? "{\"ok\":true,\"documents\":%zu,\"keys\":%zu}\n" : "%zu documents and %zu public keys\n", exported.documents,
               exported.keys);
    }
    json_decref(exported.index);
    return exported.code;
}
