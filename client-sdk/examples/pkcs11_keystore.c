/* A keystore in a PKCS#11 token (smart card, secure element, TPM through tpm2-pkcs11, SoftHSM), in C99: what a phone's key
 * store does, on a desk. The device's key is made in the token and never leaves it. The outbox key lies beside the outbox,
 * wrapped (AES-256-GCM) by a second key that never leaves the token either; it is unwrapped when the outbox is opened.
 *
 *   cc -std=c99 pkcs11_keystore.c $(pkg-config --cflags p11-kit-1) $(pkg-config --cflags --libs rond) -o pkcs11_keystore
 *   ./pkcs11_keystore DIRECTORY MODULE TOKEN    e.g. /usr/lib/softhsm/libsofthsm2.so and the token's label
 *
 * Commands come on standard input, one a line, as they would from an app's screens; each is answered with the name of its
 * result: login PIN, logout, open, close, enrol URL CODE, report TEXT, sync, waiting. The PIN is on nobody's command line.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <p11-kit/pkcs11.h>
#include <rond/rond.h>

enum {
    KEY_SIZE = 32,
    IV_SIZE = 12,
    TAG_SIZE = 16,
    WRAPPED_SIZE = IV_SIZE + KEY_SIZE + TAG_SIZE,
    POINT_SIZE = 65,
    SLOTS_MAX = 32
};

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

struct token {
    void *module;
    CK_FUNCTION_LIST_PTR p11;
    CK_SESSION_HANDLE session;
    char wrapped_path[4096];
};

/* What a person can mend is ROND_EAUTH; the rest is the token's failure, and nothing may be assumed. */
static enum rond_err err_of(CK_RV rv) {
    switch (rv) {
    case CKR_OK:
        return ROND_OK;
    case CKR_USER_NOT_LOGGED_IN:
    case CKR_PIN_INCORRECT:
    case CKR_PIN_LOCKED:
    case CKR_PIN_EXPIRED:
    case CKR_PIN_INVALID:
    case CKR_PIN_LEN_RANGE:
        return ROND_EAUTH;
    case CKR_HOST_MEMORY:
        return ROND_ENOMEM;
    default:
        return ROND_EIO;
    }
}

/* --- The token --- */

/* Private objects of a locked token are not to be seen: without this, one would make new keys. */
static enum rond_err must_be_unlocked(const struct token *token) {
    CK_SESSION_INFO info;
    CK_RV rv = token->p11->C_GetSessionInfo(token->session, &info);
    if (rv != CKR_OK)
        return err_of(rv);
    return info.state == CKS_RW_USER_FUNCTIONS ? ROND_OK : ROND_EAUTH;
}

static enum rond_err object_find(const struct token *token, CK_OBJECT_CLASS class, const char *label,
                                 CK_OBJECT_HANDLE *ret_object) {
    CK_ULONG count = 0;
    CK_ATTRIBUTE wanted[2] = {{CKA_CLASS, NULL, sizeof class}, {CKA_LABEL, NULL, 0}};
    CK_RV rv;
    wanted[0].pValue = &class;
    wanted[1].pValue = (void *)(size_t)label;
    wanted[1].ulValueLen = strlen(label);
    rv = token->p11->C_FindObjectsInit(token->session, wanted, 2);
    if (rv == CKR_OK) {
        rv = token->p11->C_FindObjects(token->session, ret_object, 1, &count);
        (void)token->p11->C_FindObjectsFinal(token->session);
    }
    if (rv != CKR_OK)
        return err_of(rv);
    return count == 1 ? ROND_OK : ROND_ENOTFOUND;
}

/* --- The device's key --- */

static const char device_label[] = "rond device";

static enum rond_err device_key_make(const struct token *token) {
    static CK_BYTE p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
    CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
    CK_OBJECT_HANDLE public_half, private_half;
    char label[sizeof device_label];
    CK_ATTRIBUTE public_is[] = {{CKA_TOKEN, &yes, sizeof yes},
                                {CKA_VERIFY, &yes, sizeof yes},
                                {CKA_EC_PARAMS, p256, sizeof p256},
                                {CKA_LABEL, NULL, sizeof device_label - 1}};
    CK_ATTRIBUTE private_is[] = {{CKA_TOKEN, &yes, sizeof yes},     {CKA_PRIVATE, &yes, sizeof yes},
                                 {CKA_SENSITIVE, &yes, sizeof yes}, {CKA_EXTRACTABLE, &no, sizeof no},
                                 {CKA_SIGN, &yes, sizeof yes},      {CKA_LABEL, NULL, sizeof device_label - 1}};
    memcpy(label, device_label, sizeof label);
    public_is[3].pValue = label;
    private_is[5].pValue = label;
    return err_of(
        token->p11->C_GenerateKeyPair(token->session, &mechanism, public_is, 4, private_is, 6, &public_half, &private_half));
}

static enum rond_err device_key_need(const struct token *token, CK_OBJECT_HANDLE *ret_key) {
    enum rond_err err = must_be_unlocked(token);
    if (err == ROND_OK)
        err = object_find(token, CKO_PRIVATE_KEY, device_label, ret_key);
    if (err != ROND_ENOTFOUND)
        return err;
    err = device_key_make(token);
    return err == ROND_OK ? object_find(token, CKO_PRIVATE_KEY, device_label, ret_key) : err;
}

/* The token has the point as an OCTET STRING; a SubjectPublicKeyInfo of P-256 is always these bytes and the point. */
static enum rond_err public_key(void *context, uint8_t *ret_der, size_t *inout_size) {
    static const uint8_t head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                   0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
    const struct token *token = context;
    CK_OBJECT_HANDLE key;
    CK_BYTE point[2 + POINT_SIZE];
    CK_ATTRIBUTE value = {CKA_EC_POINT, NULL, sizeof point};
    enum rond_err err = device_key_need(token, &key);
    if (err == ROND_OK)
        err = object_find(token, CKO_PUBLIC_KEY, device_label, &key);
    value.pValue = point;
    if (err == ROND_OK)
        err = err_of(token->p11->C_GetAttributeValue(token->session, key, &value, 1));
    if (err != ROND_OK)
        return err;
    if (value.ulValueLen != sizeof point || *inout_size < sizeof head + POINT_SIZE)
        return ROND_EINVALID;
    memcpy(ret_der, head, sizeof head);
    memcpy(ret_der + sizeof head, point + 2, POINT_SIZE);
    *inout_size = sizeof head + POINT_SIZE;
    return ROND_OK;
}

static enum rond_err sign_digest(void *context, const uint8_t digest[32], uint8_t ret_signature[64]) {
    const struct token *token = context;
    CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
    CK_OBJECT_HANDLE key;
    CK_ULONG size = 64;
    CK_BYTE copy[32];
    enum rond_err err = device_key_need(token, &key);
    if (err == ROND_OK)
        err = err_of(token->p11->C_SignInit(token->session, &mechanism, key));
    memcpy(copy, digest, sizeof copy);
    if (err == ROND_OK)
        err = err_of(token->p11->C_Sign(token->session, copy, sizeof copy, ret_signature, &size));
    return err == ROND_OK && size != 64 ? ROND_EIO : err;
}

/* --- The outbox key --- */

static const char wrapping_label[] = "rond outbox";

static enum rond_err wrapping_key_make(const struct token *token, CK_OBJECT_HANDLE *ret_key) {
    CK_MECHANISM mechanism = {CKM_AES_KEY_GEN, NULL, 0};
    CK_ULONG size = KEY_SIZE;
    char label[sizeof wrapping_label];
    CK_ATTRIBUTE is[] = {{CKA_TOKEN, &yes, sizeof yes},      {CKA_PRIVATE, &yes, sizeof yes},
                         {CKA_SENSITIVE, &yes, sizeof yes},  {CKA_EXTRACTABLE, &no, sizeof no},
                         {CKA_ENCRYPT, &yes, sizeof yes},    {CKA_DECRYPT, &yes, sizeof yes},
                         {CKA_VALUE_LEN, NULL, sizeof size}, {CKA_LABEL, NULL, sizeof wrapping_label - 1}};
    memcpy(label, wrapping_label, sizeof label);
    is[6].pValue = &size;
    is[7].pValue = label;
    return err_of(token->p11->C_GenerateKey(token->session, &mechanism, is, 8, ret_key));
}

/* The same call both ways. Some tokens want as much room for what they decrypt as for what they are given. */
static enum rond_err wrap(const struct token *token, int decrypts, CK_OBJECT_HANDLE key, CK_BYTE iv[IV_SIZE], CK_BYTE *from,
                          CK_ULONG from_size, CK_BYTE *to, CK_ULONG to_size) {
    CK_GCM_PARAMS gcm = {0};
    CK_MECHANISM mechanism = {CKM_AES_GCM, NULL, sizeof gcm};
    CK_FUNCTION_LIST_PTR p11 = token->p11;
    CK_BYTE made[KEY_SIZE + TAG_SIZE];
    CK_ULONG size = sizeof made;
    CK_RV rv;
    gcm.iv_ptr = iv;
    gcm.iv_len = IV_SIZE;
    gcm.iv_bits = 8 * IV_SIZE;
    gcm.tag_bits = 8 * TAG_SIZE;
    mechanism.pParameter = &gcm;
    rv =
        decrypts ? p11->C_DecryptInit(token->session, &mechanism, key) : p11->C_EncryptInit(token->session, &mechanism, key);
    if (rv == CKR_OK)
        rv = decrypts ? p11->C_Decrypt(token->session, from, from_size, made, &size)
                      : p11->C_Encrypt(token->session, from, from_size, made, &size);
    if (rv == CKR_OK && size == to_size)
        memcpy(to, made, size);
    memset(made, 0, sizeof made); /* an app uses what its compiler cannot leave out: explicit_bzero, memset_s */
    if (rv == CKR_ENCRYPTED_DATA_INVALID)
        return ROND_EAUTH; /* wrapped by another token */
    return rv == CKR_OK && size != to_size ? ROND_EIO : err_of(rv);
}

static enum rond_err wrapped_read(const struct token *token, CK_BYTE wrapped[WRAPPED_SIZE]) {
    FILE *file = fopen(token->wrapped_path, "rb");
    size_t size;
    if (file == NULL)
        return ROND_ENOTFOUND;
    size = fread(wrapped, 1, WRAPPED_SIZE, file);
    fclose(file);
    return size == WRAPPED_SIZE ? ROND_OK : ROND_ECORRUPT;
}

/* Exclusive: a key that is there is never replaced. An app syncs file and folder before it relies on them. */
static enum rond_err wrapped_write(const struct token *token, const CK_BYTE wrapped[WRAPPED_SIZE]) {
    FILE *file = fopen(token->wrapped_path, "wbx");
    int failed;
    if (file == NULL)
        return ROND_EIO;
    failed = fwrite(wrapped, 1, WRAPPED_SIZE, file) != WRAPPED_SIZE;
    failed |= fclose(file) != 0;
    return failed ? ROND_EIO : ROND_OK;
}

static enum rond_err outbox_key_make(const struct token *token, CK_BYTE wrapped[WRAPPED_SIZE]) {
    CK_OBJECT_HANDLE key;
    CK_BYTE outbox_key[KEY_SIZE];
    enum rond_err err = object_find(token, CKO_SECRET_KEY, wrapping_label, &key);
    if (err == ROND_ENOTFOUND)
        err = wrapping_key_make(token, &key);
    if (err == ROND_OK)
        err = err_of(token->p11->C_GenerateRandom(token->session, outbox_key, sizeof outbox_key));
    if (err == ROND_OK)
        err = err_of(token->p11->C_GenerateRandom(token->session, wrapped, IV_SIZE));
    if (err == ROND_OK)
        err = wrap(token, 0, key, wrapped, outbox_key, sizeof outbox_key, wrapped + IV_SIZE, WRAPPED_SIZE - IV_SIZE);
    memset(outbox_key, 0, sizeof outbox_key);
    return err == ROND_OK ? wrapped_write(token, wrapped) : err;
}

static enum rond_err outbox_key(void *context, uint8_t ret_key[32]) {
    const struct token *token = context;
    CK_BYTE wrapped[WRAPPED_SIZE];
    CK_OBJECT_HANDLE key;
    enum rond_err err = must_be_unlocked(token);
    if (err == ROND_OK)
        err = wrapped_read(token, wrapped);
    if (err == ROND_ENOTFOUND)
        err = outbox_key_make(token, wrapped);
    if (err == ROND_OK && (err = object_find(token, CKO_SECRET_KEY, wrapping_label, &key)) == ROND_ENOTFOUND)
        err = ROND_EAUTH; /* another token */
    return err == ROND_OK ? wrap(token, 1, key, wrapped, wrapped + IV_SIZE, WRAPPED_SIZE - IV_SIZE, ret_key, KEY_SIZE) : err;
}

/* --- Opening --- */

static CK_RV session_open(struct token *token, const char *label) {
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX, i;
    CK_RV rv = token->p11->C_GetSlotList(CK_TRUE, slots, &count);
    for (i = 0; rv == CKR_OK && i < count; i++) {
        CK_TOKEN_INFO info;
        size_t size = strlen(label); /* the token's is padded with blanks */
        if (token->p11->C_GetTokenInfo(slots[i], &info) == CKR_OK && size <= sizeof info.label &&
            memcmp(info.label, label, size) == 0 && (size == sizeof info.label || info.label[size] == ' '))
            return token->p11->C_OpenSession(slots[i], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &token->session);
    }
    return rv == CKR_OK ? CKR_TOKEN_NOT_PRESENT : rv;
}

static enum rond_err token_open(struct token *token, const char *directory, const char *module, const char *label) {
    CK_C_GetFunctionList list = NULL;
    CK_RV rv;
    snprintf(token->wrapped_path, sizeof token->wrapped_path, "%s/outbox.wrapped", directory);
    token->module = dlopen(module, RTLD_NOW | RTLD_LOCAL);
    if (token->module != NULL)
        *(void **)(&list) = dlsym(token->module, "C_GetFunctionList");
    if (list == NULL || list(&token->p11) != CKR_OK)
        return ROND_EIO;
    rv = token->p11->C_Initialize(NULL);
    return err_of(rv == CKR_OK ? session_open(token, label) : rv);
}

static void token_close(struct token *token) {
    if (token->p11 != NULL)
        (void)token->p11->C_Finalize(NULL);
    if (token->module != NULL)
        dlclose(token->module);
}

/* --- The app --- */

struct app {
    struct token token;
    const char *directory;
    rond *rond;
    rond_fault fault;
};

/* The token outlives the outbox: nothing to release. */
static enum rond_err app_open(struct app *app) {
    char path[4096];
    rond_keystore keystore = {0};
    rond_config config = {0};
    keystore.context = &app->token;
    keystore.outbox_key = outbox_key;
    keystore.public_key = public_key;
    keystore.sign_digest = sign_digest;
    snprintf(path, sizeof path, "%s/outbox.db", app->directory);
    config.struct_size = sizeof config;
    config.path = path;
    config.keystore = &keystore;
    config.client = "pkcs11/1";
    return rond_open(&config, &app->rond, &app->fault);
}

static enum rond_err app_login(struct app *app, const char *pin) {
    CK_RV rv = app->token.p11->C_Login(app->token.session, CKU_USER, (CK_UTF8CHAR_PTR)(size_t)pin, strlen(pin));
    return err_of(rv == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : rv);
}

static enum rond_err app_report(struct app *app, const char *text) {
    rond_activity check = {0};
    check.struct_size = sizeof check;
    check.kind = ROND_CHECK;
    check.check_form = ROND_TARGETED;
    check.of = "cyclist_behaviour";
    check.checked = 1;
    check.text = text;
    return rond_report(app->rond, &check, NULL, &app->fault);
}

static enum rond_err app_waiting(struct app *app) {
    rond_totals totals;
    enum rond_err err = rond_totals_get(app->rond, &totals);
    if (err == ROND_OK)
        printf("%lu ", (unsigned long)totals.waiting);
    return err;
}

static enum rond_err app_obey(struct app *app, const char *verb, const char *first, const char *second) {
    if (strcmp(verb, "login") == 0)
        return app_login(app, first);
    if (strcmp(verb, "logout") == 0)
        return err_of(app->token.p11->C_Logout(app->token.session));
    if (strcmp(verb, "open") == 0)
        return app->rond == NULL ? app_open(app) : ROND_ECONFLICT;
    if (app->rond == NULL)
        return ROND_ENOTFOUND;
    if (strcmp(verb, "enrol") == 0)
        return rond_enrol(app->rond, first, second, "token", 15000, &app->fault);
    if (strcmp(verb, "report") == 0)
        return app_report(app, first);
    if (strcmp(verb, "sync") == 0)
        return rond_sync(app->rond, 15000, NULL, &app->fault);
    if (strcmp(verb, "waiting") == 0)
        return app_waiting(app);
    if (strcmp(verb, "close") != 0)
        return ROND_EINVALID;
    rond_close(app->rond);
    app->rond = NULL;
    return ROND_OK;
}

int main(int argc, char **argv) {
    static struct app app;
    char line[512];
    enum rond_err err;
    if (argc != 4) {
        fprintf(stderr, "usage: pkcs11_keystore DIRECTORY MODULE TOKEN\n");
        return 2;
    }
    app.directory = argv[1];
    err = token_open(&app.token, argv[1], argv[2], argv[3]);
    if (err != ROND_OK)
        fprintf(stderr, "the token cannot be opened: %s\n", rond_err_name(err));
    while (err == ROND_OK && fgets(line, sizeof line, stdin) != NULL) {
        char verb[16] = "", first[256] = "", second[200] = "";
        enum rond_err answer;
        if (sscanf(line, "%15s %255s %199s", verb, first, second) < 1)
            continue;
        app.fault.text[0] = '\0';
        answer = app_obey(&app, verb, first, second);
        printf("%s %s\n", verb, rond_err_name(answer));
        fflush(stdout);
        if (answer != ROND_OK)
            fprintf(stderr, "%s: %s\n", verb, app.fault.text);
    }
    rond_close(app.rond);
    token_close(&app.token);
    return err == ROND_OK ? 0 : 1;
}
