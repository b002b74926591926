// What the public reads names no device, no person, no moment and no position: a server is filled with things that are like no
// other, and none of them may be in any byte of any public answer, however it is written.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Rond } from "./rond.mjs";

let rond;
const secrets = []; // {what, forms: [Buffer]}

// A text as it is, in other cases, and coded.
function keep(what, text) {
    const bytes = Buffer.from(text);
    const coded = [bytes.toString("hex"), bytes.toString("hex").toUpperCase(), bytes.toString("base64").replace(/=+$/, ""), encodeURIComponent(text)];
    secrets.push({ what, forms: [text, text.toLowerCase(), text.toUpperCase(), ...coded] });
}
// What is bytes itself, given in hexadecimal.
function keepHex(what, hex) {
    const bytes = Buffer.from(hex, "hex");
    const dashed = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
    const base64 = bytes.toString("base64").replace(/=+$/, "");
    secrets.push({ what, forms: [hex, hex.toUpperCase(), dashed, base64, base64.replace(/\+/g, "-").replace(/\//g, "_"), bytes] });
}
// A moment: seconds, milliseconds, RFC 3339, and by the wall.
function keepMoment(what, wall, seconds) {
    const iso = new Date(seconds * 1000).toISOString();
    secrets.push({ what, forms: [String(seconds), iso.slice(0, 16), iso.slice(11, 16) + "Z", wall, wall.replace(" ", "T"), wall.slice(11)] });
}

const PROMISE = `
area: {id: lekstad, name: Lekstad, timezone: Europe/Stockholm}
period: {from: 2015-01-01, to: 2015-12-31}
organisations: [{id: polisen, kind: police}]
places:
  - {id: torget, name: Torget, lat: 59.183746, lon: 14.861593, radius_m: 100}
  - {id: parken, name: Parken, lat: 59.176285, lon: 14.872641, radius_m: 100}
  - {id: hemligt, name: Kvastgatan, lat: 59.191357, lon: 14.893571, radius_m: 100}
promises:
  - id: lekstad-2015
    title_sv: "=Närvaro på torg och i park åäö"
    sources: [citizen_dialogue]
    parties: [polisen]
    commitments:
      - {id: kontroll, title_sv: Kontroller av cyklister, measure: at_least, target: 10, kind: check, of: cyclist_behaviour, form: targeted}
      - id: narvaro
        title_sv: Synlig närvaro
        measure: presence
        kind: visible_patrol
        roles: [police_officer]
        windows:
          - {place: torget, days: [mon, tue, wed, thu, fri, sat, sun], from: "18:00", to: "20:00", minutes: 30}
          - {place: parken, days: [mon, tue, wed, thu, fri, sat, sun], from: "18:00", to: "20:00", minutes: 30}
`;

before(async () => {
    rond = await Rond.open("[public]\nenabled = yes\n");
    const file = join(rond.directory, "promise.yaml");
    writeFileSync(file, PROMISE);
    rond.ctl("promise", "import", file);
    rond.enrol("KVASTBIL-4417", "polisen", "police_officer", "lekstad");
    keep("the name of a device", "KVASTBIL-4417");
    const report = (...options) => keep("a report's reference", rond.report("KVASTBIL-4417", ...options));
    const presence = (place, day) =>
        report("patrol", "--place", place, "--from", `2015-03-${day} 18:13`, "--to", `2015-03-${day} 19:17`, "--persons", "police_officer=2");
    report(
        ...["check", "--of", "cyclist_behaviour", "--form", "targeted", "--checked", "5", "--position", "59.187531,14.867902"],
        ...["--from", "2015-03-09 13:37", "--to", "2015-03-09 14:41", "--text", "Ordväxling vid kvastfabriken"],
    );
    keep("a free text", "Ordväxling vid kvastfabriken");
    keep("a word of it", "kvastfabriken");
    keepMoment("when a report happened", "2015-03-09 13:37", Date.UTC(2015, 2, 9, 12, 37) / 1000);
    keepMoment("when it ended", "2015-03-09 14:41", Date.UTC(2015, 2, 9, 13, 41) / 1000);
    for (const day of ["02", "03", "04"]) presence("torget", day);
    for (let day = 2; day < 14; day++) presence("parken", String(day).padStart(2, "0"));
    keepMoment("when a patrol was there", "2015-03-04 18:13", Date.UTC(2015, 2, 4, 17, 13) / 1000);
    rond.sync("KVASTBIL-4417");
    for (const [what, number] of Object.entries({
        "a report's latitude": "59.187531",
        "a report's longitude": "14.867902",
        "a place's latitude": "59.183746",
        "a place's longitude": "14.861593",
    }))
        secrets.push({ what, forms: [number, number.replace(".", ""), number.replace(".", ","), number.slice(0, 7), number.slice(0, 6)] });
    keep("a place that no promise names", "Kvastgatan");
    keep("its id", "hemligt");
    await rond.person("kvasthövding".replace("ö", "o"), "area_chief", "--organisation", "polisen", "--area", "lekstad");
    keep("a login", "kvasthovding");
    const devices = JSON.parse("[" + rond.ctl("--json", "device", "list").trim().split("\n").filter((line) => line.includes("KVASTBIL")).join(",") + "]");
    assert.equal(devices.length, 1);
    for (const [name, value] of Object.entries(devices[0]))
        if (/^[0-9a-f]{32}$|^[0-9a-f]{64}$/.test(value)) keepHex(`a device's ${name}`, value);
    assert.ok(secrets.some(({ what }) => what === "a device's device"));
    rond.ctl("followup", "publish", "lekstad-2015", "--tertial", "2015-T1");
    report(...["check", "--of", "cyclist_behaviour", "--form", "targeted", "--checked", "5"], "--from", "2015-04-09 13:37", "--to", "2015-04-09 14:41");
    rond.sync("KVASTBIL-4417");
    rond.ctl("followup", "publish", "lekstad-2015", "--tertial", "2015-T1", "--restate");
    for (const line of rond.ctl("--json", "followup", "list").trim().split("\n")) {
        const { at_ms, at, actor } = JSON.parse(line);
        if (!at_ms) continue;
        secrets.push({ what: "when a follow-up was published", forms: [String(at_ms), String(Math.floor(at_ms / 1000)), at, at.slice(0, 16)] });
        secrets.push({ what: "who published it", forms: [actor] });
    }
    await rond.restart();
    await rond.until("/public");
});
after(() => rond?.close());

// From the page and the list on to whatever an answer names, until nothing is new; and as much again in the other language.
async function everything() {
    const asked = new Map();
    const wanted = ["/public", "/public.css", "/api/v1/public/promises", "/api/v1/public/promises.json", "/api/v1/public/promises.csv"];
    wanted.push("/api/v1/public/promises.geojson", "/api/v1/public/keys", "/public?lang=en");
    while (wanted.length) {
        const path = wanted.pop();
        if (asked.has(path)) continue;
        const answer = await rond.fetch(path);
        assert.equal(answer.status, 200, path);
        asked.set(path, answer);
        const text = answer.bytes.toString();
        for (const [, found] of text.matchAll(/["'](?:https:\/\/localhost:\d+)?(\/(?:public|api\/v1\/public)[^"'#]*)["']/g)) wanted.push(found);
        if (path.startsWith("/public/")) wanted.push(path.split("?")[0] + "?lang=en", path.split("?")[0] + "?lang=sv");
    }
    return asked;
}

test("no device, person, moment or position is in any public byte", async () => {
    const asked = await everything();
    const paths = [...asked.keys()];
    for (const kind of [/\.csv$/, /\.geojson$/, /v2\.json$/, /v1\.json\.sig$/, /\.pem$/, /^\/public\/lekstad-2015\/2015-T1\/2/, /lang=en/])
        assert.ok(paths.some((path) => kind.test(path)), `${kind} among ${paths.join(" ")}`);
    const found = [];
    for (const [path, { bytes, headers }] of asked) {
        const head = Object.entries(headers).filter(([name]) => name !== "date").map((pair) => pair.join(": ")).join("\n");
        const whole = Buffer.concat([bytes, Buffer.from("\n" + head)]);
        for (const { what, forms } of secrets) for (const form of forms) if (form.length > 3 && whole.includes(form)) found.push(`${path}: ${what}: ${form}`);
    }
    assert.deepEqual(found, []);
    assert.ok(secrets.length > 25, `${secrets.length}`);
});

test("an answer does not depend on who asks", async () => {
    for (const path of ["/public", "/api/v1/public/promises.json"]) {
        const plain = await rond.fetch(path);
        const told = await rond.fetch(path, { headers: { Cookie: "__Host-rond=" + "a".repeat(43), "User-Agent": "another", Host: "localhost" } });
        assert.ok(plain.bytes.equals(told.bytes), path);
        assert.equal(plain.headers.etag, told.headers.etag);
        assert.ok(!plain.headers["set-cookie"]);
    }
});

test("a small count by place is not told, nor the one that it could be worked out from; a commitment's own figure always is", async () => {
    const { promises } = await (await rond.fetch("/api/v1/public/promises.json")).json();
    const [kontroll, narvaro] = promises.find(({ promise }) => promise === "lekstad-2015").commitments;
    assert.deepEqual([kontroll.done, kontroll.target_whole], [2, 10]);
    assert.equal(narvaro.done, 15);
    assert.deepEqual(narvaro.kept_by_place.map(({ place, kept }) => [place, kept]), [["torget", null], ["parken", null]]);
    const csv = (await rond.fetch("/api/v1/public/promises.csv")).bytes.toString();
    const rows = csv.split("\r\n").filter((row) => row.includes("lekstad-2015/narvaro"));
    assert.deepEqual(rows.map((row) => row.split(",")[15]), ["15", "", ""]);
    const page = (await rond.fetch("/public/lekstad-2015")).bytes.toString();
    assert.equal(page.match(/visas inte<\/td>/g).length, 2);
});

test("what comes in does not move the public's figures before the week is over", async () => {
    const before = await rond.fetch("/api/v1/public/promises.json");
    rond.report("KVASTBIL-4417", "check", "--of", "cyclist_behaviour", "--form", "targeted", "--checked", "5", "--from", "2015-05-09 13:37", "--to", "2015-05-09 14:41");
    rond.sync("KVASTBIL-4417");
    rond.ctl("followup", "publish", "lekstad-2015", "--tertial", "2015-T2");
    const statements = (answer) => answer.promises.find(({ promise }) => promise === "lekstad-2015").statements;
    const answer = await rond.until("/api/v1/public/promises.json", async (answer) => statements(await answer.json()).length >= 3);
    const after = await answer.json();
    const done = (value) => value.promises.flatMap(({ commitments }) => commitments.map((one) => one.done));
    assert.deepEqual(done(after), done(await before.json()));
});
