// Every page for every role, in both languages, over data whose every free text tries to be a script: each page is shown or
// says that it is not for this role, can be used by everybody, and nothing of what was stored is ever carried out.
import assert from "node:assert/strict";
import { writeFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { accessible, browse, complaints, fits, loggedIn, NARROW, Rond, root, settled } from "./rond.mjs";

const HOSTILE = [
    "<script>xss()</script>",
    '"><img src=x onerror=xss()>',
    "<svg/onload=xss()>",
    "</textarea></title><script>xss()</script>",
    "<iframe srcdoc='<script>parent.xss()</script>'>",
    "<a href='javascript:xss()'>x</a>",
    "javascript:xss()",
    "'-xss()-'",
    "{{constructor.constructor('xss()')()}}",
    "<details open ontoggle=xss()>",
    "<math><mtext><mglyph><style><img src onerror=xss()>",
    "&lt;script&gt;xss()&lt;/script&gt;",
    "%3Cscript%3Exss()%3C/script%3E",
];
const text = (number) => HOSTILE[number % HOSTILE.length];
const ROLES = ["area_chief", "coordinator", "partner_viewer", "administrator", "auditor"];
const STAFF = ["area_chief", "coordinator", "partner_viewer"];
const MAY = {
    ledger: STAFF,
    commitments: STAFF,
    reports: STAFF,
    presence: STAFF,
    walks: STAFF,
    map: STAFF,
    joins: STAFF,
    quarantine: STAFF,
    planning: [...STAFF, "administrator"],
    promises: [...STAFF, "administrator"],
    followups: STAFF,
    people: ["administrator", "auditor"],
    audit: ["auditor"],
    devices: ["area_chief", "coordinator", "administrator"],
};
let rond, browser, paths;
const people = {};
const seen = new Set();

before(async () => {
    rond = await Rond.open("[public]\nenabled = yes");
    let titles = 0;
    const title = () => `title_sv: ${JSON.stringify(text(titles++))}`;
    const promises = readFileSync(join(root, "tests/fixtures/lund-2015.yaml"), "utf8").replace(/^( +)title_sv: .*$/gm, (_, indent) => indent + title());
    writeFileSync(join(rond.directory, "hostile.yaml"), promises.replace(/(?<!^ +)title_sv: [^,]+/gm, title).replaceAll("2015", "2014"));
    rond.ctl("promise", "import", join(rond.directory, "hostile.yaml"));
    const code = rond.ctl("device", "code", "--organisation", "polisen", "--area", "lund", "--role", "police_officer").trim().split("\n")[0];
    rond.held("device", "enrol", `https://localhost:${rond.ports.enrolment}`, code, "--name", text(1));
    rond.sync("device");
    const at = (day) => ["--from", `2015-05-${day} 10:00`, "--to", `2015-05-${day} 11:00`];
    const shown = rond.report("device", "meeting", "--with", "taxi_trade", "--subject", text(0), "--text", text(3), ...at("04"));
    const escaped = (number) => text(number).replaceAll(",", "\\,");
    rond.report("device", "walk", ...at("05"), "--with-org", "jernhusen", "--unsafe",
        `id=1,place=bangatan,cause=${escaped(2)},responsible=lunds-kommun,action=${escaped(4)},due=2015-06-30`);
    for (let i = 5; i < HOSTILE.length; i++)
        rond.report("device", "initiative", "--of", "school_visit", "--unit", text(i).slice(0, 20), "--outcome", text(i), "--text", text(i), ...at(String(i + 10)));
    rond.report("device", "meeting", "--with", "taxi_trade", "--with-org", "okand-org", ...at("06")); // goes into quarantine
    rond.sync("device");
    rond.ctl("activity", "plan", "--area", "lund", "--kind", "check", "--of", "taxi", "--title", text(9), "--from", "2026-12-30 20:00", "--to", "2026-12-30 23:00",
        "--organisations", "polisen");
    browser = await browse();
    for (const role of ROLES) people[role] = await rond.person(role.replace("_", "-"), role, "--organisation", "*", "--area", "*");
    rond.ctl("person", "add", "hostile", "--name", text(10), "--role", "auditor");
    paths = ["ledger", "commitments/lund-2015-trafik/taximoten", "commitments/lund-2014-trafik/cykel", `reports/${shown}`, "presence", "walks", "map", "joins",
        "map/reports?area=lund&organisation=polisen&kind=check&place=bangatan",
        "quarantine", "planning", "promises", "promises/show/lund-2014-trafik", "promises/edit/lund-2014-trafik", "promises/new", "devices", "followups",
        "followups/lund-2014-trafik/2014-T1", "people", "audit", "account",
        "reports/" + encodeURIComponent(text(1)), "commitments/" + encodeURIComponent(text(0)) + "/x", encodeURIComponent(text(2))];
});
after(async () => {
    await browser?.close();
    await rond?.close();
    assert.deepEqual(complaints, []);
});

async function visit(page, path) {
    await page.goto(`${rond.address}/#/${path}`);
    await settled(page, decodeURIComponent(path));
    const content = await page.locator("main").textContent();
    for (const one of HOSTILE) if (content.includes(one)) seen.add(one);
    assert.equal(await page.evaluate(() => window.carriedOut), undefined, `${path}: something stored was carried out`);
    assert.equal(await page.locator("main script, main iframe, main img[onerror], main [onload], main [ontoggle], main a[href^='javascript:' i]").count(), 0, path);
}

for (const role of ROLES)
    test(`${role}: every page, in both languages`, async () => {
        for (const locale of ["sv-SE", "en-GB"]) {
            const page = await loggedIn(browser, rond, people[role], { locale });
            await page.addInitScript(() => (window.xss = () => (window.carriedOut = true)));
            if (locale === "sv-SE") await page.setViewportSize({ width: NARROW, height: 800 });
            await page.reload();
            const refused = locale === "sv-SE" ? "Det ingår inte i din roll." : "Your role does not include this.";
            for (const path of paths) {
                await visit(page, path);
                const rule = MAY[path.split("/")[0]];
                if (rule) assert.equal((await page.locator("main").textContent()).includes(refused), !rule.includes(role), `${path} for ${role}`);
                await (locale === "en-GB" ? accessible(page) : fits(page));
            }
            await page.context().close();
        }
    });

test("what was stored was there to be seen, as the text that it is", () => {
    assert.ok(seen.size >= 10, `only ${[...seen].join(" ")}`);
});

test("nothing stored becomes markup where no script is, either", async () => {
    const page = await browser.newPage({ ignoreHTTPSErrors: true });
    await page.addInitScript(() => (window.xss = () => (window.carriedOut = true)));
    for (const path of ["/public", "/public/lund-2014-trafik", "/public/" + encodeURIComponent(text(1)), "/login", "/setup", "/accessibility"]) {
        await page.goto(rond.address + path);
        assert.equal(await page.evaluate(() => window.carriedOut), undefined, path);
        assert.equal(await page.locator("script:not([src]), iframe, img[onerror]").count(), 0, path);
        await page.setViewportSize({ width: NARROW, height: 800 });
        if (await page.evaluate(() => document.contentType === "text/html")) await accessible(page);
    }
    await page.close();
});
