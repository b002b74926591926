import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, browse, complaints, loggedIn, Rond } from "./rond.mjs";

let rond, browser, page;

before(async () => {
    rond = await Rond.open();
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

test("the accessibility statement says what the law asks for, in both languages", async () => {
    await page.getByRole("link", { name: "Tillgänglighet" }).click();
    await page.getByRole("heading", { name: "Tillgänglighetsredogörelse" }).waitFor();
    const text = await page.getByRole("main").textContent();
    for (const part of ["2018:1937", "Kända brister", "Rapportera brister", "Myndigheten för digital förvaltning"]) assert.ok(text.includes(part), part);
    await everybody(320);
    await page.getByRole("button", { name: "Meny" }).click(); // where there is little room the settings are in it
    await page.getByRole("button", { name: "In English" }).click();
    await page.getByRole("heading", { name: "Accessibility statement" }).waitFor();
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
