#include "auth/known_passwords.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "auth/password.h"
#include "base/check.h"

#define FIELD "people.forbidden_passwords"

struct known_passwords {
    uint64_t *hashes; // sorted
    size_t count, capacity;
};

// Folded. auth/password_judge.c also looks for what is made of them by digits, signs and repeating.
static const char *const OWN[] = {
    "1q2w3e4r",
    "1q2w3e4r5t",
    "1q2w3e4r5t6y",
    "1qaz2wsx",
    "abc123",
    "abcdef",
    "abcdefgh",
    "abcdefghijkl",
    "admin",
    "administrator",
    "administratör",
    "april",
    "asdfgh",
    "asdfghjkl",
    "augusti",
    "bajskorv",
    "blomma",
    "brandman",
    "changeme",
    "charlie",
    "december",
    "default",
    "djurgården",
    "dragon",
    "fageln",
    "februari",
    "fotboll",
    "football",
    "fredag",
    "fritid",
    "förnamn",
    "glömde",
    "goteborg",
    "göteborg",
    "hallo",
    "hejhej",
    "hejsan",
    "hello",
    "hemlig",
    "hemligt",
    "hockey",
    "hösten",
    "iloveyou",
    "januari",
    "juli",
    "juni",
    "kalleanka",
    "kommun",
    "kommunen",
    "letmein",
    "login",
    "losen",
    "losenord",
    "lördag",
    "lösen",
    "lösenord",
    "lösenordet",
    "malmö",
    "mamma",
    "master",
    "medborgarlofte",
    "medborgarlöfte",
    "michael",
    "monkey",
    "måndag",
    "november",
    "oktober",
    "onsdag",
    "ordningsvakt",
    "p@ssw0rd",
    "p@ssword",
    "pa$$w0rd",
    "pa$$word",
    "passw0rd",
    "password",
    "polis",
    "polisen",
    "polismyndigheten",
    "princess",
    "q1w2e3r4",
    "q1w2e3r4t5y6",
    "qwerty",
    "qwertyuiop",
    "qwertyuiopas",
    "qwertyuiopå",
    "qwertz",
    "rond",
    "september",
    "shadow",
    "sommar",
    "sommaren",
    "sommarlov",
    "sommer",
    "stationsvärd",
    "stockholm",
    "summer",
    "sunshine",
    "superman",
    "sverige",
    "söndag",
    "test",
    "tisdag",
    "tjenare",
    "torsdag",
    "trustno1",
    "trygghet",
    "trygghetsvandring",
    "uppsala",
    "user",
    "valkommen",
    "vinter",
    "vintern",
    "väktare",
    "välkommen",
    "våren",
    "welcome",
    "winter",
    "zaq12wsx",
    "123456789012",
    "1234567890123",
    "12345678901234",
    "098765432109",
    "112233445566",
    "121212121212",
};

// FNV-1a.
static uint64_t hash_of(struct bytes text) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ text.data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

void known_passwords_fold(char *text) {
    for (unsigned char *at = (unsigned char *)text; *at != '\0'; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (unsigned char)(*at - 'A' + 'a');
        else if (at[0] == 0xc3 && at[1] >= 0x80 && at[1] <= 0x9e &&
                 at[1] != 0x97) // À to Þ but for the sign of multiplication
            at[1] = (unsigned char)(at[1] + 0x20);
    }
}

static int by_value(const void *a, const void *b) {
    const uint64_t *first = a, *second = b;
    return (*first > *second) - (*first < *second);
}

static enum rond_err add(struct known_passwords *known, const char *folded) {
    if (known->count == known->capacity) {
        size_t capacity = known->capacity ? 2 * known->capacity : 1024;
        uint64_t *grown = realloc(known->hashes, capacity * sizeof *grown);
        if (!grown)
            return ROND_ENOMEM;
        known->hashes = grown;
        known->capacity = capacity;
    }
    known->hashes[known->count++] = hash_of(bytes_of_text(folded));
    return ROND_OK;
}

static enum rond_err add_line(struct known_passwords *known, char *line, struct fault *fault) {
    line[strcspn(line, "\r\n")] = '\0';
    if (line[0] == '\0' || !strncmp(line, "#!comment", 9) || strlen(line) > PASSWORD_BYTES_MAX)
        return ROND_OK;
    if (known->count >= KNOWN_PASSWORDS_MAX)
        return fault_set(fault, ROND_EINVALID, 0, FIELD, "The file has more than %d passwords; keep the commonest.",
                         KNOWN_PASSWORDS_MAX);
    known_passwords_fold(line);
    return add(known, line);
}

static enum rond_err read_lines(struct known_passwords *known, FILE *file, struct fault *fault) {
    char *line = NULL;
    size_t capacity = 0, before = known->count;
    enum rond_err err = ROND_OK;
    while (!err && getline(&line, &capacity, file) >= 0)
        err = add_line(known, line, fault);
    if (!err && ferror(file))
        err = fault_set(fault, ROND_EINVALID, 0, FIELD, "The file cannot be read.");
    if (!err && known->count == before)
        err = fault_set(fault, ROND_EINVALID, 0, FIELD, "The file holds no passwords; give one a line.");
    free(line);
    return err;
}

static enum rond_err read_file(struct known_passwords *known, const char *path, struct fault *fault) {
    FILE *file = fopen(path, "re");
    if (!file)
        return fault_set(fault, ROND_EINVALID, 0, FIELD, "'%.120s' cannot be read: %s.", path, strerror(errno));
    struct stat status;
    bool is_file = fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode);
    enum rond_err err = !is_file ? fault_set(fault, ROND_EINVALID, 0, FIELD, "'%.120s' is no file.", path)
                        : status.st_size > KNOWN_PASSWORDS_FILE_BYTES_MAX
                            ? fault_set(fault, ROND_EINVALID, 0, FIELD, "The file is too large; keep the commonest.")
                            : read_lines(known, file, fault);
    (void)fclose(file);
    return err;
}

enum rond_err known_passwords_read(const char *path, struct known_passwords **ret_known, struct fault *fault) {
    struct known_passwords *known = calloc(1, sizeof *known);
    enum rond_err err = known ? ROND_OK : ROND_ENOMEM;
    for (size_t i = 0; i < ARRAY_COUNT(OWN) && !err; i++)
        err = add(known, OWN[i]);
    if (!err && path[0] != '\0')
        err = read_file(known, path, fault);
    if (err) {
        known_passwords_destroy(known);
        return err;
    }
    qsort(known->hashes, known->count, sizeof *known->hashes, by_value);
    *ret_known = known;
    return ROND_OK;
}

void known_passwords_destroy(struct known_passwords *known) {
    if (!known)
        return;
    free(known->hashes);
    free(known);
}

size_t known_passwords_count(const struct known_passwords *known) {
    return known->count;
}

bool known_passwords_has(const struct known_passwords *known, struct bytes folded) {
    uint64_t hash = hash_of(folded);
    return bsearch(&hash, known->hashes, known->count, sizeof hash, by_value) != NULL;
}
