// Follow-ups: what is published for good, and what has changed since (server/read/followup_lists.h, followup_document.h).
import { about, count, day, hash, id, list, moment, momentOrNull, named, object, orNull, text, titles, truth, whole, word } from "../shape.mjs";
import { commitmentPath } from "../report.mjs";
import { answered, get, post } from "../operation.mjs";
import { measure, per, promise } from "./promises.mjs";

const tag = "follow-ups";
const period = about("2015-T1 (January to April; T2 to August, T3 to December), or final.", { type: "string", pattern: "^([0-9]{4}-T[123]|final)$" });
const tally = { count: whole, person_minutes: whole, covered_minutes: whole, windows_met: whole, actions_open: whole, actions_closed: whole };
const place = object({ place: word, count, open: about("May have been there: a person must decide.", count) });
const side = {
    status: text,
    "status_by_reports?": text,
    figure: object({ done: whole, target: whole, target_whole: whole, summary_sv: text, summary_en: text, ...tally, "places?": list(place) }),
    part: about("The period's own.", object({ done: whole, ...tally })),
    sureness: object({ devices: count, silent: count, "never_heard?": count, "unsent?": count, "since?": orNull(day) }),
    corrected: count,
};
const version = { promise: text, period: text, version: count };
const published = { ...version, state: hash, key: hash, ...moment("at"), actor: text };
const replaces = object({ version: count, sha256: hash, promise_edited: truth });
const parts = { promise, period };
export { place, tally };
const document = {
    format: text,
    version: count,
    area: object({ id: text, name: text }),
    time_zone: object({ id: text, version: text }),
    promise: object({
        id: text,
        ...titles,
        from: day,
        to: day,
        version: count,
        phase: orNull(text),
        sources: list(text),
        parties: list(object({ id: text, name: text })),
    }),
    period: object({ name: text, from: day, to: day, until: about("The last day told of.", day), early: truth }),
    commitments: list(object({ commitment: commitmentPath, ...titles, measure, per, about: truth, ...side })),
    "replaces?": replaces,
    "changes?": list(named("FollowupChange")),
};


export const schemas = {
    FollowupSide: object(side),
    FollowupChange: object({
        commitment: commitmentPath,
        ...titles,
        from: about("null where it was not there.", orNull(named("FollowupSide"))),
        to: about("null where it is gone.", orNull(named("FollowupSide"))),
        why: about(
            "Reports by what became of them since, and what else changed.",
            object({ late: count, corrected: count, withdrawn: count, released: count, decided: count, edited: truth, rules: truth, ended: truth, heard: truth, form: truth }),
        ),
    }),
    FollowupDocument: object(document),
    Statement: object(
        {
            ...document,
            state: about(
                "What it is made from: two that name the same state have the same figures.",
                object({ store: id, epoch: count, last_row: count, catalogue_revision: count, rulings: count, rules: count, fold: hash, name: hash }),
            ),
        },
        { description: "A follow-up as it was signed." },
    ),
};

export const operations = [
    get("/promises/{promise}/followups", { tag, id: "listFollowups", right: "promises.read", summary: "Published follow-ups", in: { promise }, list: object(published) }),
    post("/promises/{promise}/followups", {
        tag,
        id: "publishFollowup",
        right: "followup.publish",
        summary: "Publish a follow-up, or restate one",
        description: "It is signed and kept for ever.",
        in: { promise },
        body: object({
            period,
            "early?": about("Before the period has ended, of what has happened until yesterday.", truth),
            "restate?": about("A new version, where something changed since the last one.", truth),
        }),
        answer: answered({ ...version, state: hash, key: hash, "changes?": list(named("FollowupChange")) }),
    }),
    get("/promises/{promise}/followups/{period}", {
        tag,
        id: "showFollowup",
        right: "promises.read",
        summary: "A published follow-up with its signature",
        description: "One row. `document` is exactly what was signed; what is behind it is for those who may read evidence everywhere.",
        in: parts,
        query: { version: about("0 or none: the newest.", { ...count, maximum: 4294967295 }) },
        list: object({ ...published, document: text, signature: about("Hexadecimal.", text), "evidence?": text }),
    }),
    get("/promises/{promise}/followups/{period}/changes", {
        tag,
        id: "compareFollowup",
        right: "figures.read",
        summary: "What has changed since it was published, and why",
        in: parts,
        answer: answered({ ...version, differs: truth, replaces, changes: list(named("FollowupChange")) }),
    }),
    get("/promises/{promise}/followups/{period}/draft", {
        tag,
        id: "draftFollowup",
        right: "figures.read",
        summary: "What would be published now",
        description: "As of yesterday where the period still runs.",
        in: parts,
        answer: answered({ ...version, differs: truth, document: named("FollowupDocument") }),
        also: [409],
    }),
    get("/followup-keys", {
        tag,
        id: "listFollowupKeys",
        right: "reference.read",
        summary: "The public keys that ever signed follow-ups",
        list: object({ id: hash, pem: text, ...moment("since"), ...momentOrNull("retired") }),
    }),
];
