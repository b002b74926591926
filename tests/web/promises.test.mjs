import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { transformSync } from "../../server/web/node_modules/esbuild/lib/main.js";
import { accessible, browse, complaints, loggedIn, Rond, root } from "./rond.mjs";

let rond, browser, editor, page;
const XSS = `<img src=x onerror="document.title='taken'"><script>alert(1)</script>`;

const check = (day, ...more) => ["check", "--of", "cyclist_behaviour", "--form", "targeted", "--checked", "5", "--place", "stortorget", "--from", `${day} 14:00`, "--to", "15:00", ...more];

before(async () => {
    rond = await Rond.open();
    rond.enrol("patrol-1", "polisen", "police_officer");
    for (const day of ["2015-03-02", "2015-05-04", "2015-06-08"]) rond.report("patrol-1", ...check(day));
    rond.report("patrol-1", "patrol", "--place", "lund-c-stationen", "--from", "2015-05-08 21:00", "--to", "2015-05-08 23:30", "--persons", "police_officer=2");
    rond.report("patrol-1", "meeting", "--with", "taxi_trade", "--from", "2015-05-05 10:00", "--to", "2015-05-05 11:00");
    rond.report("patrol-1", "walk", "--unsafe", "place=bangatan,cause=dark,responsible=lunds-kommun,action=lamps,due=2015-06-30", "--from", "2015-05-06 18:00", "--to", "2015-05-06 19:00");
    rond.report("patrol-1", "handout", "--item", "lights=4", "--from", "2015-10-06 18:00", "--to", "2015-10-06 19:00");
    rond.report("patrol-1", "inventory", "--of", "traffic_signs", "--surveyed", "4", "--from", "2015-05-06 08:00", "--to", "2015-05-06 09:00");
    rond.sync("patrol-1");
    browser = await browse();
    editor = await rond.person("editor", "administrator");
    rond.ctl("person", "grant", "editor", "--role", "area_chief", "--organisation", "polisen", "--area", "lund");
    page = await loggedIn(browser, rond, editor);
});
after(async () => {
    await browser?.close();
    await rond?.close();
    assert.deepEqual(complaints, []);
});

const open = (where) => page.goto(`${rond.address}/#/${where}`);
const card = (number) => page.locator(`[id="at-commitments[${number}]"]`);
const named = (number, label) => card(number).getByLabel(label, { exact: true });
const figure = (id) => page.locator(`tr[data-commitment="${id}"]`);
async function add(number, title, shape) {
    if (number > 0) await page.getByRole("button", { name: "Lägg till åtagande" }).click();
    await named(number, "Rubrik på svenska").fill(title);
    await named(number, "Sorts åtagande").selectOption({ label: shape });
}
const unfold = (number, label) => card(number).getByText(label, { exact: true }).click();

test("a promise with every shape is made by the form, tried on real reports, saved, and stands in the ledger", async () => {
    await open("promises");
    await page.getByRole("link", { name: "Nytt löfte" }).click();
    await page.getByLabel("Rubrik på svenska").first().fill("Trygg höst");
    await page.getByLabel("Första dagen").fill("2015-01-01");
    await page.getByLabel("Sista dagen").fill("2015-12-31");
    await page.getByRole("group", { name: "Parter" }).getByLabel("polisen").check();

    await add(0, "Kontroller", "Minst ett antal");
    await named(0, "Minst").fill("0");
    await named(0, "Av vad").selectOption("cyclist_behaviour");
    await page.getByRole("button", { name: "Kontrollera och förhandsvisa" }).click();
    await card(0).getByText("ska vara minst 1.").waitFor();
    assert.equal(await named(0, "Minst").getAttribute("aria-invalid"), "true");
    await accessible(page);
    await named(0, "Minst").fill("4");
    await unfold(0, "Bara på vissa platser eller med vissa uppgifter");
    await card(0).getByRole("group", { name: "Platser", exact: true }).getByLabel("stortorget").check();
    await named(0, "Lägg till villkor").selectOption("role");
    await card(0).getByRole("group", { name: "Rapportörens roll" }).getByLabel("polis", { exact: true }).check();
    await unfold(0, "Platser som måste vara med");
    await card(0).getByRole("group", { name: "Platser som måste vara bland dem" }).getByLabel("stortorget").check();

    await add(1, "Inventering", "En gång");
    await named(1, "Slag av rapport").selectOption("inventory");
    await add(2, "Höstkampanj", "Kampanj av flera delar");
    await card(2).getByLabel("Slag av rapport").selectOption("campaign_handout");
    await card(2).getByRole("group", { name: "Utdelat" }).getByLabel("lights").check();
    await unfold(2, "Bara en del av året");
    await named(2, "Från dag").fill("09-01");
    await named(2, "Till dag").fill("11-30");
    await add(3, "Möten", "Så ofta");
    await named(3, "Slag av rapport").selectOption("meeting");
    await named(3, "Antal varje gång").fill("1");
    await named(3, "Varje").selectOption("tertial");
    await named(3, "Hur noga").selectOption("about");
    await add(4, "Närvaro", "Närvaro på tider");
    await card(4).getByLabel("Plats", { exact: true }).selectOption("lund-c-stationen");
    await named(4, "Från").fill("20:00");
    await named(4, "Till").fill("02:00");
    await named(4, "Minuter varje gång").fill("60");
    await card(4).getByRole("group", { name: "Veckodagar" }).getByLabel("Fre").check();
    await add(5, "Vandringar", "Utan mål");
    await named(5, "Slag av rapport").selectOption("safety_walk");
    await unfold(5, "Vem som gör det");
    await named(5, "Görs av en ensam").selectOption("polisen");
    await add(6, "Åtgärder", "Otrygga platser åtgärdade");
    await named(6, "Platser från").selectOption("vandringar");

    await page.getByRole("button", { name: "Kontrollera och förhandsvisa" }).click();
    await figure("kontroller").waitFor();
    assert.match(await figure("kontroller").textContent(), /3 av minst 4/);
    assert.match(await figure("inventering").textContent(), /1/);
    assert.match(await figure("hostkampanj").textContent(), /Uppfyllt/);
    assert.match(await figure("narvaro").textContent(), /1 av/);
    assert.match(await figure("vandringar").textContent(), /1/);
    assert.match(await figure("atgarder").textContent(), /0 av 1/);
    assert.equal(await page.getByText("8 rapporter från").count(), 1);
    await figure("kontroller").getByText("Visa rapporter").click();
    await figure("kontroller").getByRole("link").first().waitFor();
    assert.equal(await figure("kontroller").getByRole("link").count(), 3);
    assert.match(await figure("kontroller").getByRole("link").first().getAttribute("href"), /^#\/reports\//);
    await accessible(page);

    await page.reload(); // what was typed is still there
    await page.getByText("Det du skrivit är inte sparat.").waitFor();
    assert.equal(await named(3, "Varje").inputValue(), "tertial");
    await page.getByRole("button", { name: "Spara", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "Trygg höst" }).waitFor();
    assert.equal(await page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.startsWith("rond.promise")).length), 0);
    const progress = JSON.parse(rond.ctl("--json", "progress", "--area", "lund").trim().split("\n").at(-1));
    const ours = progress.areas[0].promises.find((one) => one.promise === "trygg-host");
    assert.equal(ours.commitments.length, 7);
    assert.equal(ours.commitments[0].done, 3);
    await open("ledger");
    await page.getByText("3 av minst 4", { exact: false }).first().waitFor();
});

test("every fault that the promise file's reader finds is told in Swedish", async () => {
    const { code } = transformSync(readFileSync(join(root, "server/web/src/pages/promises/faults.words.ts"), "utf8"), { loader: "ts" });
    const { faultInSwedish } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    const directory = join(root, "server/promise");
    const sources = readdirSync(directory).filter((name) => name.endsWith(".c")).map((name) => readFileSync(join(directory, name), "utf8"));
    const calls = sources.flatMap((source) => source.match(/yaml_fault\([^]*?\);/g) ?? []);
    const sentences = calls.flatMap((call) => call.match(/"(\\.|[^"\\])*"/g) ?? []).map((literal) => JSON.parse(literal));
    const said = sentences.filter((text) => /[a-z]{2} |[a-z]{4}/.test(text) && ![" and season", "unreadable"].includes(text)).map((text) => text.replace(/%(\d+|\.\d+)?(zu|lld|[du])/g, "3").replace(/%(\.\d+)?s/g, "word"));
    assert.ok(said.length > 50, `${said.length}`);
    assert.deepEqual(said.filter((text) => !faultInSwedish(text)), []);
});

test("a file with faults names line and field, and nothing of it is put; a good one is", async () => {
    await open("promises/import");
    const text = readFileSync(join(root, "tests/fixtures/lund-2015.yaml"), "utf8");
    const put = (name, content) => (writeFileSync(join(rond.directory, name), content), page.getByLabel("Fil").setInputFiles(join(rond.directory, name)));
    await put("broken.yaml", text.replace("target: 10", "target: many"));
    const row = page.getByRole("row", { name: /commitments\[1\]\.target/ });
    await row.waitFor();
    assert.match(await row.textContent(), /^18promises\[0\]\.commitments\[1\]\.targetska vara ett heltal/);
    assert.equal(await page.getByRole("button", { name: "Läs in" }).count(), 0);
    await accessible(page);
    await put("good.yaml", text.replace("target: 10", "target: 12"));
    await page.getByText("finns redan i version 1").first().waitFor();
    await page.getByRole("button", { name: "Läs in" }).click();
    await page.getByText("2 löften är inlästa.").waitFor();
    assert.match(rond.ctl("promise", "show", "lund-2015-trafik"), /minst 12|12/);
});

test("what is exported and imported again changes nothing", async () => {
    await open("promises");
    const history = () => rond.ctl("--json", "promise", "history", "trygg-host");
    const earlier = history();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Hämta Trygg höst som fil" }).click()]);
    assert.equal(download.suggestedFilename(), "trygg-host.yaml");
    const path = join(rond.directory, "again.yaml");
    await download.saveAs(path);
    assert.match(readFileSync(path, "utf8"), /title_sv: Trygg höst/);
    await open("promises/import");
    await page.getByLabel("Fil").setInputFiles(path);
    await page.getByRole("button", { name: "Läs in" }).click();
    await page.getByText("1 löfte är inläst.").waitFor();
    assert.equal(history(), earlier);
});

test("what somebody typed into a title stays text", async () => {
    await open("promises/edit/trygg-host");
    await page.getByLabel("Rubrik på engelska").first().fill(XSS);
    await named(0, "Rubrik på svenska").fill(XSS);
    await page.getByRole("button", { name: "Spara", exact: true }).click();
    await page.getByText("Sparat som version 2.").waitFor();
    await page.getByRole("heading", { level: 3, name: XSS }).waitFor();
    assert.notEqual(await page.title(), "taken");
    await page.getByRole("button", { name: "In English" }).click();
    await page.getByRole("heading", { level: 1, name: XSS }).waitFor();
    await page.getByRole("button", { name: "På svenska" }).click();
    assert.equal(await page.locator("main img").count(), 0);
});

test("of two who change the same promise the second is told, sees what differs, and loses nothing", async () => {
    const other = await loggedIn(browser, rond, editor);
    await other.goto(`${rond.address}/#/promises/edit/trygg-host`);
    await open("promises/edit/trygg-host");
    await other.getByLabel("Sista dagen").fill("2015-11-30");
    await named(0, "Minst").fill("9");
    await page.getByRole("button", { name: "Spara", exact: true }).click();
    await page.getByText("Sparat som version 3.").waitFor();
    await other.getByRole("button", { name: "Spara", exact: true }).click();
    await other.getByRole("heading", { name: "Löftet har ändrats av någon annan" }).waitFor();
    await other.getByText(/^editor sparade version 3/).waitFor();
    await other.getByRole("row", { name: /^Period › Till.*31 dec\. 2015.*30 nov\. 2015/ }).waitFor();
    const difference = other.getByRole("row", { name: /Åtaganden › .* › Minst/ });
    assert.match(await difference.textContent(), /94$/); // the saved one, one's own
    assert.equal(await other.getByLabel("Sista dagen").inputValue(), "2015-11-30");
    await accessible(other);
    await other.getByRole("button", { name: "Fortsätt med min" }).click();
    await other.locator('[id="at-commitments[0].target"]').fill("9");
    await other.getByRole("button", { name: "Spara", exact: true }).click();
    await other.getByText("Sparat som version 4.").waitFor();
    // Who has typed nothing has the newer one before them by itself.
    await page.waitForFunction(() => document.getElementById("at-period.to").value === "2015-11-30");
    await other.context().close();
});

// Sent by a page that does not keep to what it offers.
const sends = (page, body) =>
    page.evaluate(async (body) => {
        const { csrf } = await (await fetch("/api/v1/session")).json();
        const answer = await fetch("/api/v1/promises/save", { method: "POST", headers: { "Content-Type": "application/json", "X-Rond-CSRF": csrf }, body: JSON.stringify(body) });
        return { status: answer.status, ...(await answer.json()) };
    }, body);

test("a chief writes, tries and saves a promise of the own area, and none of another's", async () => {
    rond.ctl("promise", "import", "tests/fixtures/strangnas-2019.yaml");
    const listed = (promise) => JSON.parse(rond.ctl("--json", "promise", "list").split("\n").find((line) => line.includes(promise)));
    const theirs = listed('"area":"strangnas"');
    const own = await loggedIn(browser, rond, await rond.person("chief", "area_chief", "--organisation", "polisen", "--area", "lund"));
    await own.goto(`${rond.address}/#/promises`);
    await own.getByRole("link", { name: "Nytt löfte" }).click();
    assert.equal(await own.getByRole("link", { name: "Läs in en fil" }).count(), 0); // the administrator's
    assert.deepEqual(await own.getByLabel("Område").locator("option").allTextContents(), ["Lund"]);
    await own.getByLabel("Rubrik på svenska").first().fill("Lugn vår");
    await own.getByLabel("Första dagen").fill("2015-01-01");
    await own.getByLabel("Sista dagen").fill("2015-06-30");
    await own.getByRole("group", { name: "Parter" }).getByLabel("polisen").check();
    const first = own.locator('[id="at-commitments[0]"]');
    await first.getByLabel("Rubrik på svenska", { exact: true }).fill("Kontroller");
    await first.getByLabel("Minst", { exact: true }).fill("0");
    await own.getByRole("button", { name: "Spara", exact: true }).click(); // what is wrong is said next to its field
    await first.getByText("ska vara minst 1.").waitFor();
    await first.getByLabel("Minst", { exact: true }).fill("2");
    await own.getByRole("button", { name: "Kontrollera och förhandsvisa" }).click();
    await own.locator('tr[data-commitment="kontroller"]').getByText("3 av minst 2").waitFor();
    await own.getByRole("button", { name: "Spara", exact: true }).click();
    await own.getByRole("heading", { level: 1, name: "Lugn vår" }).waitFor();
    assert.match(rond.ctl("audit"), /person:chief +promise\.save +area=lund promise=lugn-var version=1/);

    const { promise, version } = listed("lugn-var");
    const mine = { id: promise, title_sv: "Lugn vår", period: { from: "2015-01-01", to: "2015-06-30" }, parties: ["polisen"], commitments: [{ id: "moten", title_sv: "Möten", measure: "at_least", target: 1, kind: "meeting" }] };
    const moved = await sends(own, { area: "strangnas", promise: mine, expected_versions: { [promise]: version } });
    const taken = await sends(own, { area: "lund", promise: { ...mine, id: theirs.promise }, expected_versions: { [theirs.promise]: theirs.version } });
    assert.deepEqual([moved.status, taken.status], [404, 404]);
    assert.equal(moved.detail, taken.detail);
    assert.equal((await sends(own, { area: "lund", promise: mine, expected_versions: { [promise]: version } })).version, version + 1);
    await own.context().close();
});

// What reaches over the edge of the page, and may not be scrolled on its own.
function wide() {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > width + 1).map((one) => one.outerHTML.slice(0, 120));
}

test("the editor can be used by everybody; who may not save is not asked to", async () => {
    for (const [colorScheme, width] of [["light", 1280], ["dark", 360]]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        for (const where of ["promises", "promises/edit/trygg-host", "promises/import"]) {
            await open(where);
            await page.getByRole("heading", { level: 1 }).waitFor();
            await page.locator(where === "promises" ? "table" : where.endsWith("import") ? "#import-file" : ".editor").first().waitFor();
            await accessible(page);
            assert.deepEqual(await page.evaluate(wide), [], where);
        }
    }
    const coordinator = await loggedIn(browser, rond, await rond.person("coord", "coordinator", "--organisation", "lunds-kommun", "--area", "lund"), { locale: "en-GB" });
    await coordinator.goto(`${rond.address}/#/promises/edit/trygg-host`);
    await coordinator.getByRole("button", { name: "Check and preview" }).click();
    await coordinator.getByRole("region", { name: "What would have counted" }).waitFor();
    assert.equal(await coordinator.getByRole("button", { name: "Save", exact: true }).count(), 0);
    await coordinator.getByRole("button", { name: "Download the draft as a file" }).waitFor();
    const viewer = await loggedIn(browser, rond, await rond.person("viewer", "partner_viewer", "--organisation", "jernhusen", "--area", "lund"), { locale: "en-GB" });
    await viewer.goto(`${rond.address}/#/promises`);
    await viewer.getByRole("heading", { level: 1, name: "What is promised" }).waitFor();
    assert.equal(await viewer.getByRole("navigation").getByRole("link", { name: "Edit promises" }).count(), 0);
    await viewer.getByRole("link", { name: "Trygg höst" }).or(viewer.getByRole("link", { name: XSS })).first().click();
    await viewer.getByText("id: trygg-host").waitFor();
    assert.equal(await viewer.getByRole("main").getByRole("button").count(), 0);
    await accessible(viewer);
});
