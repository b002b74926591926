// How sure a figure is: which devices of an area have been silent, and for which commitments that matters. A figure of
// zero and a figure that is not known yet are two things, and this is what tells them apart.
#ifndef READ_SURENESS_H
#define READ_SURENESS_H

#include "counting/fold.h"
#include "read/rows.h"

// A device that was not heard of for so long is silent.
enum { READ_SILENT_HOURS = 24 };
enum { SURENESS_NAMED_MAX = 20 }; // so many silent devices are named beside a figure; where there are more they are counted

// One device in use (not revoked) of the area. Borrowed from the sureness.
struct sure_device {
    struct id128 device;
    const char *name;
    const char *organisation;
    const char **roles;
    size_t roles_count;
    int64_t seen_ms;  // 0: never
    uint64_t waiting; // queued there and not here, as it last said
};
struct sureness {
    struct arena arena;
    int64_t now_ms;
    struct sure_device *devices;
    size_t count;
};
// Reads the devices of one area, within the caller's read_begin. now_ms: INT64_MAX where what is asked about is over and the
// answer must not change by the mere passing of time (a follow-up). Deinit in every case.
MUST_CHECK enum rond_err sureness_read(struct store *store, const char *area, int64_t now_ms, struct sureness *sureness);
void sureness_deinit(struct sureness *sureness);
// The same of those alone that are silent, whatever is asked about. What it takes of memory goes with their number.
MUST_CHECK enum rond_err sureness_read_silent(struct store *store, const char *area, int64_t now_ms, struct sureness *sureness);
// What the store says now of when that device was heard of, and of what waits there.
MUST_CHECK enum rond_err sureness_look_again(struct store *store, struct sure_device *device);
// Those that were heard of longest ago come first, never before all.
void sureness_longest_silent_first(struct sureness *sureness);

// True where the device has said nothing for READ_SILENT_HOURS, or has more to send. end_ms: of what is asked about; a
// device that was heard of after that has nothing more to say about it (INT64_MAX: it goes on).
bool sureness_is_silent(const struct sureness *sureness, const struct sure_device *device, int64_t end_ms);
// True where the device could have reports toward the commitment: by its area, and by owner and roles where it has them.
bool sureness_concerns(const struct commitment *commitment, const struct sure_device *device);
// When everything about that day has happened, Unix ms: at its end, or when the last window closes that opens on it.
int64_t sureness_day_end_ms(const struct commitment *commitment, day_t day);
// The same of the commitment's last day, or of the day before its promise was followed up or closed.
int64_t sureness_end_ms(const struct commitment *commitment);

// Adds "silent": [{"device", "name", "organisation", "since_ms", "since", "waiting"}], the first SURENESS_NAMED_MAX of the devices
// that matter to the commitment, and "silent_count", how many they are; since: last heard of, null where never. *ret_count:
// the same.
MUST_CHECK enum rond_err sureness_add(const struct sureness *sureness, const struct commitment *commitment, json_t *object,
                                      size_t *ret_count);

// The same as numbers, which name nobody.
struct silence {
    int64_t devices;  // that matter to the commitment, whenever they were enrolled: they may report what happened before
    int64_t silent;   // of them
    int64_t never;    // of the silent: never heard of
    int64_t unsent;   // of the silent: heard of late enough, but with more to send
    int64_t since_ms; // of all other silent ones: when the one was heard of that is silent longest; 0: there is none
    int64_t heard_ms; // of every silent one: when the one was heard of that has said nothing longest; 0: never, or none is
};
// end_ms: as in sureness_is_silent. One device may be left out (NULL: none is).
void sureness_silence(const struct sureness *sureness, const struct commitment *commitment, int64_t end_ms,
                      const struct id128 *except, struct silence *ret_silence);
// The status to show: behind or missed is not known while a device that matters is silent.
const char *sureness_status(enum progress_status by_reports, size_t silent_count);

#endif
