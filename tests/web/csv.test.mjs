// Lists as CSV: every one of them read again by another program, cell by cell, and by LibreOffice where it is installed.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parse } from "csv-parse/sync";
import { compose, versionOf } from "../../server/web/openapi/compose.mjs";
import { isOnGround, listsOf } from "../../server/web/openapi/columns.mjs";
import { everybody, filled } from "./api.mjs";

const document = await compose(versionOf());
const lists = listsOf(document);
let rond, refs, who;
const FORMULA = '=HYPERLINK("https://example.invalid", "Åsa, Örjan")';

before(async () => {
    ({ rond, refs } = await filled());
    who = await everybody(rond);
    await who.administrator.post("/api/v1/people", { login: "formula", name: FORMULA });
});
after(() => rond?.close());

const VALUES = { promise: "lund-2015-trafik", commitment: "cykel", period: "2015-T1" };
const ASKED = { "/api/v1/summary": "organisation=polisen&week=2015-W19&", "/api/v1/audit/sample": "size=5&seed=1&", "/api/v1/quarantine": "which=all&", "/api/v1/map/reports": "area=lund&organisation=polisen&kind=check&place=stortorget&" };
const addressOf = ({ pattern }) => `${pattern.replace(/\{(\w+)\}/g, (_, name) => VALUES[name])}?${ASKED[pattern] ?? ""}`;
const askerOf = ({ pattern }) => who[["area_chief", "administrator", "auditor"].find((role) => document.paths[pattern].get["x-rond-roles"][role])];
const read = (bytes, end = "\r\n") => parse(bytes, { bom: true, columns: true, record_delimiter: end });

// As docs/api.md says it.
function cell(row, path) {
    let value = row;
    for (const name of path.split(".")) value = value?.[name];
    if (value === null || value === undefined) return "";
    const isPlain = Array.isArray(value) && value.every((each) => each === null || typeof each !== "object");
    const text = isPlain ? value.join("; ") : typeof value === "object" ? JSON.stringify(value) : String(value);
    return typeof value !== "number" && /^[=+\-@\t\r\n]/.test(text) ? "'" + text : text;
}

test("every list says in CSV what it says in JSON", async () => {
    assert.ok(lists.length > 20);
    for (const each of lists) {
        const address = addressOf(each);
        const json = await (await askerOf(each).get(address + "limit=500")).json();
        const csv = await askerOf(each).get(address + "format=csv");
        assert.equal(csv.status, 200, `${address}: ${await csv.text()}`);
        assert.equal(csv.headers["content-type"], "text/csv; charset=utf-8; header=present");
        assert.equal(csv.headers["content-disposition"], `attachment; filename="${each.file}.csv"`);
        assert.equal(csv.headers["x-rond-next"], undefined);
        assert.equal(csv.bytes.subarray(0, 3).toString("hex"), json.items.length || csv.bytes.length ? "efbbbf" : "");
        const rows = read(csv.bytes);
        const isNoted = each.pattern.startsWith("/api/v1/audit"); // asking for reports is noted
        if (!isNoted) assert.equal(rows.length, json.items.length, address);
        for (const [i, row] of (isNoted ? [] : json.items).entries())
            assert.deepEqual(rows[i], Object.fromEntries(each.columns.map((path) => [path, cell(row, path)])), address);
    }
});

test("what stands at a point of the ground is given for map programs, and nothing else is", async () => {
    const onGround = lists.filter(({ columns }) => isOnGround(columns));
    assert.deepEqual(onGround.map(({ pattern }) => pattern), ["/api/v1/map", "/api/v1/map/unsafe-places", "/api/v1/words"]);
    for (const each of onGround) {
        const address = addressOf(each);
        const { items } = await (await askerOf(each).get(address + "limit=500")).json();
        const answer = await askerOf(each).get(address + "format=geojson");
        assert.equal(answer.headers["content-type"], "application/geo+json");
        assert.equal(answer.headers["content-disposition"], `attachment; filename="${each.file}.geojson"`);
        const { type, features } = JSON.parse(await answer.text());
        assert.equal(type, "FeatureCollection");
        assert.ok(items.length > 0, address);
        assert.equal(features.length, items.length, address);
        for (const [i, { latitude_e6, longitude_e6, ...said }] of items.entries()) {
            const point = !Number.isInteger(latitude_e6) ? null : { type: "Point", coordinates: [longitude_e6 / 1e6, latitude_e6 / 1e6] };
            assert.deepEqual(features[i], { type: "Feature", geometry: point, properties: said }, address);
        }
    }
    const refused = await who.area_chief.get("/api/v1/walks?format=geojson");
    assert.equal(refused.status, 400);
});

test("nested values have columns of their own, and no member is left out", async () => {
    const [first] = read((await who.area_chief.get("/api/v1/reports?format=csv")).bytes);
    assert.equal(first["report.check.form"], "targeted");
    assert.equal(first["report.check.checked"], "5");
    assert.equal(first.reference, refs.first);
    assert.match(first.contributions, /^\[\{"commitment":"lund-2015-trafik\/cykel"/);
});

test("what a spreadsheet would carry out is a text", async () => {
    const rows = read((await who.administrator.get("/api/v1/people?format=csv")).bytes);
    assert.equal(rows.find(({ login }) => login === "formula").name, "'" + FORMULA);
});

test("parts by the same cursors are the whole", async () => {
    const whole = read((await who.area_chief.get("/api/v1/reports?format=csv")).bytes);
    const parts = [];
    for (let next = "0"; next !== undefined; ) {
        const part = await who.area_chief.get(`/api/v1/reports?format=csv&limit=3&after=${next}`);
        parts.push(...read(part.bytes));
        next = part.headers["x-rond-next"];
        assert.ok(parts.length <= whole.length);
    }
    assert.deepEqual(parts, whole);
});

test("it is not sent again where it is the same, and is another than the JSON", async () => {
    const csv = await who.area_chief.get("/api/v1/activities?format=csv");
    const json = await who.area_chief.get("/api/v1/activities");
    assert.match(csv.headers.etag, /^"[0-9a-f]{32}"$/);
    assert.notEqual(csv.headers.etag, json.headers.etag);
    assert.equal((await who.area_chief.get("/api/v1/activities?format=csv", { "If-None-Match": csv.headers.etag })).status, 304);
});

test("a format that is none, and CSV of what is no list, are refused; so is whoever may not see the list", async () => {
    for (const path of ["/api/v1/activities?format=xml", "/api/v1/progress?format=csv", "/api/v1/activities?format=csv&limit=20001"]) {
        const answer = await who.area_chief.get(path);
        assert.equal(answer.status, 400, path);
        assert.equal((await answer.json()).code, "request_invalid");
    }
    const answer = await who.auditor.get("/api/v1/reports?format=csv");
    assert.deepEqual([answer.status, (await answer.json()).code], [403, "not_permitted"]);
    const none = await who.area_chief.get("/api/v1/promises/nothing/versions?format=csv");
    assert.deepEqual([none.status, none.headers["content-type"]], [404, "application/problem+json"]);
});

const office = () => {
    try {
        return execFileSync("sh", ["-c", "command -v soffice || command -v localc"], { encoding: "utf8" }).trim();
    } catch {
        return "";
    }
};
test("LibreOffice reads the same out of them", { skip: office() ? false : "LibreOffice is not installed" }, async () => {
    const profile = `-env:UserInstallation=file://${join(rond.directory, "office")}`;
    const out = join(rond.directory, "opened");
    const given = new Map();
    for (const [name, asker] of [["people", who.administrator], ["words", who.area_chief], ["reports", who.area_chief]]) {
        const { bytes } = await asker.get(`/api/v1/${name}?format=csv`);
        writeFileSync(join(rond.directory, `${name}.csv`), bytes);
        given.set(name, read(bytes));
    }
    // The mark is looked at by the window that asks before opening; without a window the encoding has to be said (76: UTF-8).
    const paths = [...given.keys()].map((name) => join(rond.directory, `${name}.csv`));
    const filter = "Text - txt - csv (StarCalc):44,34,76,1";
    const written = [`--infilter=${filter}`, "--convert-to", `csv:${filter}`, "--outdir", out];
    execFileSync(office(), [profile, "--headless", ...written, ...paths], { stdio: "ignore", timeout: 600_000 });
    for (const [list, rows] of given) {
        const opened = read(readFileSync(join(out, `${list}.csv`)), "\n");
        assert.equal(opened.length, rows.length);
        assert.deepEqual(Object.keys(opened[0]), Object.keys(rows[0]));
        for (const [i, row] of rows.entries())
            for (const name of ["name", "name_sv", "reference", "place"]) assert.equal(opened[i][name], row[name]);
    }
});
