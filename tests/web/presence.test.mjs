// Presence promised against done by the hours of the week, and where and when nobody was seen.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { accessible, fillsWall, browse, complaints, loggedIn, Rond, root } from "./rond.mjs";

let rond, browser, chief, partner, auditor;
const patrol = (from, to, persons = 2) => {
    const options = ["--place", "lund-c-stationen", "--from", from, "--to", to, "--persons", `police_officer=${persons}`];
    return rond.report("patrol-1", "patrol", ...options);
};
const MAY = "from=2015-05-01&to=2015-05-31";

before(async () => {
    rond = await Rond.open();
    rond.enrol("patrol-1", "polisen", "police_officer");
    patrol("2015-05-08 23:00", "2015-05-09 01:00"); // Friday's window, over midnight
    patrol("2015-05-15 20:10", "2015-05-15 20:40");
    patrol("2015-05-12 07:00", "2015-05-12 07:30");
    rond.sync("patrol-1");
    browser = await browse();
    chief = await rond.person("chief", "area_chief", "--organisation", "polisen", "--area", "lund");
    partner = await rond.person("partner", "partner_viewer", "--organisation", "jernhusen", "--area", "lund");
    auditor = await rond.person("auditor", "auditor", "--organisation", "*", "--area", "*");
});
after(async () => {
    await browser?.close();
    await rond?.close();
    assert.deepEqual(complaints, []);
});

const open = async (page, query) => {
    await page.goto(`${rond.address}/#/presence?${query}`);
    await page.locator(".heat-map").waitFor();
};
// A cell by its hour and the number of its day from Monday on, 1.
const cell = (page, hour, day) => page.locator(".heat-map tbody tr", { hasText: hour }).locator("td").nth(day - 1);

test("a cell says what was promised and done on that hour of the week, over midnight too", async () => {
    const page = await loggedIn(browser, rond, chief);
    await page.getByRole("link", { name: "Närvaro", exact: true }).click();
    await page.locator("h1", { hasText: "Närvaro" }).waitFor();
    await open(page, MAY);
    // Of five Fridays and five windows of six hours with 60 minutes each: 10 minutes fall on each hour.
    assert.match(await cell(page, "23:00", 5).textContent(), /60 av 50 minuter, någon sågs vid 1 av 5 tillfällen/);
    assert.match(await cell(page, "23:00", 5).textContent(), /^120\s%/);
    assert.match(await cell(page, "00:00", 6).textContent(), /60 av 50 minuter/);
    assert.match(await cell(page, "20:00", 5).textContent(), /30 av 50 minuter/);
    assert.match(await cell(page, "22:00", 5).textContent(), /^✕ingen/);
    assert.match(await cell(page, "22:00", 1).textContent(), /^inget utlovat$/);
    assert.equal(await page.locator(".heat-map .heat-full").count(), 2);
    await page.context().close();
});

test("where and when nobody was seen is told by day, and for the hours of the week", async () => {
    const page = await loggedIn(browser, rond, chief);
    await open(page, "from=2015-05-08&to=2015-05-16");
    const gaps = page.locator(".gaps").first().locator("li");
    assert.ok((await gaps.allTextContents()).includes("lördag 16 maj 2015, 20:00–02:00"));
    assert.ok(!(await gaps.allTextContents()).some((text) => text.includes("8 maj 2015, 20:00")));
    await page.locator(".gaps").last().locator("li", { hasText: "måndag 06:00–09:00, 1 gång" }).waitFor();
    await page.context().close();
});

test("a patrol that comes in fills its gap without a reload", async () => {
    const page = await loggedIn(browser, rond, chief);
    await open(page, "from=2015-06-05&to=2015-06-05");
    await page.locator(".live.on").waitFor();
    assert.match(await cell(page, "22:00", 5).textContent(), /ingen/);
    patrol("2015-06-05 22:00", "2015-06-05 23:00");
    rond.sync("patrol-1");
    await page.locator(".heat-map .heat-full").waitFor();
    assert.match(await cell(page, "22:00", 5).textContent(), /60 av 10 minuter/);
    await page.context().close();
});

test("the period is kept in the address; what is wrong with it stands beside its field", async () => {
    const page = await loggedIn(browser, rond, chief, { locale: "en-GB" });
    await open(page, MAY);
    const to = page.getByLabel("To", { exact: true });
    await to.fill("2015-04-01");
    await page.locator(".field .fault", { hasText: "The period ends before it begins." }).waitFor();
    assert.equal(await to.inputValue(), "2015-04-01");
    assert.equal(await to.getAttribute("aria-invalid"), "true");
    assert.match(page.url(), /to=2015-04-01/);
    await to.fill("2015-05-31");
    await page.locator(".heat-map").waitFor();
    await page.goto(`${rond.address}/#/presence?from=nonsense`);
    await page.locator(".field .fault", { hasText: "There is no such day." }).waitFor();
    await page.goto(`${rond.address}/#/presence?from=2026-01-01&to=2026-02-01`);
    await page.locator(".card", { hasText: "No promised time has passed in that period." }).waitFor();
    await page.goto(`${rond.address}/#/presence?area=ystad`);
    await page.locator("[role=alert]").waitFor();
    await page.context().close();
});

test("it leads to the evidence, and a partner sees the same figures", async () => {
    const page = await loggedIn(browser, rond, partner);
    await open(page, MAY);
    assert.match(await cell(page, "23:00", 5).textContent(), /60 av 50 minuter/);
    assert.ok(!(await page.content()).includes("patrol-1"));
    await page.getByRole("link", { name: /^Underlag/ }).click();
    await page.locator(".figure-big").waitFor();
    await page.context().close();
});

test("an hour opens into the reports of that hour, over midnight too", async () => {
    const page = await loggedIn(browser, rond, chief);
    await open(page, MAY);
    await cell(page, "00:00", 6).getByRole("link").click(); // what began on Friday evening
    await page.getByText(/^Bara en del: Lund C, lör 00:00–01:00, 1 maj 2015 – 31 maj 2015\./).waitFor();
    const rows = page.locator("ul.rows > li");
    await rows.first().waitFor();
    assert.equal(await rows.count(), 1);
    assert.match(await rows.textContent(), /23:00/);
    await page.getByRole("link", { name: "Visa alla rapporter" }).click();
    await page.waitForFunction(() => document.querySelectorAll("ul.rows > li").length > 1);
    const all = await rows.count();
    await page.getByRole("link", { name: /rapporterna bakom: Lund C, fre, lör 20:00–02:00/ }).click();
    const isFewer = (count) => document.querySelectorAll("ul.rows > li").length > 1 && document.querySelectorAll("ul.rows > li").length < count;
    await page.waitForFunction(isFewer, all);
    await page.context().close();
});

test("who has no figures to see has no such page", async () => {
    const page = await loggedIn(browser, rond, auditor);
    assert.equal(await page.getByRole("link", { name: "Närvaro", exact: true }).count(), 0);
    await page.goto(`${rond.address}/#/presence`);
    await page.locator(".state", { hasText: "Det ingår inte i din roll." }).waitFor();
    await page.context().close();
});

for (const [name, options] of Object.entries({
    "light and wide": { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
    "dark and narrow": { viewport: { width: 360, height: 740 }, colorScheme: "dark", locale: "en-GB" },
}))
    test(`it is accessible and fits: ${name}`, async () => {
        // Another promise, so that one chooses by titles, which are long.
        const another = join(rond.directory, "lund-2014.yaml");
        writeFileSync(another, readFileSync(join(root, "tests/fixtures/lund-2015.yaml"), "utf8").replaceAll("2015", "2014"));
        rond.ctl("promise", "import", another);
        const page = await loggedIn(browser, rond, chief, options);
        await open(page, MAY);
        await page.locator(".filters select").first().waitFor();
        if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/presence-${options.colorScheme}.png`, fullPage: true });
        await page.locator("details", { hasText: /Alla siffror|All figures/ }).locator("summary").click();
        await accessible(page);
        if (options.colorScheme === "light") await fillsWall(page);
        await page.context().close();
    });
