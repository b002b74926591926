// One operation as it is written in areas/*.mjs, and what all of them share.
//
//   get("/progress", {tag, id, right, summary, description, query: {area}, answer: schema})
//   get("/promises", {..., list: schema of a row, more: {further members of the answer}})
//   post("/joins", {..., body: schema, answer: schema})
//
// answer: answered({members beside "ok"}), rows(...), or any schema, with `type` where it is not JSON; `others` has the schemas
// of what else may come, by type. right: of server/auth/access.c. `told` says what comes back, `also` has the statuses of
// refusals that are not the usual ones. A change takes a reason, whether its body says so or not; `asks` is a POST that
// changes nothing.
import { about, count, list, object, one, orNull, truth } from "./shape.mjs";

export const ROOT = "/api/v1";
const operation = (method) => (path, told) => ({ method, path: ROOT + path, ...told });
export const get = operation("get");
export const post = operation("post");

const ok = { ok: about("Always true; a refusal has another status and is a Problem.", { ...truth, const: true }) };
// What answers a GET or POST that is told by its members.
export const answered = (members) => object({ ...members, ...ok });
export const listed = (row, more = {}) =>
    object({
        items: list(row),
        ...more,
        next: about("Give it as `after` for the rows behind these; null where there are none.", orNull(count)),
        ...ok,
    });
export const rows = (row, more = {}) => object({ items: list(row), ...more, ...ok });

const cursors = {
    after: about("Rows behind this one: `next` of the answer before. 0: from the first.", { ...count, maximum: 9007199254740991, default: 0 }),
    limit: about(
        "Rows at most: 100 where it is not said, 500 at most; of CSV 20 000 and 20 000. Several that stand at one place come together, so there may be a few more.",
        { type: "integer", minimum: 1, maximum: 20000 },
    ),
    format: about("csv: for spreadsheets; the columns are told with the answer.", { ...one("json", "csv"), default: "json" }),
};

// A list whose order moves with what comes in is given in one part.
const whole = {
    limit: about("Rows at most: 5000 where it is not said, and 5000 at most; of CSV 20 000 and 20 000. Ask for all: what comes in moves rows from part to part.", cursors.limit),
};

const parameter = (place, required) => ([name, schema]) => {
    const { description, ...rest } = schema;
    return { name, in: place, required: required || rest["x-required"] === true, description, schema: plain(rest) };
};
const plain = ({ "x-required": _, ...schema }) => schema;

function parametersOf(told) {
    const path = [...told.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => {
        if (!told.in?.[name]) throw new Error(`${told.path}: what is ${name}?`);
        return [name, told.in[name]];
    });
    const query = Object.entries({ ...told.query, ...(told.list ? cursors : {}), ...(told.isWhole ? whole : {}) });
    const isKept = told.method === "get" && told.right !== "public"; // by a session, from idling
    const shared = [told.method === "post" && "Origin", hasTag(told) && "If-None-Match", isKept && "X-Rond-Auto"]
        .filter(Boolean)
        .map((name) => ({ $ref: `#/components/parameters/${name}` }));
    return [...path.map(parameter("path", true)), ...query.map(parameter("query", false)), ...shared];
}

const jsonOf = (schema, type = "application/json") => ({ [type]: { schema } });

// By which an answer that the asker has already is not sent again; `tagged: false` where there is none.
const hasTag = (told) => told.method === "get" && told.tagged !== false;

const othersOf = ({ others = {} }) => Object.fromEntries(Object.entries(others).map(([type, schema]) => [type, { schema }]));

function answerOf(told) {
    const schema = told.list ? listed(told.list, told.more) : told.answer;
    const what = told.told ?? (told.list ? "Rows in order, a part of them." : "Done.");
    const names = [hasTag(told) && "ETag", told.list && "X-Rond-Next"].filter(Boolean);
    const headers = Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
    return { description: what, ...(names.length && { headers }), content: { ...jsonOf(schema, told.type), ...othersOf(told) } };
}

// Which refusals an operation may answer with.
function refusalsOf(told) {
    const usual = [400, 414, 500, 503];
    if (told.right !== "public") usual.push(401, 403, 404, 422);
    if (told.method === "post") usual.push(409, 413);
    for (const status of told.also ?? []) usual.push(status);
    return [...new Set(usual)].sort();
}

function securityOf(told) {
    if (told.right === "public") return [];
    const word = told.method === "post" ? { csrf: [] } : {};
    return [{ session: [], ...word }, { proxy: [], ...word }];
}

export const reason = about("Why: kept in the audit log, so no names of citizens in it.", { type: "string", minLength: 1, maxLength: 400 });

function bodyOf(told) {
    const isChange = told.method === "post" && !told.asks && !["public", "self"].includes(told.right);
    if (!isChange || told.body?.properties.reason) return told.body && { required: true, content: jsonOf(told.body) };
    const { properties = {}, required = [], ...rest } = told.body ?? {};
    const schema = { ...rest, type: "object", properties: { ...properties, reason }, required, additionalProperties: false };
    return { required: required.length > 0 || rest.anyOf !== undefined, content: jsonOf(schema) };
}

export function described(told, rights) {
    const requestBody = bodyOf(told);
    const roles = rights[told.right];
    if (!roles) throw new Error(`${told.path}: there is no right ${told.right}`);
    const may = Object.entries(roles).map(([role, reach]) => `${role} (${reach})`);
    const right =
        told.right === "public"
            ? "No log-in is needed."
            : told.right === "self"
              ? "Whoever has logged in, for themselves."
              : `Needs the right \`${told.right}\`: ${may.join(", ")}.`;
    return {
        operationId: told.id,
        tags: [told.tag],
        summary: told.summary,
        description: [told.description, right].filter(Boolean).join("\n\n"),
        "x-rond-right": told.right,
        "x-rond-roles": roles,
        security: securityOf(told),
        parameters: parametersOf(told),
        ...(requestBody && { requestBody }),
        responses: {
            200: answerOf(told),
            ...(hasTag(told) && { 304: { $ref: "#/components/responses/Unchanged" } }),
            ...Object.fromEntries(refusalsOf(told).map((status) => [status, { $ref: `#/components/responses/Refused${status}` }])),
        },
    };
}
