// Writes tests/fixtures/frames: `make golden`. Files that are right stay as they are, so that only what changed shows.
// Usage: golden_frames DIRECTORY
#include <stdio.h>
#include <string.h>

#include "support/golden_frames.h"
#include "wire/limits.h"

static const char HEADER[] =
    "# Golden frames\n\n"
    "Hexadecimal, one line a file. Device id `10 11 .. 1f`, outbox `20 .. 2f`, chain seed `00 .. 1f`, the old outbox `30 .. 3f`;\n"
    "the ratchet after the loss is `80 .. 9f`. Signatures are ECDSA and so differ each time they are made: verify them with the\n"
    "key in `device_public_key.hex` (SubjectPublicKeyInfo, DER). `device_key.hex` is the private one (PKCS#8, DER), for tests only.\n"
    "`chain.txt` has salt, leaf and head of every report (docs/protocol.md, section 3). `make golden` writes what is missing or changed.\n\n"
    "| file | what |\n| --- | --- |\n";

static void write_text(const char *directory, const char *name, const char *text) {
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void write_hex(const char *directory, const char *name, struct bytes bytes) {
    char file[128];
    char *text = malloc(2 * bytes.size + 2);
    CHECK(text != NULL);
    hex_encode(bytes, text);
    text[2 * bytes.size] = '\n';
    text[2 * bytes.size + 1] = '\0';
    (void)snprintf(file, sizeof file, "%s.hex", name);
    write_text(directory, file, text);
    free(text);
}

static void list(struct buffer *readme, const char *directory, const struct golden_item *items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        write_hex(directory, items[i].name, items[i].bytes);
        CHECK(buffer_printf(readme, "| `%s.hex` | %s |\n", items[i].name, items[i].about) == ROND_OK);
    }
}

static void write_chain(const char *directory, const struct golden *golden) {
    struct buffer text;
    buffer_init(&text, FRAME_BYTES_MAX);
    CHECK(buffer_printf(&text, "# seq salt leaf head; a loss has no salt and leaf\n") == ROND_OK);
    for (size_t i = 0; i <= GOLDEN_REPORTS; i++) {
        const struct golden_link *link = &golden->links[i];
        char salt[2 * SALT_SIZE + 1] = "-";
        char leaf[2 * HASH_SIZE + 1] = "-";
        char head[2 * HASH_SIZE + 1];
        if (!link->lost) {
            hex_encode(bytes_of(link->salt.b, SALT_SIZE), salt);
            hex_encode(bytes_of(link->leaf.b, HASH_SIZE), leaf);
        }
        hex_encode(bytes_of(link->head.b, HASH_SIZE), head);
        CHECK(buffer_printf(&text, "%d %s %s %s\n", (int)link->seq, salt, leaf, head) == ROND_OK);
    }
    write_text(directory, "chain.txt", buffer_text(&text));
    buffer_deinit(&text);
}

static struct sign_key *key_of(const char *directory, struct arena *arena) {
    struct bytes der;
    struct sign_key *key;
    uint8_t *fresh;
    size_t size;
    if (golden_read_file((char *)(uintptr_t)directory, arena, "device_key", &der) == ROND_OK) {
        CHECK(sign_key_from_der(der, &key) == ROND_OK);
        return key;
    }
    CHECK(sign_key_generate(&key) == ROND_OK && sign_key_pkcs8(key, &fresh, &size) == ROND_OK);
    write_hex(directory, "device_key", bytes_of(fresh, size));
    free(fresh);
    CHECK(sign_key_spki(key, &fresh, &size) == ROND_OK);
    write_hex(directory, "device_public_key", bytes_of(fresh, size));
    free(fresh);
    return key;
}

int main(int argc, char **argv) {
    struct arena arena;
    struct golden golden;
    struct buffer readme;
    if (argc != 2)
        return 2;
    arena_init(&arena, 64 * 1024 * 1024);
    buffer_init(&readme, FRAME_BYTES_MAX);
    struct sign_key *key = key_of(argv[1], &arena);
    golden_make(&arena, key, golden_read_file, argv[1], &golden);
    CHECK(buffer_append(&readme, bytes_of_text(HEADER)) == ROND_OK);
    list(&readme, argv[1], golden.frames, GOLDEN_FRAMES);
    list(&readme, argv[1], golden.reports, GOLDEN_REPORTS);
    write_text(argv[1], "README.md", buffer_text(&readme));
    write_chain(argv[1], &golden);
    sign_key_destroy(key);
    buffer_deinit(&readme);
    arena_deinit(&arena);
    return 0;
}
