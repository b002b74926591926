// Log-in, and what belongs to one's own session (server/app_people_login.c, server/admin/sessions.c).
import { about, count, list, moment, momentOrNull, named, needed, object, one, orNull, text, truth } from "../shape.mjs";
import { answered, get, post } from "../operation.mjs";

const tag = "session";
const login = { type: "string", minLength: 2, maxLength: 64, pattern: "^[A-Za-z][A-Za-z0-9._-]*$" };
const password = { type: "string", minLength: 1, maxLength: 256 };
const newPassword = about("At least 12 characters, and none that is known to be common.", { type: "string", minLength: 12, maxLength: 256 });
const csrf = about("Goes with each change as X-Rond-CSRF.", text);
const done = { done: text };

export const schemas = {
    Grant: object({
        number: about("Counts the person's grants from 1, ended ones too.", count),
        role: one("administrator", "area_chief", "coordinator", "partner_viewer", "auditor"),
        organisation: about('"*": every one.', text),
        area: about('"*": every one.', text),
        ...moment("from"),
        ...momentOrNull("to"),
        valid: truth,
    }),
};
const person = {
    login: text,
    name: text,
    ...moment("created"),
    state: one("active", "locked", "waiting", "not_set_up"),
    ...momentOrNull("blocked_until"),
    second_factor: truth,
    recovery_codes: about("How many are left.", count),
    failures: count,
    grants: list(named("Grant")),
};
export { person };

export const operations = [
    post("/session", {
        tag,
        id: "logIn",
        right: "public",
        summary: "Log in",
        description: "Sets the cookie __Host-rond. Every code of the second factor, and every recovery code, counts once.",
        body: object({ login, password, code: about("Of the second factor, or a recovery code.", text) }),
        answer: answered({ login: text, csrf }),
        also: [401, 403, 429],
    }),
    post("/setup", {
        tag,
        id: "setUp",
        right: "public",
        summary: "Set password and second factor by a one-time code",
        description: "Shown once. Where the person has a second factor already only the password is set, and both are null.",
        body: object({ login, code: text, password: newPassword }),
        answer: answered({
            login: text,
            second_factor: about("Base32, for an authenticator app.", orNull(text)),
            recovery_codes: orNull(list(text)),
        }),
        also: [401, 403, 422, 429],
    }),
    get("/session", {
        tag,
        id: "showSession",
        right: "self",
        summary: "Who I am and what I may",
        tagged: false,
        answer: answered({
            csrf,
            map: about(
                "Where the map's ground comes from, where that is configured: an address elsewhere, or our own and the zooms that there are.",
                orNull(object({ tiles: text, attribution: text, zooms: orNull(object({ first: count, last: count })) })),
            ),
            ...person,
        }),
    }),
    get("/events", {
        tag,
        id: "followEvents",
        right: "self",
        summary: "Be told when something changes",
        description:
            "Server-sent events: `event: changed` with empty data whenever something was committed, so that what is shown can be asked for again; a comment now and then while nothing changes. It ends after a while; connect again.",
        type: "text/event-stream",
        tagged: false,
        answer: text,
        told: "A stream without end.",
    }),
    post("/session/end", { tag, id: "logOut", right: "self", summary: "Log out", answer: answered(done), told: "The cookie is taken back." }),
    post("/session/end-all", { tag, id: "logOutEverywhere", right: "self", summary: "Log out everywhere", answer: answered(done), told: "The cookie is taken back." }),
    post("/session/password", {
        tag,
        id: "changePassword",
        right: "self",
        summary: "Another password",
        description: "Every other session ends.",
        body: object({ password, new_password: newPassword }),
        answer: answered(done),
        also: [429],
    }),
    get("/sessions", {
        tag,
        id: "listSessions",
        right: "self",
        summary: "My sessions",
        list: object({
            id: { type: "string", pattern: "^[0-9a-f]{16}$" },
            ...moment("began"),
            ...moment("seen"),
            address: about("Where it began.", text),
            this: about("It is the one that asks.", truth),
        }),
    }),
    post("/sessions/end-others", { tag, id: "endOtherSessions", right: "self", summary: "End every session but this one", answer: answered({ ...done, ended: count }) }),
    post("/sessions/{id}/end", {
        tag,
        id: "endSession",
        right: "self",
        summary: "End one session",
        in: { id: needed(about("Of GET /api/v1/sessions.", text)) },
        answer: answered(done),
    }),
];
