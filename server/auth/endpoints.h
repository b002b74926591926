// Everything that the people's listener answers to, as one table: what is asked, which action that is, and by which of its
// arguments the object is found that access is decided about. tests/fixtures/access/expected.csv has the same list.
#ifndef AUTH_ENDPOINTS_H
#define AUTH_ENDPOINTS_H

#include "auth/access.h"
#include "base/bytes.h"

enum endpoint_method { ENDPOINT_GET, ENDPOINT_POST };

// How the object is found (admin/right.h does it).
enum endpoint_object {
    OBJECT_PUBLIC,       // answered to whoever asks, before any log-in
    OBJECT_SELF,         // one's own session
    OBJECT_INSTALLATION, // the whole of it
    OBJECT_ROWS,         // each row of the answer is one, and those that are not allowed are left out
    OBJECT_AREA,         // "area"; where none is named, as OBJECT_ROWS
    OBJECT_SHARE,        // "organisation" and "area"; of a code, the device that it is for as well ("device")
    OBJECT_PROMISE,      // "promise", in its area
    OBJECT_SAVED,        // "promise", whole: in the "area" that it is to be of, and in the one that it was of before
    OBJECT_COMMITMENT,   // "commitment", in its promise's area; its rows are objects as well
    OBJECT_ACTIVITY,     // "activity", in its area
    OBJECT_REPORTS,      // "reference", or each of "references"
    OBJECT_DECISION,     // each report that the "decision" is about
    OBJECT_DEVICE,       // "device"
    OBJECT_WAITING,      // "device", one that waits for approval
    OBJECT_PERSON,       // "login", with all that was ever granted
    OBJECT_GRANT,        // the same, and what is to be granted: "organisation" and "area"
    OBJECT_CONTROLLER,   // "controller", in "area" or in all of them
    OBJECT_HOLDING,      // the "reference", or else as OBJECT_CONTROLLER
    OBJECT_HOLD,         // "id": of whom and where it holds
    OBJECT_DISCLOSURE,   // "from", in all areas
};

enum {
    ENDPOINT_LIST = 1,              // the answer is a list with a cursor
    ENDPOINT_REASON = 2,            // a "reason" must be given
    ENDPOINT_CSRF = 4,              // the answer bears the session's word for changes
    ENDPOINT_LOGS_OUT = 8,          // the cookie goes
    ENDPOINT_PAGE = 16,             // a form, answered by a page
    ENDPOINT_STYLE = 32,            // the pages' style sheet
    ENDPOINT_SETUP = 64,            // of a set-up, not of a log-in
    ENDPOINT_FILE = 128,            // one of the pages' files
    ENDPOINT_STREAM = 256,          // the answer has no end: events
    ENDPOINT_ATTACHMENT = 512,      // the answer is a file to keep
    ENDPOINT_OPEN = 1024,           // the public's figures and statements, where they are open
    ENDPOINT_WHOLE = 2048,          // a list in an order that moves with what comes in: given in one part
    ENDPOINT_HEAVY = 4096,          // one at a time: it may fill a reader for a second, and much memory
    ENDPOINT_TILE = 8192,           // of the map's ground
    ENDPOINT_ACCESSIBILITY = 16384, // the statement
};

struct endpoint {
    enum endpoint_method method;
    const char *pattern; // "/api/v1/devices/{device}/revoke"; a name in braces is an argument
    enum access_action action;
    enum endpoint_object object;
    unsigned flags;
    const char *command; // of admin/command.h; NULL: the listener's own
};

const struct endpoint *endpoints(size_t *ret_count);

enum { ENDPOINT_ARGUMENTS_MAX = 3, ENDPOINT_PATH_BYTES_MAX = 512 };
struct endpoint_match {
    const struct endpoint *endpoint; // NULL: there is none
    bool other_method;               // but one of the other method is there
    size_t count;
    struct {
        struct bytes name;  // in the pattern
        struct bytes value; // in the path, as it came: not decoded
    } arguments[ENDPOINT_ARGUMENTS_MAX];
};
// Both are borrowed.
struct endpoint_match endpoint_match(enum endpoint_method method, const char *path);

#endif
