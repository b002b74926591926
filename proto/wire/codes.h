// Stable codes of refusals and quarantine reasons. A number is never reused; docs/protocol.md has the same list.
//
// X(name, number, retryable, sentence): the sentence is for the person at the device or the server and says what to do.
#ifndef WIRE_CODES_H
#define WIRE_CODES_H

#include <stdbool.h>

#define WIRE_CODES(X)                                                                                                   \
    /* 1xx: the protocol is broken, the connection is closed */                                                         \
    X(FRAME_TOO_LARGE, 100, false, "The message is larger than allowed; update the app.")                               \
    X(FRAME_MALFORMED, 101, false, "The message cannot be read; update the app.")                                       \
    X(FRAME_UNKNOWN, 102, false, "The message is of an unknown type; update the app.")                                  \
    X(FRAME_OUT_OF_ORDER, 103, false, "The message came at the wrong moment; update the app.")                          \
    X(PROTOCOL_UNKNOWN, 104, false, "The server does not speak this protocol version; update the app.")                 \
    X(IDENTITY_FOREIGN, 105, false, "The message names another device than the certificate does.")                      \
    X(BATCH_MALFORMED, 106, false, "The batch cannot be read; update the app.")                                         \
    X(BATCH_SIGNATURE, 107, false, "The batch is not signed by this device's key; enrol the device anew.")              \
    X(CREDIT_EXCEEDED, 108, false, "The device sent more than the server allowed; update the app.")                     \
    X(FRAME_STALLED, 109, true, "The message did not arrive in time; try again.")                                       \
    X(LOST_MALFORMED, 110, false, "The declaration of lost reports cannot be read; update the app.")                    \
    /* 2xx: who may */                                                                                                  \
    X(DEVICE_UNKNOWN, 200, false, "This device is not enrolled here; ask for a new enrolment code.")                    \
    X(DEVICE_REVOKED, 201, false, "This device has been taken out of use; hand it in or ask for a new enrolment code.") \
    X(CERTIFICATE_EXPIRED, 202, false, "The device's certificate has run out; it must be renewed.")                     \
    X(CODE_UNKNOWN, 203, false, "The enrolment code is not valid; check it or ask for a new one.")                      \
    X(CODE_EXPIRED, 204, false, "The enrolment code has run out; ask for a new one.")                                   \
    X(CODE_USED, 205, false, "The enrolment code has already been used; ask for a new one.")                            \
    X(CODE_FOREIGN, 206, false, "The enrolment code belongs to another server; check the address.")                     \
    X(REQUEST_MALFORMED, 207, false, "The certificate request cannot be read; update the app.")                         \
    X(PROOF_INVALID, 208, false, "The device could not prove its key; ask for a new enrolment code.")                   \
    X(GRACE_OVER, 209, false, "The device has been away too long; ask for a new enrolment code.")                       \
    X(ENROLMENT_REFUSED, 210, false, "The enrolment was not approved; ask for a new enrolment code.")                   \
    X(APPROVAL_OWN, 211, false, "Whoever issued the code may not approve it; ask another administrator.")               \
    /* 3xx: not now */                                                                                                  \
    X(BUSY, 300, true, "The server is busy; the reports stay safe here and are sent later.")                            \
    X(STORE_FULL, 301, true, "The server's storage is full; the reports stay safe here and are sent later.")            \
    X(STORE_FAILED, 302, true, "The server's storage failed; the reports stay safe here and are sent later.")           \
    X(DRAINING, 303, true, "The server is being restarted; the reports stay safe here and are sent shortly.")           \
    X(SUPERSEDED, 304, true, "The same device connected anew; this connection is closed.")                              \
    X(IDLE, 305, true, "Nothing was sent for a while; the connection is closed.")                                       \
    X(QUOTA_EXCEEDED, 306, true, "This device sent more than its share; its reports stay safe here and are sent later.") \
    X(APPROVAL_AWAITED, 307, true, "A second person must approve this device; compare its key's fingerprint, then try again.")\
    /* 4xx: one report, quarantined */                                                                                  \
    X(REPORT_UNREADABLE, 400, false, "The report cannot be read.")                                                      \
    X(REPORT_INVALID, 401, false, "A field of the report is wrong.")                                                    \
    X(REPORT_SCHEMA, 402, false, "The report has a newer form than the server knows; update the server.")               \
    X(ROLE_NOT_ENROLLED, 403, false, "The device is not enrolled for this role.")                                       \
    X(AREA_UNKNOWN, 404, false, "The area is not known here.")                                                          \
    X(PLACE_UNKNOWN, 405, false, "The place is not known in this area.")                                                \
    X(TERM_UNKNOWN, 406, false, "The word is not in the reference data.")                                               \
    X(ORGANISATION_UNKNOWN, 407, false, "The organisation is not known here.")                                          \
    X(TIME_IMPLAUSIBLE, 408, false, "The report says that it happened in the future.")                                  \
    X(DEVICE_RETIRED, 409, false, "The device had been retired when the report came in.")                               \
    X(TARGET_FOREIGN, 410, false, "The report corrects or withdraws one of another organisation.")                      \
    X(KIND_UNKNOWN, 411, false, "The kind of report is not known; update the server.")                                  \
    /* 5xx: what a device holds against its server; never sent */                                                       \
    X(RECEIPT_CONTRADICTED, 500, false, "The server lacks reports that it gave a receipt for; keep this device and tell your administrator.") \
    X(RECEIPT_INVALID, 501, false, "A receipt of the server is not signed by its key; tell your administrator.")

#define WIRE_CODE_ENUM(name, number, retryable, sentence) CODE_##name = number,
enum wire_code { CODE_NONE = 0, WIRE_CODES(WIRE_CODE_ENUM) };
#undef WIRE_CODE_ENUM

const char *wire_code_name(unsigned code);     // "frame_too_large"; "unknown" for numbers of a newer peer
const char *wire_code_sentence(unsigned code); // never NULL
// Of a report in quarantine (4xx) or a receipt (5xx), in Swedish; of any other code a general sentence.
const char *wire_code_sentence_swedish(unsigned code);
bool wire_code_is_retryable(unsigned code);

#endif
