// Opens the bodies of a store with nothing of Rond's: SQLite and OpenSSL alone, from what the tables hold. Each is a line
// "ROW HEX whole"; of one that is not what was sealed there the last word is "altered".
//
// usage: open_bodies RONDDB
#include <openssl/evp.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { KEY_SIZE = 32, TAG_SIZE = 16, ID_SIZE = 16, BODY_MAX = 64 * 1024 };

static int opens(EVP_CIPHER_CTX *context, sqlite3_stmt *row, unsigned char *plain, int *ret_whole) {
    static const unsigned char nonce[12];
    unsigned char place[13 + 2 * ID_SIZE + 8] = "rond body v1r", tag[TAG_SIZE];
    uint64_t seq = (uint64_t)sqlite3_column_int64(row, 3);
    int size = sqlite3_column_bytes(row, 4) - TAG_SIZE, written;
    const unsigned char *sealed = sqlite3_column_blob(row, 4), *key = sqlite3_column_blob(row, 5);
    if (size < 0 || size > BODY_MAX || sqlite3_column_bytes(row, 5) != KEY_SIZE)
        return -1;
    memcpy(place + 13, sqlite3_column_blob(row, 1), ID_SIZE);
    memcpy(place + 13 + ID_SIZE, sqlite3_column_blob(row, 2), ID_SIZE);
    for (int i = 0; i < 8; i++)
        place[13 + 2 * ID_SIZE + i] = (unsigned char)(seq >> (56 - 8 * i));
    memcpy(tag, sealed + size, TAG_SIZE);
    int done = EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
               EVP_DecryptUpdate(context, NULL, &written, place, sizeof place) == 1 &&
               EVP_DecryptUpdate(context, plain, &written, sealed, size) == 1 &&
               EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1;
    *ret_whole = done && EVP_DecryptFinal_ex(context, plain + size, &written) == 1;
    return done ? size : -1;
}

int main(int argc, char **argv) {
    static unsigned char plain[BODY_MAX + TAG_SIZE];
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    if (argc != 2 || sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db,
                           "SELECT r.row, o.device, o.outbox, r.seq, r.body, k.key FROM reports r JOIN outboxes o"
                           " ON o.number = r.outbox LEFT JOIN body_keys k ON k.row = r.row",
                           -1, &row, NULL) != SQLITE_OK)
        return 2;
    while (sqlite3_step(row) == SQLITE_ROW) {
        int whole = 0, size = opens(context, row, plain, &whole);
        printf("%lld ", sqlite3_column_int64(row, 0));
        for (int i = 0; i < size; i++)
            printf("%02X", plain[i]);
        puts(whole ? " whole" : " altered");
    }
    sqlite3_finalize(row);
    sqlite3_close(db);
    EVP_CIPHER_CTX_free(context);
    return 0;
}
