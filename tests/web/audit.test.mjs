import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { browse, complaints, loggedIn, Rond, usable } from "./rond.mjs";

let rond, browser, page;

before(async () => {
    rond = await Rond.open();
    rond.enrol("patrol-1", "polisen", "police_officer");
    for (let i = 0; i < 105; i++) rond.ctl("device", "code", "--organisation", "polisen", "--area", "lund", "--role", "police_officer");
    rond.ctl("export");
    browser = await browse();
    page = await loggedIn(browser, rond, await rond.person("checker", "auditor", "--organisation", "*", "--area", "*"));
    await page.goto(rond.address + "/#/audit");
    await page.locator("tbody tr").first().waitFor();
});
after(async () => {
    await browser?.close();
    await rond?.close();
    assert.deepEqual(complaints, []);
});

test("the newest come first, older ones by the page, and what is new is told without moving the rest", async () => {
    assert.match(await page.locator("tbody tr").first().textContent(), /login/);
    assert.equal(await page.locator("tbody tr").count(), 100);
    await page.getByRole("button", { name: "Visa äldre" }).click();
    await page.getByText("Det finns inget äldre.").waitFor();
    const count = await page.locator("tbody tr").count();
    assert.ok(count > 105);
    const asked = page.waitForResponse((answer) => answer.url().includes("limit=1") && !answer.url().includes("limit=100"));
    rond.report("patrol-1", "check", "--of", "taxi", "--form", "targeted", "--checked", "1", "--from", "2015-05-08 14:00", "--to", "2015-05-08 15:00");
    rond.sync("patrol-1"); // which is no row of the log
    await asked;
    assert.equal(await page.getByRole("button", { name: "Visa det" }).count(), 0);
    rond.ctl("device", "code", "--organisation", "polisen", "--area", "lund", "--role", "police_officer");
    await page.getByRole("button", { name: "Visa det" }).waitFor();
    assert.equal(await page.locator("tbody tr").count(), count);
    await page.getByRole("button", { name: "Visa det" }).click();
    await page.locator("tbody tr").first().getByText("device.code").waitFor();
});

test("a filter by action stands in the address, and what it shows is saved as JSON lines", async () => {
    await page.getByLabel("Vad").fill("export");
    await page.getByRole("button", { name: "Visa", exact: true }).click();
    await page.locator("caption", { hasText: /^1 rad$/ }).waitFor();
    assert.match(page.url(), /action=export/);
    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: "Spara som JSON-rader" }).click();
    const lines = readFileSync(await (await saving).path(), "utf8").trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(lines.length, 1);
    assert.equal(lines[0].action, "export");
    assert.equal(lines[0].hash.length, 64);
});

test("its days are Sweden's, and moments are told as such", async () => {
    const asked = page.waitForRequest((request) => request.url().includes("limit=100"));
    await page.goto(rond.address + "/#/audit?from=2026-01-15&to=2026-07-15");
    const query = new URL((await asked).url()).searchParams;
    assert.equal(query.get("from_ms"), String(Date.UTC(2026, 0, 14, 23)));
    assert.equal(query.get("to_ms"), String(Date.UTC(2026, 6, 15, 22)));
    await page.goto(rond.address + "/#/audit?action=person.add");
    await page.getByRole("row", { name: /person\.add/ }).first().waitFor();
    const told = await page.getByRole("table").first().textContent();
    assert.match(told, /from=\d+ \w+\.? \d{4}/);
    assert.doesNotMatch(told, /_ms=/);
});

test("a sample of readings is drawn by its seed", async () => {
    await page.getByRole("button", { name: "Dra stickprov" }).click();
    await page.locator("caption", { hasText: "1 rad av 1 läsningar" }).waitFor();
});

test("the log can be used by everybody, and is not for others", async () => {
    await usable(page);
    const chief = await loggedIn(browser, rond, await rond.person("chief", "area_chief", "--organisation", "polisen", "--area", "lund"), {
        locale: "en-GB",
    });
    await chief.goto(rond.address + "/#/audit");
    await chief.getByRole("heading", { name: "Your role does not include this." }).waitFor();
});
