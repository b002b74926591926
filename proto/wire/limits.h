// Every bound of the protocol and of what both ends keep. Full is an error said aloud, never growth.
#ifndef WIRE_LIMITS_H
#define WIRE_LIMITS_H

#include <stdint.h>

enum {
    PROTOCOL_VERSION = 1,
    REPORT_SCHEMA_VERSION = 1,

    // Frames on the wire.
    FRAME_BYTES_MAX = 256 * 1024,          // any frame, either way; larger closes with 1009
    FIRST_BATCH_BYTES_MAX = 1024,          // the first Batch or Lost sent beside Hello, whole frame
    FLIGHT_BATCH_BYTES_MAX = 4 * 1024,     // device: any Batch frame before the first acknowledgement
    BATCH_BYTES_MAX = 64 * 1024,           // any Batch frame
    BATCH_RECORDS_BYTES_MAX = 256 * 1024,  // Records before compression
    BATCH_REPORTS_MAX = 1000,
    CREDIT_INITIAL_BYTES = 1024,           // under way before the first Welcome where the upgrade tells no more
    CREDIT_UPGRADE_BYTES = 16 * 1024,      // told with the upgrade: under way before Welcome
    CREDIT_BYTES = 256 * 1024,             // under way on one connection afterwards
    NOISE_BYTES_MAX = 64 * 1024,           // server: bytes of no message (pings, empty frames), beside as many as the messages have
    EXCEPTIONS_MAX = BATCH_REPORTS_MAX,
    REFERENCE_ENTRIES_MAX = 256,           // in one Reference frame, and FRAME_BYTES_MAX / 2 of bytes
    FEEDBACK_OUTCOMES_MAX = 256,
    FEEDBACK_PACKED_FROM = 1024,           // a smaller one goes down as it is
    FEEDBACK_PACKED_TO = 128 * 1024,       // a larger one, too: both forms must fit the arena of who decodes it
    FEEDBACK_STANDINGS_MAX = 256,
    FEEDBACK_ACTIONS_MAX = 128,            // open unsafe places, oldest due first, and what the frame has room for
    SUMMARY_LINES_MAX = 40,                // of a weekly summary, in each language
    DECODE_ARENA_BYTES_MAX = 1024 * 1024,  // one decoded frame
    RECORD_ARENA_BYTES_MAX = 4 * 1024 * 1024, // one decoded batch of reports

    // One report.
    REPORT_BYTES_MAX = 16 * 1024,          // serialized
    TEXT_BYTES_MAX = 4000,                 // free text
    LINE_BYTES_MAX = 400,                  // cause, promised action, subject, outcome, reason
    REFERENCE_ID_BYTES_MAX = 64,           // ids of reference data: [a-z0-9] then [a-z0-9_-]
    ACTIVITY_BYTES_MAX = 64,
    ACTIVITY_DAYS_MAX = 31,                // a planned one, from..to
    JOIN_REPORTS_MAX = 16,                 // joined in one decision
    ORGANISATIONS_MAX = 16,
    HANDOUT_ITEMS_MAX = 32,
    PATROL_ROLES_MAX = 16,
    PATROL_PERSONS_MAX = 500,              // of one role
    PATROL_HOURS_MAX = 24,
    WALK_FINDINGS_MAX = 64,
    INVENTORY_FINDINGS_MAX = 128,
    COUNT_MAX = 1000000,                   // any number of checked, items, surveyed, quantity
    OCCURRED_DAYS_MAX = 31,                // from..to of anything but a patrol
    FUTURE_ALLOWED_S = 10 * 60,            // beyond the server's clock and the estimate's uncertainty

    // Devices.
    OUTBOX_REPORTS_MAX = 1000000,          // unacknowledged
    DRAFTS_MAX = 1000,
    DEVICE_ROLES_MAX = 8,
    DEVICE_NAME_BYTES_MAX = 64,
    SERVERS_MAX = 8,
    TRUST_ANCHORS_MAX = 4,
    ACKNOWLEDGED_KEEP_DAYS = 30,           // unless set otherwise
    RECEIPTS_PER_OUTBOX_MAX = 8,           // on the device: one for each store and epoch
    CONTRADICTIONS_MAX = 32,               // the first ones
    RECEIPT_HEADS_MAX = 4096,              // told with an exported receipt

    // Rescue files.
    RESCUE_BYTES_MAX = 64 * 1024 * 1024,

    // Promises.
    PROMISE_FILE_BYTES_MAX = 1024 * 1024,
    PROMISE_COMMITMENTS_MAX = 100,
    COMMITMENT_PARTS_MAX = 16,
    COMMITMENT_WINDOWS_MAX = 64,
    ZONE_TRANSITIONS_MAX = 512,

    // Time.
    CONNECT_DEADLINE_MS = 20 * 1000,
    HANDSHAKE_DEADLINE_MS = 10 * 1000,     // TLS and upgrade, server side
    HELLO_DEADLINE_MS = 10 * 1000,         // from upgrade to Hello
    BATCH_WAIT_MS = 2 * 1000,              // server: reference and feedback wait so long for the next Batch that Hello foretells
    FRAME_DEADLINE_MS = 30 * 1000,         // from a frame's first byte to its last
    NOISE_WINDOW_MS = 10 * 1000,           // server: so often NOISE_BYTES_MAX may come on a connection
    IDLE_DEADLINE_MS = 10 * 60 * 1000,
    VERDICT_DEADLINE_MS = 30 * 1000,       // device: no Verdicts for a batch under way: connect anew
    RETRY_MS_MIN = 1000,
    RETRY_MS_MAX = 5 * 60 * 1000,

    // Enrolment.
    ENROL_BODY_BYTES_MAX = 8 * 1024,
    CODE_SECRET_SIZE = 16,
    CODE_TRIES_MAX = 5,
    CODE_MINUTES = 30,
    APPROVAL_HOURS = 24, // a device waits so long for a second person, and once it is approved may wait so long itself
    APPROVALS_WAITING_MAX = 200,
    CERTIFICATE_DAYS = 14,
    RENEWAL_GRACE_DAYS = 90,

    // Server.
    GROUP_REPORTS_MAX = 8000,              // in one transaction; so many wait only under load, where fewer would cost more each
    COMMIT_QUEUE_BYTES_MAX = 32 * 1024 * 1024, // waiting for the committer; beyond it reading pauses
    HELD_BYTES_MAX = 32 * 1024 * 1024,     // messages read meanwhile, not looked at yet; beyond it: busy
    CREDIT_PRESSED_BYTES = 16 * 1024,      // told meanwhile instead of CREDIT_BYTES
    CONTROL_REQUEST_BYTES_MAX = 2 * 1024 * 1024,
};

// The highest seq of an outbox. A device never gets there; without it the seqs that a few devices declare lost at will would
// sum up to more than a 64-bit counter holds.
#define SEQ_MAX (INT64_C(1) << 40)

#endif
