// Reference data and promises (server/read/lists.h, promise_check.h, promise_show.h, promise_preview.h, server/admin/import.c).
import { about, count, day, either, list, momentOrNull, named, object, one, orNull, reference, seconds, text, titles, truth, wall, whole, word } from "../shape.mjs";
import { commitmentPath, kind, kindOrNull, reason } from "../report.mjs";
import { answered, get, post, rows } from "../operation.mjs";

const tag = "promises";
const promise = about("Id of a promise.", { type: "string", minLength: 1, maxLength: 400 });
const measures = one("at_least", "once", "rate", "presence", "actions_closed", "unquantified");
const pers = one("week", "month", "tertial", "quarter");
const measure = orNull(measures);
const per = orNull(pers);
const phase = one("initiate", "map", "analyse", "act", "follow_up");
const state = one("draft", "agreed", "active", "followed_up", "closed");
export const head = {
    promise: text,
    ...titles,
    from: day,
    to: day,
    phase: orNull(phase),
    state: orNull(state),
    version: count,
    parties: list(word),
};
export { measure, per, phase, promise };

const whole_promise = {
    ...head,
    area: word,
    sources: list(text),
    phases: list(object({ phase: orNull(phase), entered: text })),
    states: list(object({ state: orNull(state), entered: text })),
    commitments: list(object({ commitment: commitmentPath, ...titles, measure, target: count, per, about: truth })),
};
const words = ["role", "check", "form", "item", "inventory", "initiative", "counterpart"];
// A promise in the words of the promise file (server/read/promise_document.h): only what says something is there.
const filter = {
    "kind?": kind,
    "of?": word,
    "form?": word,
    "items?": list(word),
    "information?": truth,
    "with?": word,
    "places?": list(word),
    "where?": { type: "object", additionalProperties: list(text) },
};
const clock = { type: "string", pattern: "^\\d{2}:\\d{2}$" };
const source = object(
    {
        id: text,
        "title_sv?": text,
        "title_en?": text,
        period: object({ "from?": day, "to?": day }),
        "sources?": list(text),
        parties: list(word),
        "life?": list(object({ state, entered: text })),
        "phases?": list(object({ phase, entered: text })),
        commitments: list(
            object({
                id: text,
                "title_sv?": text,
                "title_en?": text,
                measure: measures,
                "target?": count,
                "per?": pers,
                "tolerance?": { const: "about" },
                ...filter,
                "season?": about("MM-DD to MM-DD.", object({ from: text, to: text })),
                "with_all?": list(word),
                "consists_of?": list(object(filter)),
                "joint?": truth,
                "roles?": list(word),
                "windows?": list(
                    object({ "place?": word, days: list(one("mon", "tue", "wed", "thu", "fri", "sat", "sun")), from: clock, to: clock, minutes: count }),
                ),
                "follows?": about("Id of the commitment whose walks it follows.", text),
                "owner?": word,
                "among_places?": list(word),
            }),
        ),
    },
    { description: "A promise in the words of the promise file (docs/promises.md)." },
);

// A promise comes either way: as a file, or as one promise of an area.
const fileName = about("Of the file, for what is said of its lines.", { type: "string", maxLength: 255 });
const fileText = about("A promise file: docs/promises.md.", { type: "string", minLength: 1, maxLength: 1048576 });
const given = {
    "name?": fileName,
    "text?": fileText,
    "area?": about("Of the promise.", word),
    "promise?": about("As PromiseSource, in place of a file.", { type: "object" }),
};
const seen = (more) => about(`What whoever sends it has seen, as {"PROMISE": version}; 0: it must not be there.${more}`, {
    type: "object",
    additionalProperties: { ...count, maximum: 4294967295 },
});
const eitherWay = { anyOf: [{ required: ["text"] }, { required: ["area", "promise"] }] };
const fault = {
    fault: about("FILE:LINE: field: what is wrong.", text),
    field: about("As commitments[0].target.", text),
    text: about("What is wrong.", text),
    line: about("null where it did not come as a file.", orNull(count)),
};
const more = about("Faults beyond those given.", count);
const version = about("0 or none: the newest.", { ...count, maximum: 4294967295 });
const why = { reason, reason_sv: text, reason_en: text };

export const schemas = {
    Promise: object(whole_promise),
    PromiseSource: source,
    Word: either(
        object({ list: one(...words), id: text, name_sv: text, name_en: text }),
        object({ list: one("area"), id: text, name: text, time_zone: text }),
        object({ list: one("place"), id: text, name: text, area: word, latitude_e6: whole, longitude_e6: whole, radius_m: count }),
        object({ list: one("organisation"), id: text, name: text, kind: text }),
    ),
};

export const operations = [
    get("/words", {
        tag,
        id: "listWords",
        right: "reference.read",
        summary: "Words, areas, places and organisations",
        query: { list: about("Only this one.", one(...words, "area", "place", "organisation")) },
        list: named("Word"),
    }),
    get("/promises", { tag, id: "listPromises", right: "promises.read", summary: "Promises", query: { area: about("Only those of this area.", word) }, list: named("Promise") }),
    post("/promises", {
        tag,
        id: "importPromises",
        right: "promise.change",
        summary: "Import a promise file",
        description: "Each promise that differs becomes a new version; what is counted follows at once. Where one is not at the version that `expected_versions` says, nothing is done: 409, version_conflict.",
        body: object({ "name?": fileName, text: fileText, "expected_versions?": seen(" What is not named is put whatever is there.") }),
        answer: answered({ area: word, promises: count, commitments: count, places: count, words: count }),
    }),
    post("/promises/save", {
        tag,
        id: "savePromise",
        right: "promise.save",
        summary: "Save one promise as a version of its own",
        description: "In the area that it is to be of and, where it is there, in the one that it is of. Words that nobody has used come with it; nothing else changes. Where it is not at the version that was seen, nothing is done: 409, version_conflict.",
        body: object({ area: about("Of the promise.", word), promise: about("As PromiseSource.", { type: "object" }), expected_versions: seen(" Of this promise.") }),
        answer: answered({ area: word, promise: text, version: count }),
    }),
    post("/promises/check", {
        tag,
        id: "checkPromises",
        right: "promise.change",
        summary: "What is wrong with a promise file, or what it would bring",
        asks: true,
        description: "Changes nothing. Whether a promise that is there may change so is said by the import itself.",
        body: object(given, eitherWay),
        answer: rows(object(fault), {
            good: truth,
            more,
            "area?": word,
            "promises?": list(object({ promise: text, title_sv: text, is_new: truth, version: about("That is there now; 0: none.", count), commitments: count })),
            "places?": count,
            "words?": count,
        }),
    }),
    post("/promises/preview", {
        tag,
        id: "previewPromises",
        right: "promise.try",
        summary: "What a promise would count that is not there yet",
        asks: true,
        description: "Changes nothing. One is done at a time: 503 while another is. With `from` and `to` it is tried as if that were its period, in phase act from its first day: a promise of next year on the reports of this one.",
        body: object({ ...given, area: about("Of which the promise is.", word), "from?": about("YYYY-MM-DD", text), "to?": about("YYYY-MM-DD", text) }, { anyOf: [{ required: ["text"] }, { required: ["promise"] }] }),
        answer: answered({
            good: about("It has no faults; only then is the rest there.", truth),
            faults: list(object(fault)),
            more,
            "commitments?": list(
                object({
                    promise: text,
                    commitment: about("Its id within the promise.", text),
                    fault: about("Why it cannot be tried in that period, in place of figures; else null.", orNull(text)),
                    "done?": whole,
                    "target?": whole,
                    "target_whole?": whole,
                    "status?": text,
                    "summary_sv?": text,
                    "summary_en?": text,
                    "reports?": about("That count.", count),
                    "not_counted?": list(object({ ...why, reports: count })),
                    "examples?": about(
                        "The latest that count, and the latest that do not.",
                        list(object({ reference, organisation: word, kind: kindOrNull, ...seconds("occurred_from"), local_from: wall, counted: truth, ...why })),
                    ),
                }),
            ),
            "looked?": about("Reports that were looked at.", count),
            "whole?": about("Every report of the area and the period was; false: the latest alone.", truth),
            "from?": orNull(day),
            "to?": orNull(day),
            "file?": about("A promise file of it; null where it came as one.", orNull(text)),
        }),
    }),
    get("/promises/{promise}", {
        tag,
        id: "showPromise",
        right: "promises.read",
        summary: "One promise as it is now, or was in one of its versions",
        in: { promise },
        query: { version },
        answer: answered({
            promise: named("PromiseSource"),
            area: word,
            version: count,
            newest: about("Its newest version.", count),
            state: orNull(state),
            ...momentOrNull("since"),
            actor: text,
        }),
    }),
    get("/promises/{promise}/file", {
        tag,
        id: "showPromiseFile",
        right: "promises.read",
        summary: "One promise as a promise file",
        description: "An import of it changes nothing. Names are those of today.",
        in: { promise },
        query: { version },
        type: "application/yaml",
        answer: text,
        told: "The file, to be kept as PROMISE.yaml.",
    }),
    get("/promises/{promise}/versions", {
        tag,
        id: "listPromiseVersions",
        right: "promises.read",
        summary: "Each version of a promise, oldest first",
        in: { promise },
        list: object({ ...whole_promise, ...momentOrNull("since"), actor: text }),
    }),
    post("/promises/{promise}/remove", {
        tag,
        id: "removePromise",
        right: "promise.change",
        summary: "Take a promise away",
        description: "Its versions and its published follow-ups stay.",
        in: { promise },
        answer: answered({ removed: text }),
    }),
];
