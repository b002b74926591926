// What a person means by what was typed: a device by its id or name, a report by its short reference.
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "admin/inner.h"
#include "wire/key_fingerprint.h"
#include "wire/limits.h"
#include "wire/short_reference.h"

enum { PAGE = 200, ID_DIGITS_MIN = 4 };

enum meant { NOT_MEANT, MEANT, MEANT_ALONE };

// A device says its own name: one that calls itself by another's id must not stand in that one's way.
static enum meant device_is_meant(const struct id128 *device, const char *name, const char *text) {
    char hex[2 * ID_SIZE + 1];
    hex_encode(bytes_of(device->b, ID_SIZE), hex);
    size_t size = strlen(text);
    if (strcmp(hex, text) == 0) {
        return MEANT_ALONE;
    }
    return (size >= ID_DIGITS_MIN && strncmp(hex, text, size) == 0) || strcmp(name, text) == 0 ? MEANT : NOT_MEANT;
}

enum rond_err find_device(struct store *store, const char *text, struct arena *arena, struct device_record *ret_device,
                          struct fault *fault) {
    struct device_record found;
    size_t found_count = 0;
    uint64_t cursor = 0;
    do {
        struct device_record *devices;
        size_t count;
        enum rond_err err = store->views->devices(store, cursor, PAGE, arena, &devices, &count, &cursor);
        if (err != ROND_OK) {
            return err;
        }
        for (size_t i = 0; i < count; i++) {
            enum meant meant = device_is_meant(&devices[i].device, devices[i].name, text);
            if (meant == MEANT_ALONE) {
                *ret_device = devices[i];
                return ROND_OK;
            }
            if (meant == MEANT) {
                found = devices[i];
                found_count++;
            }
        }
    } while (cursor != 0);
    if (found_count == 0) {
        return fault_both(fault, ROND_ENOTFOUND, 0, "device",
                          "No device has the id or name '%s'; see 'rondctl device list'.",
                          "Ingen enhet har id eller namn ”%s”.", text);
    }
    if (found_count > 1) {
        return fault_both(fault, ROND_ECONFLICT, 0, "device", "%zu devices fit '%s'; give more of the id.",
                          "%zu enheter passar med ”%s”; ange mer av id:t.", found_count, text);
    }
    *ret_device = found;
    return ROND_OK;
}

// Naming the key is best: whoever types what they were read compares it.
static enum meant waiting_is_meant(const struct enrol_code *code, const char *text) {
    char key[KEY_FINGERPRINT_SIZE];
    key_fingerprint_format(&code->key_hash, key);
    return strcasecmp(key, text) == 0 ? MEANT_ALONE : device_is_meant(&code->device, code->name, text);
}

enum rond_err find_waiting(struct store *store, const char *text, int64_t now_ms, struct arena *arena,
                           struct enrol_code *ret_code, struct fault *fault) {
    struct enrol_code *codes;
    size_t count, found_count = 0, found = 0;
    enum rond_err err = store->views->codes_waiting(store, now_ms, APPROVALS_WAITING_MAX, arena, &codes, &count);
    if (err != ROND_OK) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        enum meant meant = waiting_is_meant(&codes[i], text);
        found_count = meant == MEANT_ALONE ? 1 : found_count + (meant == MEANT ? 1 : 0);
        found = meant != NOT_MEANT ? i : found;
        if (meant == MEANT_ALONE) {
            break;
        }
    }
    if (found_count == 0) {
        return fault_both(fault, ROND_ENOTFOUND, 0, "device",
                          "No device that waits for approval has the id, name or key '%s'; see 'rondctl device list'.",
                          "Ingen enhet som väntar på godkännande har id, namn eller nyckel ”%s”.", text);
    }
    if (found_count > 1) {
        return fault_both(fault, ROND_ECONFLICT, 0, "device", "%zu devices that wait fit '%s'; give the key's fingerprint.",
                          "%zu väntande enheter passar med ”%s”; ange nyckelns fingeravtryck.", found_count, text);
    }
    *ret_code = codes[found];
    return ROND_OK;
}

static enum rond_err find_by_row(struct store *store, const char *digits, struct arena *arena,
                                 struct stored_report *ret_report, struct fault *fault) {
    char *end;
    unsigned long long row = strtoull(digits, &end, 10);
    enum rond_err err =
        *digits == '\0' || *end != '\0' ? ROND_ENOTFOUND : store->views->report(store, row, arena, ret_report);
    if (err == ROND_ENOTFOUND) {
        return fault_both(fault, err, 0, "reference", "There is no report #%s.", "Rapport #%s finns inte.", digits);
    }
    return err;
}

enum rond_err find_report(struct store *store, const char *text, struct arena *arena, struct stored_report *ret_report,
                          struct fault *fault) {
    if (text[0] == '#') {
        return find_by_row(store, text + 1, arena, ret_report, fault);
    }
    uint32_t prefix;
    uint64_t seq;
    enum rond_err err = short_reference_parse(text, &prefix, &seq, fault);
    if (err != ROND_OK) {
        return err;
    }
    struct stored_report *reports;
    size_t count;
    err = store->views->reports_by_reference(store, prefix, seq, arena, &reports, &count);
    if (err != ROND_OK) {
        return err;
    }
    if (count == 0) {
        return fault_both(fault, ROND_ENOTFOUND, 0, "reference", "There is no report %s here.", "Rapport %s finns inte här.",
                          text);
    }
    if (count > 1) {
        return fault_both(fault, ROND_ECONFLICT, 0, "reference",
                          "%zu reports have the reference %s; name one as #%llu or #%llu.",
                          "%zu rapporter har referensen %s; ange en av dem som #%llu eller #%llu.", count, text,
                          (unsigned long long)reports[0].row, (unsigned long long)reports[1].row);
    }
    *ret_report = reports[0];
    return ROND_OK;
}
