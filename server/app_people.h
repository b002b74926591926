// The people's listener: from a request over TLS to a question or a change of admin/command.h, and from its rows to JSON.
//
//   app_people_door.c                                            app_people.c
//   requested ─ header of a proxy, origin, endpoint ─┬─ session looked up by a reader, role ─┬─ READ     reader
//                                                    │  arguments: app_people_arguments.c    └─ COMMAND  committer
//                                                    └─ public: log-in and set-up, app_people_login.c; app_people_page.c
//
// All on the network thread but what says otherwise. A people_request lives until it is answered and nothing is under way
// for it; its exchange may be gone before.
#ifndef APP_PEOPLE_H
#define APP_PEOPLE_H

#include <jansson.h>

#include "admin/command.h"
#include "admin/login.h"
#include "app_inner.h"
#include "auth/endpoints.h"
#include "auth/password_judge.h"
#include "web/assets.h"
#include "web/tile.h"

enum {
    PEOPLE_ADDRESS_SIZE = HTTP_PEER_SIZE,
    PEOPLE_ANSWER_BYTES_MAX = 8 * 1024 * 1024,
    PEOPLE_WHOLE_ROWS_MAX = 5000, // of a list that is given in one part
    PEOPLE_FILE_BYTES_MAX = 32 * 1024 * 1024,
    PEOPLE_FILE_ROWS_MAX = 20 * 1000,
    PEOPLE_FILE_NAME_BYTES_MAX = 96,
};
enum { PEOPLE_TAG_SIZE = 2 + 2 * 16 + 1 }; // in quotes, 128 bits in hexadecimal
#define PEOPLE_COOKIE "__Host-rond"

enum people_login_kind {
    PEOPLE_LOGIN,
    PEOPLE_SETUP,
    PEOPLE_PASSWORD, // another password, by who is logged in
};

// Whatever needs a password hashed, while it is under way.
struct people_login {
    enum people_login_kind kind;
    bool as_page; // asked by the form: answered by a page
    char login[PERSON_LOGIN_BYTES_MAX + 1];
    char password[PASSWORD_BYTES_MAX + 1];
    char new_password[PASSWORD_BYTES_MAX + 1];
    char code[80];
    char token[LOGIN_TOKEN_TEXT_SIZE];
    uint8_t stored[PASSWORD_STORED_SIZE];
    size_t stored_size; // 0: no such person, or no password
    uint8_t new_stored[PASSWORD_STORED_SIZE];
    bool setup_fits;
    bool password_fits;
    enum rond_err err;
    struct login_secrets secrets;
    bool secrets_used; // else the second factor stays as it was
    uv_work_t work;
    struct people_request *next; // waits for its turn at scrypt
    void (*hashed)(struct people_request *request);
};

struct people_request {
    struct app *app;
    uint64_t id;
    struct http_exchange *exchange; // NULL once the asker left
    const struct endpoint *endpoint;
    json_t *arguments;
    size_t body_size;
    struct admin_page page;
    char address[PEOPLE_ADDRESS_SIZE];
    char token[LOGIN_TOKEN_TEXT_SIZE]; // "": by the proxy
    char login[PERSON_LOGIN_BYTES_MAX + 1];
    struct person_session session; // its texts are not kept
    bool is_automatic;             // asked by a page, not by who sits there
    struct reader_job job;
    enum people_refusal refusal; // of the look-up
    enum rond_err err;
    struct admin_job *question;
    struct catalogue *catalogue;
    struct buffer answer;              // lines
    json_t *last;                      // of them; NULL: none, or no JSON
    const struct web_columns *columns; // of the list as a file; NULL: JSON
    bool is_geojson;                   // the file is that, not CSV
    size_t file_rows;                  // how many are in it
    struct buffer file;                // `answer` has the last line then
    char tag[PEOPLE_TAG_SIZE];         // of the answer to a question; "": none
    struct tile tile;                  // app_tiles.c
    const char *tile_type;             // a constant
    struct people_login *login_try;    // NULL: something else
    bool is_stream;                    // app_events.c
    int64_t stream_until_ms;           // monotonic
    struct people_request *next_stream;
};

struct login_config people_login_config(const struct app *app);

// NULL without memory; counted in app->people until it is destroyed.
struct people_request *people_request_create(struct app *app, struct http_exchange *exchange,
                                             const struct endpoint *endpoint);
void people_request_destroy(struct people_request *request);
// Answer and destroy.
void people_request_refuse(struct people_request *request, enum people_refusal refusal, const struct fault *why);
void people_request_answer(struct people_request *request, unsigned status, const char *content_type, struct bytes body);
// With the status of a question: by request->tag, nothing where the asker has it already. people_request_tag makes it of
// what request->answer holds; on any thread.
void people_request_answer_tagged(struct people_request *request, const char *type, struct bytes body);
void people_request_tag(struct people_request *request);
// Takes the submission; when it comes back the request is answered from it.
void people_request_submit(struct people_request *request, struct submission *take_submission);
// Asks or changes what was let in.
void people_request_carry_out(struct people_request *request);
// The same as people_request_refuse, without a request.
void people_refuse(struct app *app, struct http_exchange *exchange, enum people_refusal refusal, const struct fault *why);

// app_people_door.c: who asks for what is not there, or in a way that cannot be answered.
void people_turn_away(struct app *app, struct http_exchange *exchange, const char *path, enum people_refusal refusal);
// What a page says with each change.
void people_request_csrf(const struct people_request *request, char ret_csrf[LOGIN_TOKEN_TEXT_SIZE]);

// app_people_arguments.c: path, body and query into request->arguments and ->page; false where they make no sense.
bool people_request_take(struct people_request *request, const struct endpoint_match *match, struct bytes body);
// What names the own session is said by us, whatever the body says. False without memory.
bool people_request_add_own(struct people_request *request);

// app_people_login.c: takes the request over. body: as it came.
void people_login_begin(struct people_request *request, struct bytes body);
// Another password; the request's session is there, its arguments are {"password", "new_password"}.
void people_password_begin(struct people_request *request);
void people_login_settle(struct people_request *request, struct submission *take_submission);

// app_web.c: takes the request over. path: of the file, where the endpoint is not one page.
void app_web_answer(struct people_request *request, const char *path);

// app_tiles.c: takes the request over. Its arguments are {"z", "x", "y"}.
void app_tiles_answer(struct people_request *request);

// app_public.c: takes the request over.
void app_public_answer(struct people_request *request, const char *path);
// What was asked for by name, else what the browser's user reads; Swedish where neither says.
bool people_wants_swedish(const struct http_head *head);
bool app_public_is_open(const struct app *app);

// app_people_files.c: a list for spreadsheets or map programs. Whether it is asked for; false where the format makes no
// sense.
bool people_file_take(struct people_request *request, const struct http_head *head);
// A line of admin_read; context: the request. On a reader's thread, as the end of all lines.
MUST_CHECK enum rond_err people_file_line(void *context, struct bytes bytes);
MUST_CHECK enum rond_err people_file_end(struct people_request *request);
const char *people_file_type(const struct people_request *request);
// Headers of the answer whose last line is given.
void people_file_head(struct people_request *request, const json_t *last);

// app_events.c: takes the request over.
void app_events_begin(struct people_request *request);
void app_events_gone(struct people_request *request); // the asker has left

// app_people_password.c. Whether the new password may be one, by auth/password_judge.h with the names of this place.
MUST_CHECK enum rond_err people_password_judge(const struct people_request *request, const char *field, struct fault *fault);
// Checks the password against what is stored, makes what is to be stored of the new one, or both, by the kind, on a thread
// of the pool; then `hashed` on the network thread, login_try->err set. False where too many wait.
MUST_CHECK bool people_password_hash(struct people_request *request, void (*hashed)(struct people_request *request));

// app_people_page.c: the plain pages, without script.
enum people_page { PAGE_LOGIN, PAGE_SETUP };
MUST_CHECK enum rond_err people_page_write(enum people_page page, enum people_refusal refusal, const struct fault *why,
                                           struct buffer *to);
MUST_CHECK enum rond_err people_page_write_refusal(enum people_refusal refusal, struct buffer *to);
MUST_CHECK enum rond_err people_page_write_set(struct buffer *to); // a password alone was set
MUST_CHECK enum rond_err people_page_write_secrets(const struct login_secrets *secrets, const char *login,
                                                   struct buffer *to);
extern const char PEOPLE_STYLE[];
// A field of an application/x-www-form-urlencoded body, decoded; false where it is missing, too long or malformed.
bool people_form_field(struct bytes body, const char *name, char *ret_value, size_t size);

#endif
