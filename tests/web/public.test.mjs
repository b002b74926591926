// The public's pages: read without a log-in and without script, on a phone, in the dark and on paper.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { accessible, browse, complaints, NARROW, Rond, watch } from "./rond.mjs";

let rond, browser;
const SHOTS = process.env.SHOTS; // a folder, for whoever wants to look

before(async () => {
    rond = await Rond.open("[public]\nenabled = yes\n");
    rond.enrol("patrol-1", "polisen", "police_officer");
    const check = (day) => rond.report("patrol-1", ...["check", "--of", "cyclist_behaviour", "--form", "targeted", "--checked", "5"], "--place", "stortorget", "--from", `${day} 14:00`, "--to", `${day} 15:00`);
    for (const day of ["2015-02-04", "2015-03-20", "2015-06-02"]) check(day);
    rond.sync("patrol-1");
    rond.ctl("followup", "publish", "lund-2015-trafik", "--tertial", "2015-T1");
    check("2015-04-04");
    rond.sync("patrol-1");
    rond.ctl("followup", "publish", "lund-2015-trafik", "--tertial", "2015-T1", "--restate");
    await rond.restart();
    await rond.until("/public");
    browser = await browse();
});
after(async () => {
    await browser?.close();
    await rond?.close();
    assert.deepEqual(complaints, []);
});

async function opened(path, options = {}) {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: "sv-SE", ...options });
    const page = await context.newPage();
    watch(page);
    await page.goto(rond.address + path);
    return page;
}
async function shot(page, name) {
    if (SHOTS) mkdirSync(SHOTS, { recursive: true });
    if (SHOTS) await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}
const PAGES = { list: "/public", promise: "/public/lund-2015-trafik", statement: "/public/lund-2015-trafik/2015-T1/2", accessibility: "/accessibility" };

test("every page can be used by everybody, light and dark, on a phone and on a desk", async () => {
    for (const [name, path] of Object.entries(PAGES))
        for (const colorScheme of ["light", "dark"])
            for (const width of [NARROW, 1280]) {
                const page = await opened(path, { colorScheme, viewport: { width, height: 900 } });
                await accessible(page);
                const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
                assert.equal(ground, colorScheme === "dark" ? "rgb(17, 22, 28)" : "rgb(255, 255, 255)");
                await shot(page, `${name}-${colorScheme}-${width}`);
                await page.context().close();
            }
});

test("one goes from all promises to a promise, to its follow-up and to the other language, without script", async () => {
    const page = await opened("/public", { javaScriptEnabled: false });
    await page.getByRole("link", { name: "tryggare trafiksituation" }).click();
    await page.getByRole("heading", { level: 1, name: "En tryggare trafiksituation" }).waitFor();
    await page.getByRole("row", { name: /cykel/ }).getByText("4 av minst 10 kontroller").waitFor();
    assert.equal(await page.locator("#statements + p + table tbody tr").count(), 2);
    await page.locator("#statements + p + table tbody tr").first().getByRole("link", { name: "Tertial 1, 2015" }).click();
    await page.getByRole("heading", { name: "Ändrat sedan version 1" }).waitFor();
    await page.getByRole("link", { name: "In English" }).click();
    await page.getByRole("heading", { name: "Changed since version 1" }).waitFor();
    await page.getByRole("navigation").getByRole("link").first().click();
    await page.getByRole("heading", { name: "Published follow-ups" }).waitFor();
    await page.getByRole("link", { name: "All promises" }).click();
    await page.getByRole("heading", { level: 1, name: "How the citizen promises are kept" }).waitFor();
    await page.context().close();
});

test("the accessibility statement is reached from every page, in its language", async () => {
    for (const path of Object.values(PAGES).filter((one) => one.startsWith("/public"))) {
        const page = await opened(`${path}?lang=en`);
        await page.getByRole("link", { name: "Accessibility statement" }).click();
        await page.getByRole("heading", { level: 1, name: "Accessibility statement" }).waitFor();
        await page.getByText("has not said yet to whom").waitFor(); // where nobody configured a contact
        await page.context().close();
    }
});

test("what is not there is said on a page that leads back, in both languages; programs get a problem", async () => {
    const page = await (await browser.newContext({ ignoreHTTPSErrors: true, locale: "sv-SE" })).newPage(); // its console tells of the 404
    for (const path of ["/public/nope", "/public/lund-2015-trafik/2015-T1/9", "/public/one/too/many/parts"]) {
        const answer = await page.goto(rond.address + path);
        assert.equal(answer.status(), 404, path);
        assert.match(answer.headers()["content-type"], /^text\/html/);
        await page.getByRole("heading", { level: 1, name: "Det finns inget på den här adressen" }).waitFor();
        await accessible(page);
    }
    await shot(page, "absent");
    await page.getByRole("link", { name: "English" }).click();
    await page.getByRole("heading", { level: 1, name: "There is nothing at this address" }).waitFor();
    await page.getByRole("link", { name: "All promises" }).click();
    await page.waitForURL(/\/public(\?lang=en)?$/);
    const long = await page.goto(`${rond.address}/public/${"x".repeat(600)}`);
    assert.equal(long.status(), 414);
    await page.getByRole("alert").getByText("Adressen är för lång").waitFor();
    await accessible(page);
    await shot(page, "long");
    const problem = await rond.fetch("/public/nope");
    assert.equal((await problem.json()).code, "not_found");
    await page.context().close();
});

test("a page in the language of the browser", async () => {
    const page = await opened("/public", { locale: "en-GB" });
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
    await page.context().close();
});

test("each page prints on A4, in black on white, as text that can be marked", async () => {
    const sure = []; // pixels
    for (const [name, path] of Object.entries(PAGES)) {
        const page = await opened(path, { colorScheme: "dark" });
        await page.emulateMedia({ media: "print" });
        assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
        assert.equal(await page.locator("nav").first().isVisible(), false);
        await page.setViewportSize({ width: 673, height: 900 }); // A4 within its margins
        assert.equal(await page.locator(".back").isVisible(), false);
        sure.push(...(await page.locator("td.sure").evaluateAll((cells) => cells.map((cell) => cell.clientWidth))));
        await page.emulateMedia({ media: null });
        const pdf = await page.pdf({ preferCSSPageSize: true });
        assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
        const box = pdf.toString("latin1").match(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/);
        assert.deepEqual([Math.round(box[1]), Math.round(box[2])], [595, 842]);
        if (SHOTS) writeFileSync(join(SHOTS, `${name}.pdf`), pdf);
        await page.context().close();
    }
    assert.ok(sure.length > 8 && Math.min(...sure) > 120, `how sure it is stands in ${Math.min(...sure)} pixels`);
});
