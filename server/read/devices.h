// Devices as a list, with what is known of each one's queue, program and key.
#ifndef READ_DEVICES_H
#define READ_DEVICES_H

#include "read/rows.h"

const char *device_status_name(enum device_status status); // "active", "retired", "lost"
json_t *device_roles_json(const char *const *roles, size_t count);

// {"device", "name", "name_kinds": [...], "organisation", "area", "roles": [...], "status": "active" | "retired" | "lost",
//  "enrolled_ms", "enrolled", "revoked_ms", "revoked", "seen_ms", "seen", "is_silent", "waiting", "waiting_since_ms",
//  "waiting_since", "lost", "forks", "client", "ca", "key", "certificate_ends_ms", "certificate_ends"}
// is_silent: in use, and not heard of for READ_SILENT_HOURS. waiting: queued there and not here, as it last said;
// waiting_since: the oldest of them is at least as old, null where there are none. lost: how many reports it declared lost;
// forks: of how many of its outboxes two histories were seen. client: name and version of its program, "" where not known.
// ca: of the CA whose certificate it came with last, in hexadecimal; null where not known. key: its fingerprint as the
// device shows it (rond device); null where it has none, as its certificate's end then is. name_kinds: personal data that
// the name seems to hold.
MUST_CHECK enum rond_err read_devices(struct store *store, int64_t now_ms, const struct read_rows *rows);

// Devices that wait for a second person's approval ("status": "pending"), or have it and did not fetch their certificates
// yet
// ("approved"): {"key", "device", "name", "name_kinds", "organisation", "area", "roles", "status", "issuer", "asked_ms",
//  "asked", "ends_ms", "ends"}; ends: when it is over.
MUST_CHECK enum rond_err read_devices_waiting(struct store *store, int64_t now_ms, const struct read_rows *rows);

#endif
