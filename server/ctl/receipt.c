// rondctl verify --receipt FILE
#include "ctl/receipt.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/check.h"
#include "base/rng.h"
#include "ctl/backup.h"
#include "wire/limits.h"
#include "wire/receipt.h"
#include "wire/receipt_key.h"

enum { PATH_BYTES = 4096, BASE64_SIZE_MAX = 4 * ((RECEIPT_CERTIFICATE_SIZE_MAX + 2) / 3) };

// ---- What stands in the file ----

static bool take_hex(json_t *object, const char *name, uint8_t *ret_data, size_t size) {
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL && hex_decode(text, ret_data, size);
}

static bool take_number(json_t *object, const char *name, uint64_t *ret_number) {
    json_t *value = json_object_get(object, name);
    *ret_number = (uint64_t)json_integer_value(value);
    return json_is_integer(value) && json_integer_value(value) >= 0;
}

static bool take_base64(json_t *object, const char *name, struct buffer *to) {
    uint8_t data[BASE64_SIZE_MAX];
    const char *text = json_string_value(json_object_get(object, name));
    size_t size = text == NULL ? 0 : strlen(text);
    if (size == 0 || size > sizeof data || size % 4 != 0)
        return false;
    int decoded = EVP_DecodeBlock(data, (const unsigned char *)text, (int)size);
    size_t padding = (size_t)(text[size - 1] == '=') + (size_t)(text[size - 2] == '=');
    return decoded > 0 && buffer_append(to, bytes_of(data, (size_t)decoded - padding)) == ROND_OK;
}

// DER to r || s.
static bool take_signature(json_t *object, struct signature *ret_signature) {
    struct buffer der;
    buffer_init(&der, BASE64_SIZE_MAX);
    bool taken = take_base64(object, "signature", &der) && signature_from_der(buffer_bytes(&der), ret_signature) == ROND_OK;
    buffer_deinit(&der);
    return taken;
}

static bool take_receipt(json_t *object, struct receipt *ret_receipt, struct buffer *certificate) {
    return take_hex(object, "store", ret_receipt->store.b, ID_SIZE) && take_number(object, "epoch", &ret_receipt->epoch) &&
           take_hex(object, "device", ret_receipt->device.b, ID_SIZE) &&
           take_hex(object, "outbox", ret_receipt->outbox.b, ID_SIZE) &&
           take_number(object, "watermark", &ret_receipt->watermark) &&
           take_hex(object, "head", ret_receipt->head.b, HASH_SIZE) && take_signature(object, &ret_receipt->signature) &&
           take_base64(object, "certificate", certificate);
}

// ---- Whose it is ----

static int anchor_read(const char *directory, struct buffer *to) {
    char path[PATH_BYTES];
    unsigned char *der = NULL;
    snprintf(path, sizeof path, "%s/ca.crt", directory);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return ctl_fail(CTL_NOT_FOUND, "%s cannot be read", path);
    X509 *anchor = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    int size = anchor == NULL ? -1 : i2d_X509(anchor, &der);
    bool kept = size > 0 && buffer_append(to, bytes_of(der, (size_t)size)) == ROND_OK;
    OPENSSL_free(der);
    X509_free(anchor);
    ERR_clear_error();
    return kept ? CTL_OK : ctl_fail(CTL_UNSOUND, "%s is no certificate", path);
}

static enum rond_err signed_by(const struct receipt *receipt, struct bytes certificate, struct bytes anchor) {
    struct verify_key *key;
    struct statement statement;
    enum rond_err err = receipt_key_create(certificate, &anchor, 1, &key);
    if (err != ROND_OK)
        return err;
    statement_receipt(&statement, receipt);
    err = signature_verify(key, &statement, bytes_of(receipt->signature.b, SIGNATURE_SIZE));
    verify_key_destroy(key);
    return err;
}

static int signature_check(json_t *object, const char *directory, const char *path) {
    struct buffer certificate, anchor;
    struct receipt receipt;
    buffer_init(&certificate, RECEIPT_CERTIFICATE_SIZE_MAX);
    buffer_init(&anchor, RECEIPT_CERTIFICATE_SIZE_MAX);
    int code = take_receipt(object, &receipt, &certificate) ? anchor_read(directory, &anchor)
                                                            : ctl_fail(CTL_INVALID, "%s holds no receipt", path);
    if (code == CTL_OK) {
        enum rond_err err = signed_by(&receipt, buffer_bytes(&certificate), buffer_bytes(&anchor));
        if (err != ROND_OK)
            code = ctl_fail(err == ROND_EAUTH ? CTL_UNSOUND : CTL_FAILED, "the receipt is not signed by this server's key");
    }
    buffer_deinit(&anchor);
    buffer_deinit(&certificate);
    return code;
}

// ---- Against the store ----

static int one_verify(const struct ctl *ctl, json_t *receipt, const char *path, const char *backup, asker_line *line,
                      void *context) {
    int code = signature_check(receipt, backup != NULL ? backup : ctl->data, path);
    if (code != CTL_OK)
        return code;
    if (backup != NULL)
        return backup_verify_receipt(backup, receipt, line, context);
    return asker_ask(ctl, json_pack("{s:s,s:O}", "command", "verify.receipt", "receipt", receipt), line, context);
}

// All of them, whatever is wrong with one; the first trouble is the answer.
static int list_verify(const struct ctl *ctl, json_t *list, const char *path, const char *backup, asker_line *line,
                       void *context) {
    int worst = json_array_size(list) > 0 ? CTL_OK : ctl_fail(CTL_INVALID, "%s holds no receipt", path);
    for (size_t i = 0; i < json_array_size(list); i++) {
        int code = one_verify(ctl, json_array_get(list, i), path, backup, line, context);
        worst = worst == CTL_OK ? code : worst;
    }
    return worst;
}

int receipt_verify(const struct ctl *ctl, const char *path, const char *backup, asker_line *line, void *context) {
    json_error_t error;
    json_t *file = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (file == NULL)
        return ctl_fail(CTL_INVALID, "%s cannot be read: %s", path, error.text);
    json_t *list = json_object_get(file, "receipts");
    int code = list != NULL ? list_verify(ctl, list, path, backup, line, context)
                            : one_verify(ctl, file, path, backup, line, context);
    json_decref(file);
    return code;
}
