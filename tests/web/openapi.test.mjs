// The description of the API against a server that answers: every operation is asked, and what comes back is exactly what is
// written. An operation that is new here needs words in server/web/openapi/areas/, and, where what its path names is new too,
// a line in EXAMPLES below or in api.posts.mjs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { compose, versionOf } from "../../server/web/openapi/compose.mjs";
import { everybody, filled } from "./api.mjs";
import { posts } from "./api.posts.mjs";
import { PASSWORD } from "./rond.mjs";

const document = await compose(versionOf());
const ajv = new Ajv({ strict: false, allErrors: true });
formats(ajv);
ajv.addSchema(document, "document");
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation, id: operation.operationId })),
);
const operationOf = (id) => operations.find((each) => each.id === id);

let rond, refs, who, keys;
before(async () => {
    ({ rond, refs } = await filled());
    who = await everybody(rond);
    keys = (await (await rond.fetch("/api/v1/public/keys")).json()).keys;
});
after(() => rond?.close());

// What stands in a path or has to be asked with, where it is not the same for all: by operation, several in a row.
const EXAMPLES = {
    showReport: () => Object.values(refs).filter((each) => typeof each === "string").map((reference) => ({ reference })),
    showCommitment: () => [{}, { promise: "lund-2015-station", commitment: "narvaro" }, { promise: "strangnas-2019", commitment: "vandring" }],
    listEvidence: () => [{}, { promise: "lund-2015-station", commitment: "atgarder" }, { promise: "strangnas-2019", commitment: "vandring" }, { which: "counted" }],
    listReportsOnMap: () => [
        { area: "lund", organisation: "polisen", kind: "check", place: "stortorget" },
        { area: "lund", organisation: "polisen", kind: "check", latitude_e6: 55705000, longitude_e6: 13190000, square_m: 150, from: "2015-01-01" },
    ],
    draftFollowup: () => [{}, { period: "final" }],
    listQuarantine: () => [{}, { which: "all" }],
    sampleAudit: () => [{ size: 5, seed: 1 }],
    showPromise: () => [{}, { promise: "lund-2015-station", version: 1 }, { promise: "strangnas-2019" }],
    showPresence: () => [{ area: "lund" }, { area: "lund", from: "2015-05-01", to: "2015-05-31" }],
    listUnsafePlaces: () => [{}, { area: "lund", which: "open" }],
    showPublicPromise: () => [{}, { promise: "lund-2015-station" }],
    listPublicStatements: () => [{}, { promise: "lund-2015-station" }],
    showPublicStatement: () => [{ file: "v1.json" }, { file: "v1.json.sig" }],
    showPublicKey: () => keys.map(({ id }) => ({ key: `${id}.pem` })),
    showSummary: () => [{ organisation: "polisen", week: "2015-W19" }],
    listAudit: () => [{}, { order: "newest", actor: "person:chief" }],
    showDescription: () => [],
    followEvents: () => [],
};
const usual = () => ({ promise: "lund-2015-trafik", commitment: "cykel", period: "2015-T1", reference: refs.first });
// Of what nothing is there in so young a server.
const MAY_BE_EMPTY = ["listRetentionPlan", "listRetentionProtocol", "verify"];

function address({ path, operation }, values) {
    const known = { ...usual(), ...values };
    const filledIn = path.replace(/\{(\w+)\}/g, (_, name) => {
        assert.ok(known[name] !== undefined, `${path}: which ${name}? Say it in EXAMPLES or api.posts.mjs.`);
        return encodeURIComponent(known[name]);
    });
    const query = operation.parameters.filter((each) => each.in === "query" && values[each.name] !== undefined);
    for (const each of operation.parameters)
        if (each.in === "query" && each.required) assert.ok(query.includes(each), `${path}: with which ${each.name}? Say it in EXAMPLES.`);
    return filledIn + (query.length ? "?" + query.map(({ name }) => `${name}=${encodeURIComponent(values[name])}`).join("&") : "");
}

const pointer = (...parts) => "document#/" + parts.map((part) => encodeURIComponent(part.replace(/~/g, "~0").replace(/\//g, "~1"))).join("/");
function holds(value, ref, what) {
    const validate = ajv.getSchema(ref) ?? ajv.compile({ $ref: ref });
    if (validate(value)) return;
    const found = validate.errors.map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
    assert.fail(`${what}:\n  ${[...new Set(found)].slice(0, 12).join("\n  ")}`);
}
function answerHolds(answer, body, { path, method }, what) {
    const type = answer.headers["content-type"].split(";")[0];
    const responses = document.paths[path][method].responses;
    const told = responses[answer.status];
    assert.ok(told, `${what}: ${answer.status} is not described: ${JSON.stringify(body)}`);
    const place = told.$ref ? ["components", "responses", told.$ref.split("/").pop()] : ["paths", path, method, "responses", String(answer.status)];
    holds(body, pointer(...place, "content", type, "schema"), `${what}: ${answer.status}`);
}
const bodyOf = (answer) => (/json/.test(answer.headers["content-type"]) ? answer.json() : answer.text());
const isPublic = ({ operation }) => operation["x-rond-right"] === "public";
const mayAsk = ({ operation }) => who[["area_chief", "administrator", "auditor"].find((role) => operation["x-rond-roles"][role])];
const question = (each, asked, headers = {}) => (isPublic(each) ? rond.fetch(asked, { headers }) : mayAsk(each).get(asked, headers));

test("the description is valid OpenAPI 3.1", async () => {
    const result = await new Validator().validate(structuredClone(document));
    assert.ok(result.valid, JSON.stringify(result.errors, null, 1));
});

test("the server gives it to whoever asks", async () => {
    const answer = await rond.fetch("/api/v1/openapi.json");
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), JSON.stringify(document) + "\n");
    assert.match(answer.headers["content-type"], /^application\/json/);
    const again = await rond.fetch("/api/v1/openapi.json", { headers: { "If-None-Match": answer.headers.etag } });
    assert.equal(again.status, 304);
});

test("every question is answered as it is described, with something in every list", async () => {
    for (const each of operations.filter(({ method }) => method === "get")) {
        let rows = 0;
        const examples = EXAMPLES[each.id]?.() ?? [{}];
        for (const example of examples) {
            const asked = address(each, example);
            const answer = await question(each, asked);
            const body = await bodyOf(answer);
            assert.equal(answer.status, 200, `${asked}: ${JSON.stringify(body)}`);
            answerHolds(answer, body, each, asked);
            rows += body.items?.length ?? 1;
        }
        if (examples.length && !MAY_BE_EMPTY.includes(each.id)) assert.ok(rows > 0, `${each.id}: nothing came back to be looked at`);
    }
});

test("a list's parts are the whole, whatever the limit", async () => {
    for (const each of operations.filter(({ operation }) => operation.parameters.some(({ name }) => name === "after"))) {
        const example = (EXAMPLES[each.id]?.() ?? [{}])[0];
        const asked = address(each, example);
        const mark = asked.includes("?") ? "&" : "?";
        // What is noted of the asking itself is newer in one than in the other.
        const whole = (await (await mayAsk(each).get(`${asked}${mark}limit=500`)).json()).items;
        const parts = [];
        let next = 0;
        for (let rounds = 0; next !== null && rounds < 1000; rounds++) {
            const part = await (await mayAsk(each).get(`${asked}${mark}limit=2&after=${next}`)).json();
            parts.push(...part.items);
            next = part.next;
        }
        assert.equal(next, null, asked);
        const known = each.id === "listAudit" ? parts.slice(0, whole.length) : parts;
        if (!["sampleAudit", "listSessions"].includes(each.id)) assert.deepEqual(known, whole, asked);
    }
});

test("what the asker has already is not sent again, until it is another", async () => {
    for (const each of operations.filter(({ method, operation }) => method === "get" && operation.responses[304])) {
        for (const example of (EXAMPLES[each.id]?.() ?? [{}]).slice(0, 1)) {
            const asked = address(each, example);
            const first = await question(each, asked);
            assert.match(first.headers.etag, isPublic(each) ? /^"[0-9a-f]{16}"$/ : /^"[0-9a-f]{32}"$/, asked);
            assert.match(first.headers["cache-control"], isPublic(each) ? /^public, max-age=\d+/ : /^no-store$/, asked);
            const again = await question(each, asked, { "If-None-Match": `"other", ${first.headers.etag}` });
            if (each.id.endsWith("Audit")) continue; // asking for reports was noted meanwhile
            assert.equal(again.status, 304, asked);
            assert.equal(again.headers.etag, first.headers.etag);
            assert.equal(again.bytes.length, 0);
        }
    }
    const chief = who.area_chief;
    const before = await chief.get("/api/v1/activities");
    rond.ctl("activity", "plan", "--area", "lund", "--kind", "meeting", "--title", "one more", "--organisations", "polisen", "--from", "2099-05-08 14:00", "--to", "2099-05-08 15:00");
    const after = await chief.get("/api/v1/activities", { "If-None-Match": before.headers.etag });
    assert.equal(after.status, 200);
    assert.notEqual(after.headers.etag, before.headers.etag);
    assert.equal((await chief.get("/api/v1/session")).headers.etag, undefined);
});

test("whoever is not logged in, and whoever may not, gets a problem in both languages", async () => {
    for (const each of operations.filter(({ operation }) => operation["x-rond-right"] !== "public")) {
        const asked = address({ ...each, operation: { ...each.operation, parameters: [] } }, { activity: "P-1", decision: 1, device: "x", login: "x1", number: 1, id: "x" });
        const stranger = await rond.fetch(asked, { method: each.method.toUpperCase(), headers: { Origin: rond.address } });
        assert.equal(stranger.status, 401, asked);
        answerHolds(stranger, await stranger.json(), each, asked);
        const role = ["auditor", "partner_viewer", "administrator"].find((name) => !each.operation["x-rond-roles"][name]);
        if (!role) continue;
        const answer = await (each.method === "get" ? who[role].get(asked) : who[role].post(asked, {}));
        assert.equal(answer.status, 403, `${asked} by ${role}`);
        const problem = await answer.json();
        answerHolds(answer, problem, each, asked);
        assert.equal(problem.code, "not_permitted");
    }
});

// What is said more than the title is said in both languages, and in Swedish without the operator's commands.
function inBoth(problem, asked) {
    const { title, title_sv, detail, detail_sv } = problem;
    assert.equal(detail_sv === title_sv, detail === title, `${asked}: ${JSON.stringify(problem)}`);
    assert.doesNotMatch(detail_sv, /rondctl| --/, asked);
}

test("a slip in a question is refused with what is wrong, in both languages", async () => {
    for (const [role, asked, field] of [
        ["area_chief", "presence?area=lund&from=May", "from"],
        ["area_chief", "presence?area=lund&from=2015-05-08&to=2015-05-01", "to"],
        ["area_chief", "presence", "area"],
        ["area_chief", "map?from=May", "from"],
        ["area_chief", "map?from=2015-05-08&to=2015-05-01", "to"],
        ["area_chief", "map?kind=dance", "kind"],
        ["area_chief", "walks?which=none", "which"],
        ["area_chief", "commitments/lund-2015-trafik/cykel/evidence?which=none", "which"],
        ["area_chief", "commitments/lund-2015-trafik/cykel/evidence?weekday=someday&hour=1", "weekday"],
        ["area_chief", "commitments/lund-2015-trafik/cykel/evidence?weekday=mon&hour=25", "hour"],
        ["area_chief", "promises/lund-2015-trafik/followups/May/draft", "period"],
        ["auditor", "audit?from=May", "from"],
        ["auditor", "audit/sample?size=9999999", "size"],
    ]) {
        const answer = await who[role].get(`/api/v1/${asked}`);
        const problem = await answer.json();
        assert.deepEqual([answer.status, problem.field], [422, field], `${asked}: ${JSON.stringify(problem)}`);
        assert.notEqual(problem.detail, problem.title, asked);
        inBoth(problem, asked);
    }
});

test("every change is done as it is described, and what is wrong with it is said with its field", async () => {
    const kept = { password: PASSWORD };
    const from = (value) => (typeof value === "function" ? value(kept) : value);
    const ask = (caller, path, body) =>
        caller ? caller.post(path, body) : rond.fetch(path, { method: "POST", headers: { Origin: rond.address, "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const left = new Set(operations.filter(({ method }) => method === "post").map(({ id }) => id));
    for (const step of posts(refs)) {
        const each = operationOf(step.id);
        assert.ok(each, `there is no operation ${step.id}`);
        left.delete(step.id);
        step.before?.(rond);
        const wrong = step.wrong;
        if (wrong) {
            const asked = address(each, from(wrong.in ?? step.in) ?? {});
            const answer = await ask(who[step.who], asked, wrong.body ?? from(step.body) ?? {});
            const problem = await answer.json();
            assert.equal(answer.status, wrong.status ?? 422, `${asked}: ${JSON.stringify(problem)}`);
            answerHolds(answer, problem, each, asked);
            if (wrong.field) assert.equal(problem.field, wrong.field, `${asked}: ${JSON.stringify(problem)}`);
            inBoth(problem, asked);
        }
        if (step.skip) continue;
        const asked = address(each, from(step.in) ?? {});
        const body = from(step.body) ?? {};
        if (each.operation.requestBody) holds(body, pointer("paths", each.path, "post", "requestBody", "content", "application/json", "schema"), `${asked}: the request`);
        const answer = await ask(who[step.who], asked, body);
        const said = await answer.json();
        assert.equal(answer.status, 200, `${asked}: ${JSON.stringify(said)}`);
        answerHolds(answer, said, each, asked);
        Object.assign(kept, step.keep?.(said));
    }
    assert.deepEqual([...left], [], "changes without a line in api.posts.mjs");
});

test("a list whose order moves with what comes in is given in one part", async () => {
    const answer = await who.area_chief.get("/api/v1/map?limit=5000");
    assert.equal(answer.status, 200);
    assert.equal((await answer.json()).next, null);
    const map = document.paths["/api/v1/map"].get;
    assert.match(map.parameters.find(({ name }) => name === "limit").description, /5000 at most/);
});

test("of what is much work one is done at a time, whoever asks", async () => {
    const step = posts(refs).find(({ id }) => id === "previewPromises");
    const answers = await Promise.all(Array.from({ length: 20 }, () => who.area_chief.post("/api/v1/promises/preview", JSON.stringify(step.body))));
    const statuses = answers.map(({ status }) => status);
    assert.ok(statuses.includes(200), `${statuses}`);
    assert.ok(statuses.includes(503), `${statuses}`);
    assert.deepEqual(statuses.filter((status) => status !== 200 && status !== 503), []);
    assert.equal((await who.area_chief.post("/api/v1/promises/preview", JSON.stringify(step.body))).status, 200);
});

test("what cannot be read is refused as it is described", async () => {
    const chief = who.area_chief;
    for (const [path, status] of [["/api/v1/promises?limit=0", 400], ["/api/v1/promises?limit=501", 400], ["/api/v1/map?limit=5001", 400], ["/api/v1/promises?after=x", 400], ["/api/v1/audit?from=May", 403]]) {
        const answer = await chief.get(path);
        assert.equal(answer.status, status, path);
        holds(await answer.json(), pointer("components", "schemas", "Problem"), path);
    }
    for (const [body, headers, status, code] of [
        ["[", {}, 400, "request_invalid"],
        ["[]", {}, 400, "request_invalid"],
        ["{}", { "Content-Type": "text/plain" }, 400, "request_invalid"],
        ["{}", { "X-Rond-CSRF": "0" }, 403, "csrf_refused"],
        ["{}", { Origin: "https://elsewhere.example" }, 403, "origin_refused"],
    ]) {
        const answer = await chief.post("/api/v1/joins", body, headers);
        const problem = await answer.json();
        assert.deepEqual([answer.status, problem.code], [status, code]);
        answerHolds(answer, problem, operationOf("joinReports"), `joins ${body}`);
    }
    for (const [answer, status, code] of [
        [await chief.post("/api/v1/joins", "", { "Content-Length": 10_000_000 }), 413, "too_large"],
        [await rond.fetch("/api/v1/joins", { method: "PUT", headers: { Accept: "text/html" } }), 405, "method_not_allowed"],
        [await chief.get(`/api/v1/reports/${"x".repeat(600)}`, { Accept: "text/html" }), 414, "address_too_long"],
    ]) {
        const problem = await answer.json();
        assert.deepEqual([answer.status, problem.code], [status, code]);
        holds(problem, pointer("components", "schemas", "Problem"), code);
        assert.equal(answer.headers["content-type"], "application/problem+json");
    }
});
