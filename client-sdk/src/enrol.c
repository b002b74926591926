#include "enrol.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/check.h"
#include "rond/v1/enrol.pb-c.h"
#include "wire/limits.h"

enum { NONCE_SIZE = 16 };

// A certificate request for the device's key, DER. The server gives the name; what stands here is not looked at.
static enum rond_err certificate_request(struct keystore *keystore, struct buffer *to) {
    EVP_PKEY *key;
    enum rond_err err = keystore_evp(keystore, &key);
    if (err != ROND_OK)
        return err;
    unsigned char *der = NULL;
    int size = -1;
    X509_REQ *request = X509_REQ_new();
    X509_NAME *name = request == NULL ? NULL : X509_REQ_get_subject_name(request);
    if (name != NULL && X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 && X509_REQ_set_pubkey(request, key) == 1 &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"rond device", -1, -1, 0) == 1 &&
        X509_REQ_sign(request, key, EVP_sha256()) > 0)
        size = i2d_X509_REQ(request, &der);
    if (size > 0)
        err = buffer_append(to, bytes_of(der, (size_t)size));
    else // the keystore's answer, where it is the reason
        err = keystore_signing_err(keystore) != ROND_OK ? keystore_signing_err(keystore) : ROND_ENOMEM;
    OPENSSL_free(der);
    X509_REQ_free(request);
    ERR_clear_error();
    return err;
}

static ProtobufCBinaryData binary(struct bytes bytes) {
    // protobuf-c has no const; packing only reads.
    union {
        const uint8_t *in;
        uint8_t *out;
    } data = {.in = bytes.data};
    return (ProtobufCBinaryData){.len = bytes.size, .data = data.out};
}

static enum rond_err message_append(const ProtobufCMessage *message, struct buffer *to) {
    size_t size = protobuf_c_message_get_packed_size(message);
    enum rond_err err = size <= ENROL_BODY_BYTES_MAX ? buffer_reserve(to, size) : ROND_EFULL;
    if (err == ROND_OK)
        to->size += protobuf_c_message_pack(message, to->data + to->size);
    return err;
}

enum rond_err enrol_request_make(struct keystore *keystore, const struct rng *rng, const struct enrol_code_parts *code,
                                 const char *device_name, struct buffer *to) {
    UNUSED(rng);
    size_t name_size = device_name == NULL ? 0 : strlen(device_name);
    if (name_size > DEVICE_NAME_BYTES_MAX || !utf8_is_valid(bytes_of(device_name, name_size)))
        return ROND_EINVALID;
    char name[DEVICE_NAME_BYTES_MAX + 1] = "";
    if (name_size > 0)
        memcpy(name, device_name, name_size + 1);
    struct buffer request;
    buffer_init(&request, ENROL_BODY_BYTES_MAX);
    enum rond_err err = certificate_request(keystore, &request);
    if (err == ROND_OK) {
        Rond__V1__EnrolRequest message = ROND__V1__ENROL_REQUEST__INIT;
        message.protocol = PROTOCOL_VERSION;
        message.secret = binary(bytes_of(code->secret, sizeof code->secret));
        message.request = binary(buffer_bytes(&request));
        message.device_name = name;
        err = message_append(&message.base, to);
    }
    buffer_deinit(&request);
    return err;
}

enum rond_err renew_request_make(struct keystore *keystore, const struct rng *rng, const struct clock *clock,
                                 const struct enrolment *enrolment, struct buffer *to) {
    uint8_t nonce[NONCE_SIZE];
    struct statement statement;
    struct signature signature;
    struct bytes spki;
    struct buffer request;
    int64_t wall_ms = clock_wall_ms(clock);
    rng_fill(rng, nonce, sizeof nonce);
    buffer_init(&request, ENROL_BODY_BYTES_MAX);
    enum rond_err err = certificate_request(keystore, &request);
    if (err == ROND_OK)
        err = keystore_spki(keystore, &spki);
    if (err == ROND_OK) {
        statement_renewal(&statement, &enrolment->device, wall_ms, nonce, buffer_bytes(&request));
        err = keystore_sign(keystore, &statement, &signature);
    }
    if (err == ROND_OK) {
        Rond__V1__RenewRequest message = ROND__V1__RENEW_REQUEST__INIT;
        message.protocol = PROTOCOL_VERSION;
        message.device = binary(bytes_of(enrolment->device.b, ID_SIZE));
        message.request = binary(buffer_bytes(&request));
        message.public_key = binary(spki);
        message.wall_ms = wall_ms;
        message.nonce = binary(bytes_of(nonce, sizeof nonce));
        message.signature = binary(bytes_of(signature.b, sizeof signature.b));
        err = message_append(&message.base, to);
    }
    buffer_deinit(&request);
    return err;
}
