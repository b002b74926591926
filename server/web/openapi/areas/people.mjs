// People who log in, the audit log, and figures of the installation (server/read/people.h, audit.h, lists.h, verify.h).
import { about, count, hash, id, list, moment, needed, object, one, order, orNull, text, truth } from "../shape.mjs";
import { answered, get, post } from "../operation.mjs";
import { person } from "./session.mjs";

const tag = "people";
const here = { login: about("Login name.", { type: "string", minLength: 2, maxLength: 64 }) };
const millis = about("Unix milliseconds.", { type: "integer", minimum: 0 });
const scope = { "organisation?": about('"*" or none: every one.', text), "area?": about('"*" or none: every one.', text), "from_ms?": millis, "to_ms?": about("0 or none: without end.", millis) };
const role = one("administrator", "area_chief", "coordinator", "partner_viewer", "auditor");
const coded = { login: text, code: about("Shown once: the person sets up with it.", text), expires_ms: count };
const done = { login: text, done: text };
const day = about("A day of UTC, included.", { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2}$" });
const filters = { from: day, to: day, from_ms: about("Unix milliseconds: for days of another clock.", { type: "integer", minimum: 0 }), to_ms: about("Not included; 0 or none: without end.", { type: "integer", minimum: 0 }), actor: about("As in the log: person:chief.", text), action: about("As device.revoke.", text) };
const noted = object({ id: count, ...moment("at"), actor: text, action: text, detail: text, hash: about("Of the chain: docs/operating.md says how it is made.", hash) });
const change = (path, operationId, summary, answer, description) => post(`/people/{login}/${path}`, { tag, id: operationId, right: "people.change", summary, description, in: here, answer: answered(answer) });

export const operations = [
    get("/people", { tag, id: "listPeople", right: "people.read", summary: "People", list: object({ ...person, sessions: count }) }),
    post("/people", {
        tag,
        id: "addPerson",
        right: "people.change",
        summary: "Add a person",
        body: object({
            login: { type: "string", minLength: 2, maxLength: 64, pattern: "^[a-z][a-z0-9._-]*$" },
            name: { type: "string", minLength: 1, maxLength: 120 },
            "role?": about("A first grant, with what is behind it.", role),
            ...scope,
        }),
        answer: answered(coded),
    }),
    post("/people/{login}/grants", { tag, id: "grantRole", right: "people.change", summary: "Grant a role", in: here, body: object({ role, ...scope }), answer: answered({ login: text, number: count }) }),
    post("/people/{login}/grants/{number}/end", {
        tag,
        id: "endGrant",
        right: "people.change",
        summary: "End a grant",
        in: { ...here, number: about("Of the person's grants.", { type: "integer", minimum: 1 }) },
        answer: answered({ login: text, ended: count }),
    }),
    change("code", "giveCode", "A new one-time code", coded),
    change("lock", "lockPerson", "Lock out", done, "All sessions end."),
    change("unlock", "unlockPerson", "Let in again", done, "Ends the wait after failed log-ins as well."),
    change("log-out", "logOutPerson", "End all sessions of a person", done),
    change("reset-password", "resetPassword", "A code for another password", coded, "All sessions end; the second factor stays."),
    change("reset-second-factor", "resetSecondFactor", "A code for another second factor", coded, "For a lost handset: all sessions end, and the password is set anew as well."),

    get("/audit", {
        tag: "audit",
        id: "listAudit",
        right: "audit.read",
        summary: "Who did what, when and why",
        query: { ...filters, order },
        list: noted,
    }),
    get("/audit/sample", {
        tag: "audit",
        id: "sampleAudit",
        right: "audit.read",
        summary: "Readings at random, for review",
        description: "The same seed over the same rows gives the same.",
        query: { ...filters, size: needed(about("How many.", { type: "integer", minimum: 1, maximum: 1000 })), seed: about("Any number.", { type: "integer" }) },
        list: noted,
        more: { of: about("Among how many.", count) },
    }),
    get("/counts", {
        tag: "operations",
        id: "showCounts",
        right: "operations.read",
        summary: "How many reports, verdicts and devices",
        answer: answered({
            received: count,
            reports: count,
            applied: count,
            quarantined: count,
            quarantined_open: count,
            quarantined_released: count,
            quarantined_discarded: count,
            lost: count,
            forked: count,
            erased: count,
            keyless: count,
            flagged: count,
            devices: count,
            outboxes: count,
            add_up: about("Nothing that was received is unaccounted for.", truth),
        }),
    }),
    get("/verify", {
        tag: "operations",
        id: "verify",
        right: "operations.read",
        summary: "Check every chain, signature and total",
        description: "Takes time in proportion to all reports. Rows are what was found.",
        list: object({ what: text, device: orNull(id), outbox: orNull(id), seq: orNull(count), commitment: orNull(text) }),
        more: {
            sound: truth,
            findings: count,
            outboxes: count,
            batches: count,
            reports: count,
            signatures: count,
            erased: count,
            keyless: count,
            lost: count,
            commitments: count,
            followups: count,
        },
    }),
];
