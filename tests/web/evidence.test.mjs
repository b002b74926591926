// From a figure to the reports behind it, and from a report to its chain, its corrections and its text.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { accessible, browse, complaints, loggedIn, Rond } from "./rond.mjs";

let rond, browser, chief, partner;
const refs = {};
const check = (day, ...more) => [
    ...["check", "--of", "cyclist_behaviour", "--form", "targeted", "--checked", "5", "--place", "stortorget"],
    ...["--from", `${day} 14:00`, "--to", `${day} 15:00`, ...more],
];
const TEXT = "Mest unga på elsparkcykel.";

before(async () => {
    rond = await Rond.open();
    rond.enrol("patrol-1", "polisen", "police_officer");
    for (const [name, day] of Object.entries({ first: "2015-02-04", second: "2015-03-20", outside: "2014-12-04", taken: "2015-06-01" }))
        refs[name] = rond.report("patrol-1", ...check(day));
    refs.text = rond.report("patrol-1", ...check("2015-08-04", "--text", TEXT));
    rond.report("patrol-1", "patrol", "--place", "lund-c-stationen", "--from", "2015-05-08 21:00", "--to", "2015-05-08 23:30", "--persons", "police_officer=2");
    rond.sync("patrol-1");
    refs.correction = JSON.parse(rond.held("patrol-1", "--json", "correct", refs.second, ...check("2015-03-21"))).reference;
    rond.held("patrol-1", "withdraw", refs.taken);
    rond.sync("patrol-1");
    browser = await browse();
    chief = await rond.person("chief", "area_chief", "--organisation", "polisen", "--area", "lund");
    partner = await rond.person("partner", "partner_viewer", "--organisation", "jernhusen", "--area", "lund");
});
after(async () => {
    await browser?.close();
    await rond?.close();
    assert.deepEqual(complaints, []);
});

const rows = (page) => page.locator("ul.rows > li");

test("every report behind a figure is there, with the reason where it does not count", async () => {
    const page = await loggedIn(browser, rond, chief);
    await page.locator("li.commitment a", { hasText: "cykel" }).click();
    await rows(page).nth(5).waitFor();
    assert.equal(await page.locator(".figure-big").textContent(), "3 av 10");
    assert.equal(await rows(page).count(), 6);
    await rows(page).filter({ hasText: refs.second }).filter({ hasText: "En rättelse gäller i stället." }).waitFor();
    await rows(page).filter({ hasText: refs.taken }).filter({ hasText: "Rapporten är återtagen." }).waitFor();
    await rows(page).filter({ hasText: refs.outside }).filter({ hasText: "utanför löftets period" }).waitFor();
    await page.selectOption(".filters select", "counted");
    await page.waitForFunction(() => document.querySelectorAll("ul.rows > li").length === 3);
    await page.selectOption(".filters select", "not_counted");
    await page.waitForFunction(() => document.querySelectorAll("ul.rows > li .not").length === 3);
    assert.match(page.url(), /which=not_counted/);
    await page.context().close();
});

test("the course is drawn, and is a table for whoever does not see it", async () => {
    const page = await loggedIn(browser, rond, chief);
    await page.goto(rond.address + "/#/commitments/lund-2015-trafik/cykel");
    await page.getByText("En tryggare trafiksituation (2015)").waitFor();
    await page.locator(".chart canvas").waitFor();
    await page.locator(".figure-chart summary").click();
    const last = page.locator(".figure-chart tbody tr").last();
    assert.deepEqual(await last.locator("th, td").allTextContents(), ["31 dec. 2015", "3", "10"]);
    await page.locator(".figure-chart summary").focus();
    await accessible(page);
    await page.goto(rond.address + "/#/commitments/lund-2015-station/narvaro");
    await page.locator("table", { hasText: "Utlovade tider" }).locator("tbody tr").first().waitFor();
    await page.context().close();
});

test("a report that comes in is in the list without a reload", async () => {
    const page = await loggedIn(browser, rond, chief);
    await page.goto(rond.address + "/#/commitments/lund-2015-trafik/cykel");
    await page.locator(".live.on").waitFor();
    await rows(page).nth(5).waitFor();
    const newest = rond.report("patrol-1", ...check("2015-09-01"));
    rond.sync("patrol-1");
    await rows(page).filter({ hasText: newest }).waitFor();
    await page.locator(".figure-big", { hasText: "4 av 10" }).waitFor();
    await page.context().close();
});

test("a correction is history: what was said before and after, and which of the two stands", async () => {
    const page = await loggedIn(browser, rond, chief);
    await page.goto(`${rond.address}/#/reports/${refs.second}`);
    const steps = page.locator(".history > li");
    await steps.nth(1).waitFor();
    assert.match(await steps.nth(1).textContent(), /20 mars 2015.*21 mars 2015/);
    await steps.nth(1).locator("a", { hasText: refs.correction }).click();
    await page.locator("h1", { hasText: refs.correction }).waitFor();
    await page.locator("section", { hasText: "Vad den räknas mot" }).locator("li", { hasText: "cykel" }).locator(".counts", { hasText: "Räknas." }).waitFor();
    await page.locator("dt", { hasText: "Sändning" }).waitFor();
    await accessible(page);
    await page.context().close();
});

// Its terms and what stands there.
const facts = (section) =>
    section.locator(".fact").evaluateAll((all) => Object.fromEntries(all.map((fact) => [fact.querySelector("dt").textContent, fact.querySelector("dd").textContent])));

test("what the device's receipt states is what the device holds, and the report is under it", async () => {
    const page = await loggedIn(browser, rond, chief, { locale: "en-GB" });
    rond.sync("patrol-1");
    const held = JSON.parse(rond.held("patrol-1", "--json", "receipt", refs.first));
    await page.goto(`${rond.address}/#/reports/${refs.first}`);
    const section = page.locator("section[aria-labelledby=receipt]");
    await section.getByText(`everything up to number ${held.watermark}. The report is number 1 and is covered.`).waitFor();
    await section.getByText("has been in touch after the report was received").waitFor();
    const stated = await facts(section);
    assert.equal(stated["Covers up to"], `number ${held.watermark}`);
    assert.equal(stated["Head of the chain there"], held.head);
    assert.equal(stated["Outbox"], held.outbox);
    assert.equal(stated["The server's store"], held.store);
    assert.equal(stated["Epoch of the store"], String(held.epoch));
    assert.equal(stated["Certificate of the key (SHA-256)"], createHash("sha256").update(Buffer.from(held.certificate, "base64")).digest("hex"));
    assert.match(stated["Has stood since"], /\d/);
    await page.context().close();
});

test("whether a device has the receipt is said only where it is known", async () => {
    rond.enrol("patrol-2", "polisen", "police_officer");
    const reference = rond.report("patrol-2", ...check("2015-10-01"));
    rond.sync("patrol-2");
    const page = await loggedIn(browser, rond, chief);
    const section = page.locator("section[aria-labelledby=receipt]");
    await page.goto(`${rond.address}/#/reports/${reference}`);
    await section.getByText("Enheten har inte hört av sig sedan dess").waitFor();
    await accessible(page);
    rond.sync("patrol-2");
    await page.reload();
    await section.getByText("Sedan dess ska den ha kvittot").waitFor();
    const changed = (with_) => async (route) => {
        const answer = await route.fetch();
        const body = await answer.json();
        await route.fulfill({ response: answer, json: { ...body, receipt: with_ && { ...body.receipt, ...with_ } } });
    };
    for (const [with_, sentence] of [
        [{ key: null }, "Servern ger inga kvitton"],
        [{ covers: false, watermark: 0 }, "Enheten har inte fått något kvitto som täcker rapporten."],
        [null, "det finns inget kvitto"],
    ]) {
        await page.route("**/api/v1/reports/**", changed(with_));
        await page.reload();
        await section.getByText(sentence).waitFor();
        await page.unroute("**/api/v1/reports/**");
    }
    await page.context().close();
});

test("a text is shown to whoever says why, and that it was read is kept", async () => {
    const page = await loggedIn(browser, rond, chief);
    await page.goto(`${rond.address}/#/reports/${refs.text}`);
    await page.getByRole("button", { name: "Läs texten" }).click();
    assert.ok(!(await page.content()).includes(TEXT));
    await accessible(page);
    const dialog = page.locator("dialog");
    await dialog.getByRole("button", { name: "Läs texten" }).click();
    await dialog.locator(".fault", { hasText: "Skriv varför." }).waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Läs texten"); // the focus came back
    await page.keyboard.press("Enter");
    await dialog.locator("input").fill("Uppföljning med kommunen");
    await page.keyboard.press("Enter");
    await page.locator("dd", { hasText: TEXT }).waitFor();
    assert.match(rond.ctl("--json", "audit"), /Uppföljning med kommunen/);
    await page.context().close();
});

test("a partner sees the figure and its own reports, and no other's", async () => {
    const page = await loggedIn(browser, rond, partner, { locale: "en-GB" });
    await page.goto(rond.address + "/#/commitments/lund-2015-trafik/cykel");
    await page.locator(".state", { hasText: "No such reports." }).waitFor();
    await page.goto(`${rond.address}/#/reports/${refs.text}`);
    await page.locator("[role=alert]").waitFor();
    assert.ok(!(await page.content()).includes("patrol-1"));
    await page.context().close();
});

test("what is not there is said plainly, and what the server cannot be asked for can be asked for again", async () => {
    const page = await loggedIn(browser, rond, chief);
    await page.goto(`${rond.address}/#/reports/000000-01-1`);
    await page.locator("[role=alert]").waitFor();
    await page.goto(`${rond.address}/#/commitments/lund-2015-trafik/flyg`);
    await page.locator("[role=alert]").waitFor();
    await page.route("**/api/v1/reports/**", (route) => route.abort());
    await page.goto(`${rond.address}/#/reports/${refs.first}`);
    await page.locator("[role=alert]", { hasText: "går inte att nå" }).waitFor();
    await page.unroute("**/api/v1/reports/**");
    await page.getByRole("button", { name: "Försök igen" }).click();
    await page.locator("h1", { hasText: "Kontroll" }).waitFor();
    await page.context().close();
});
