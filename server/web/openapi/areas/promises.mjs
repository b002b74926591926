// Reference data and promises (server/read/lists.h, server/read/promise_check.h, server/admin/import.c).
import { about, count, day, either, list, momentOrNull, named, object, one, orNull, text, titles, truth, whole, word } from "../shape.mjs";
import { commitmentPath } from "../report.mjs";
import { answered, get, post, rows } from "../operation.mjs";

const tag = "promises";
const promise = about("Id of a promise.", { type: "string", minLength: 1, maxLength: 400 });
const measure = orNull(one("at_least", "once", "rate", "presence", "actions_closed", "unquantified"));
const per = orNull(one("week", "month", "tertial", "quarter"));
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
export { measure, per, promise };

const whole_promise = {
    ...head,
    area: word,
    sources: list(text),
    phases: list(object({ phase: orNull(phase), entered: text })),
    states: list(object({ state: orNull(state), entered: text })),
    commitments: list(object({ commitment: commitmentPath, ...titles, measure, target: count, per, about: truth })),
};
const words = ["role", "check", "form", "item", "inventory", "initiative", "counterpart"];
const file = object({
    name: about("Of the file, for what is said of its lines.", text),
    text: about("A promise file: docs/promises.md.", { type: "string", maxLength: 1048576 }),
});

export const schemas = {
    Promise: object(whole_promise),
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
        description: "Each promise that differs becomes a new version; what is counted follows at once.",
        body: file,
        answer: answered({ area: word, promises: count, commitments: count, places: count, words: count }),
    }),
    post("/promises/check", {
        tag,
        id: "checkPromises",
        right: "promise.change",
        summary: "What is wrong with a promise file, or what it would bring",
        asks: true,
        description: "Changes nothing. Whether a promise that is there may change so is said by the import itself.",
        body: file,
        answer: rows(object({ fault: text, field: orNull(text) }), {
            good: truth,
            more: about("Faults beyond those given.", count),
            "area?": word,
            "promises?": list(object({ promise: text, title_sv: text, is_new: truth, commitments: count })),
            "places?": count,
            "words?": count,
        }),
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
