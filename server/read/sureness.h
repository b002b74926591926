// How sure a figure is: which devices of an area have been silent, and for which commitments that matters. A figure of
// zero and a figure that is not known yet are two things, and this is what tells them apart.
#ifndef READ_SURENESS_H
#define READ_SURENESS_H

#include "counting/fold.h"
#include "read/rows.h"

// A device that was not heard of for so long is silent.
enum { READ_SILENT_HOURS = 24 };

// One device in use (not revoked) of the area. Borrowed from the sureness.
struct sure_device {
    struct id128 device;
    const char *name;
    const char *organisation;
    const char **roles;
    size_t roles_count;
    int64_t enrolled_ms;
    int64_t seen_ms;  // 0: never
    uint64_t waiting; // queued there and not here, as it last said
};
struct sureness {
    struct arena arena;
    int64_t now_ms;
    struct sure_device *devices;
    size_t count;
};
// Reads the devices of one area, within the caller's read_begin. Deinit in every case.
MUST_CHECK enum rond_err sureness_read(struct store *store, const char *area, int64_t now_ms, struct sureness *sureness);
void sureness_deinit(struct sureness *sureness);

// True where the device has said nothing for READ_SILENT_HOURS, or has more to send. end_ms: of what is asked about; a
// device that was heard of after that has nothing more to say about it (INT64_MAX: it goes on).
bool sureness_is_silent(const struct sureness *sureness, const struct sure_device *device, int64_t end_ms);
// True where the device could have reports toward the commitment: by its area, and by owner and roles where it has them.
bool sureness_concerns(const struct commitment *commitment, const struct sure_device *device);
// When the commitment's last day has passed, or its promise was followed up or closed, Unix ms.
int64_t sureness_end_ms(const struct commitment *commitment);

// How many devices that matter to the commitment are silent, and when the one that is silent longest was last heard of (0:
// never; INT64_MAX where none is). One may be left out (NULL: none is).
struct silence {
    size_t count;
    int64_t since_ms;
};
void sureness_silence(const struct sureness *sureness, const struct commitment *commitment, const struct id128 *except,
                      struct silence *ret_silence);
// Adds "silent": [{"device", "name", "organisation", "since_ms", "since", "waiting"}] of the devices that matter to the
// commitment; since: last heard of, null where never. *ret_count: how many.
MUST_CHECK enum rond_err sureness_add(const struct sureness *sureness, const struct commitment *commitment, json_t *object,
                                      size_t *ret_count);
// The same of a time that has passed, as numbers: of the devices that were enrolled before until_ms and matter to the
// commitment, how many there are, and how many were not heard of since then or have more to send.
void sureness_count(const struct sureness *sureness, const struct commitment *commitment, int64_t until_ms,
                    int64_t *ret_devices, int64_t *ret_silent);
// The status to show: behind or missed is not known while a device that matters is silent.
const char *sureness_status(enum progress_status by_reports, size_t silent_count);

#endif
