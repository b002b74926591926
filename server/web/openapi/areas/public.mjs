// What the public gets (server/read/public_documents.h, public_figures.h, public_tables.h; docs/decisions/0017-public.md).
import { about, count, day, hash, list, named, object, one, orNull, text, titles, truth, whole, word } from "../shape.mjs";
import { commitmentPath } from "../report.mjs";
import { get } from "../operation.mjs";
import { measure, per, phase, promise } from "./promises.mjs";
import { statuses } from "./progress.mjs";

const CLOSED = "404 where the installation has not opened it: `[public] enabled`. Pages of other servers may ask as well, and the answer may be kept as long as Cache-Control says.";
const address = { type: "string", format: "uri" };
const party = object({ id: word, name: text });
const head = { format: about("rond public 1", text), licence: about("Of the data: an SPDX name, or an address.", text), week: about("Monday of the week in which the figures were read.", day) };

const statement = object({
    promise: text,
    period: about("2015-T1, or final.", text),
    version: count,
    published: day,
    key: about("By which it is signed: GET /api/v1/public/keys.", hash),
    address,
    signature: address,
    page: address,
});
const commitment = object({
    commitment: commitmentPath,
    ...titles,
    measure,
    per,
    about: truth,
    done: whole,
    target: whole,
    target_whole: whole,
    status: about('"unknown" where it would be behind or missed and a device that could report toward it is silent.', one(...statuses, "unknown")),
    status_by_reports: one(...statuses),
    summary_sv: text,
    summary_en: text,
    devices: about("That could report toward it.", count),
    silent: about("Of them, not heard of lately.", count),
    places: about("Those that it names.", list(object({ place: word, name: text }))),
    kept_by_place: about(
        "Kept windows of presence by place, where it was promised at two or more; else null.",
        orNull(list(object({ place: word, name: text, kept: about("null where it is not told, because it is small or would tell a small one.", orNull(count)) }))),
    ),
});
const place = object({
    place: word,
    name: text,
    longitude_e2: about("Hundredths of a degree, WGS 84: to about a kilometre.", whole),
    latitude_e2: about("Hundredths of a degree.", whole),
});
const feature = object({
    type: { const: "Feature" },
    geometry: about("null for a promise that names no place.", orNull(object({ type: { const: "Point" }, coordinates: list({ type: "number" }, { minItems: 2, maxItems: 2 }) }))),
    properties: object({
        promise: text,
        ...titles,
        area: about("Its name.", text),
        from: day,
        to: day,
        address,
        page: address,
        licence: text,
        week: day,
        "place?": word,
        "place_name?": text,
    }),
});

export const schemas = {
    PublicPromise: object({
        promise: text,
        ...titles,
        area: party,
        from: day,
        to: day,
        phase: orNull(phase),
        version: count,
        sources: list(text),
        parties: list(party),
        places: list(place),
        commitments: list(commitment),
        statements: list(named("PublicStatement")),
        address,
        page: address,
    }),
    PublicStatement: Object.assign(statement, { description: "That a follow-up is published, and where it is." }),
    PublicPromises: object({ ...head, address, promises: list(named("PublicPromise")) }),
};

const open = (path, told) => {
    const description = [told.description, CLOSED].filter(Boolean).join(" ");
    return get("/public" + path, { tag: "public", right: "public", also: [404], ...told, description });
};
const all = { summary: "How the promises stand that are being kept", description: "Figures are read once a week, so that they do not tell when somebody was out.", answer: named("PublicPromises") };

export const operations = [
    open("/promises", { ...all, id: "showPublicPromises" }),
    open("/promises.json", { ...all, id: "showPublicPromisesFile", summary: "The same, by the name of a file" }),
    open("/promises.csv", {
        id: "showPublicTable",
        summary: "The same as a table",
        description: "RFC 4180 with a byte order mark. A row for each commitment, and one for each place of `kept_by_place`.",
        type: "text/csv",
        answer: text,
    }),
    open("/promises.geojson", {
        id: "showPublicMap",
        summary: "The same as a map",
        description: "RFC 7946: a point for each place that a promise names, to about a kilometre.",
        type: "application/geo+json",
        answer: object({ type: { const: "FeatureCollection" }, licence: text, week: day, features: list(feature) }),
    }),
    open("/promises/{promise}", { id: "showPublicPromise", summary: "How one promise stands", in: { promise }, answer: object({ ...head, promise: named("PublicPromise") }) }),
    open("/promises/{promise}/statements", {
        id: "listPublicStatements",
        summary: "The published follow-ups of a promise",
        description: "They stay, whether or not the promise is still told of.",
        in: { promise },
        answer: object({ licence: text, promise: text, statements: list(named("PublicStatement")) }),
    }),
    open("/promises/{promise}/statements/{period}/{file}", {
        id: "showPublicStatement",
        summary: "A published follow-up, or its signature",
        description: "Exactly the bytes that were signed, or the 64 bytes of an Ed25519 signature of `rond statement v1` and them. It never becomes another.",
        in: {
            promise,
            period: about("2015-T1, or final.", text),
            file: about("vVERSION.json, or vVERSION.json.sig.", { type: "string", pattern: "^v[0-9]+\\.json(\\.sig)?$" }),
        },
        answer: named("Statement"),
        others: { "application/octet-stream": { description: "The signature." } },
        told: "The document, or the signature.",
    }),
    open("/keys", { id: "listPublicKeys", summary: "The public keys that ever signed follow-ups", answer: object({ licence: text, keys: list(object({ id: hash, pem: text, address })) }) }),
    open("/keys/{key}", {
        id: "showPublicKey",
        summary: "One of them, as a file",
        in: { key: about("Its id and .pem.", { type: "string", pattern: "^[0-9a-f]{64}\\.pem$" }) },
        type: "application/x-pem-file",
        answer: text,
    }),
];
