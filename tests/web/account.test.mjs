import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, browse, complaints, loggedIn, Rond } from "./rond.mjs";

let rond, browser, page;

before(async () => {
    rond = await Rond.open("accessibility_contact = tillganglighet@kommun.example\naccessibility_assessed = 2026-11-01\n");
    browser = await browse();
    page = await loggedIn(browser, rond, await rond.person("chief", "area_chief", "--organisation", "polisen", "--area", "lund"));
});
after(async () => {
    await browser?.close();
    await rond?.close();
    assert.deepEqual(complaints, []);
});

const everybody = async (width) => {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        await accessible(page);
    }
};

test("the accessibility statement is reached from every page before and after a log-in, and says what the law asks for", async () => {
    const stranger = await (await browser.newContext({ ignoreHTTPSErrors: true, locale: "sv-SE", javaScriptEnabled: false })).newPage();
    await stranger.goto(`${rond.address}/login`);
    await stranger.getByRole("link", { name: "Tillgänglighetsredogörelse" }).click();
    await stranger.getByRole("heading", { level: 1, name: "Tillgänglighetsredogörelse" }).waitFor();
    const text = await stranger.getByRole("main").textContent();
    for (const part of ["2018:1937", "delvis förenlig", "Kända brister", "Rapportera brister", "Myndigheten för digital förvaltning", "1 november 2026"]) assert.ok(text.includes(part), part);
    assert.equal(await stranger.getByRole("link", { name: "tillganglighet@kommun.example" }).getAttribute("href"), "mailto:tillganglighet@kommun.example");
    await stranger.getByRole("link", { name: "In English" }).click();
    await stranger.getByRole("heading", { level: 1, name: "Accessibility statement" }).waitFor();
    await stranger.goto(`${rond.address}/setup`);
    await stranger.getByRole("link", { name: "Tillgänglighetsredogörelse" }).waitFor();
    await stranger.context().close();

    await page.getByRole("link", { name: "Tillgänglighet" }).click();
    await page.getByRole("heading", { level: 1, name: "Tillgänglighetsredogörelse" }).waitFor();
    await everybody(320);
    await page.goBack();
    await page.getByRole("button", { name: "Meny" }).click(); // where there is little room the settings are in it
    await page.getByRole("button", { name: "In English" }).click();
    await page.getByRole("link", { name: "Accessibility" }).click();
    await page.getByRole("heading", { level: 1, name: "Accessibility statement" }).waitFor();
    await everybody(1280);
    await page.goBack();
    await page.getByRole("button", { name: "På svenska" }).click();
});

test("one's own account shows what one may, and ends every session", async () => {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.getByRole("link", { name: "Mitt konto" }).click();
    await page.getByText("Områdeschef: polisen, Lund").waitFor();
    await everybody(360);
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.getByRole("button", { name: "Logga ut överallt" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Logga ut överallt" }).click();
    await page.waitForURL("**/login");
});
