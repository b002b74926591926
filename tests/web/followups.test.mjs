// A follow-up is drafted, published by whoever may, and restated when something came in later.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { accessible, browse, complaints, loggedIn, Rond } from "./rond.mjs";

let rond, browser, chief, coordinator;
const SHOTS = process.env.SHOTS; // a folder, for whoever wants to look
const check = (day) =>
    rond.report("patrol-1", ...["check", "--of", "cyclist_behaviour", "--form", "targeted", "--checked", "5"], "--place", "stortorget", "--from", `${day} 14:00`, "--to", `${day} 15:00`);

before(async () => {
    rond = await Rond.open("[public]\nenabled = yes\n");
    rond.enrol("patrol-1", "polisen", "police_officer");
    for (const day of ["2015-02-04", "2015-03-20"]) check(day);
    rond.sync("patrol-1");
    browser = await browse();
    chief = await rond.person("chief", "area_chief", "--organisation", "polisen", "--area", "lund");
    coordinator = await rond.person("coord", "coordinator", "--organisation", "lunds-kommun", "--area", "lund");
});
after(async () => {
    await browser?.close();
    await rond?.close();
    assert.deepEqual(complaints, []);
});

const T1 = "/#/followups/lund-2015-trafik/2015-T1";
const row = (page, text) => page.getByRole("table").last().getByRole("row").filter({ hasText: text });
async function shot(page, name) {
    if (SHOTS) mkdirSync(SHOTS, { recursive: true });
    if (SHOTS) await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}

test("whoever may not publish sees what it would say, and who publishes", async () => {
    const page = await loggedIn(browser, rond, coordinator, { locale: "en-GB" });
    await page.goto(rond.address + T1);
    await row(page, "cykel").getByText("2 of at least 10 checks").waitFor();
    await page.getByText("The area's chief publishes.").waitFor();
    assert.equal(await page.getByRole("button", { name: "Publish" }).count(), 0);
    await accessible(page);
    await page.context().close();
});

test("the chief goes to the period, reads what is frozen, and publishes it to everybody", async () => {
    const page = await loggedIn(browser, rond, chief);
    await page.goto(rond.address + "/#/followups");
    const card = page.locator("li.card", { hasText: "En tryggare trafiksituation" });
    await card.getByText("slut, inte publicerad").waitFor(); // what is to be done is seen before any promise is opened
    await card.getByRole("link", { name: "Tertial 1, 2015" }).waitFor();
    await accessible(page);
    await page.getByRole("link", { name: "En tryggare trafiksituation" }).click();
    await row(page, "Tertial 1, 2015").getByText("slut, inte publicerad").waitFor();
    await row(page, "Hela perioden").waitFor();
    await accessible(page);
    await shot(page, "followups-periods");
    await page.getByRole("link", { name: "Tertial 1, 2015" }).click();
    await page.getByRole("button", { name: "Publicera", exact: true }).click();
    const dialog = page.locator("dialog");
    await dialog.getByText("Riktade kontroller mot beteendebrott på cykel: 2 av minst 10 kontroller").waitFor();
    await accessible(page);
    await shot(page, "followups-publish");
    await page.route("**/followups", (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
    await dialog.getByRole("button", { name: "Publicera" }).click();
    await dialog.getByRole("alert").getByText("går inte att nå").waitFor(); // and nothing is published
    await page.unroute("**/followups");
    await dialog.getByRole("button", { name: "Publicera" }).click();
    await page.getByRole("status").getByText("Tertial 1, 2015 är publicerad, version 1.").waitFor();
    await page.getByText("Ingenting har ändrats sedan version 1.").waitFor();
    const fetched = page.waitForEvent("download");
    await page.getByRole("button", { name: "Dokument, version 1" }).click();
    assert.equal((await fetched).suggestedFilename(), "lund-2015-trafik_2015-T1_v1.json");
    assert.equal(await page.getByRole("button", { name: "Publicera" }).count(), 0);
    await page.context().close();
    const open = await rond.until("/api/v1/public/promises/lund-2015-trafik/statements/2015-T1/v1.json");
    assert.equal((await open.json()).commitments.find(({ commitment }) => commitment.endsWith("cykel")).figure.done, 2);
});

test("what came in later is told, and published as the next version", async () => {
    const page = await loggedIn(browser, rond, chief);
    check("2015-04-04");
    rond.sync("patrol-1");
    await page.goto(rond.address + T1);
    const changes = page.getByRole("table", { name: "Ändrat sedan version 1" });
    await changes.getByRole("row").filter({ hasText: "cykel" }).getByText("1 kom in efter publiceringen").waitFor();
    await accessible(page);
    await page.setViewportSize({ width: 1280, height: 900 });
    await shot(page, "followups-changes-1280");
    await page.setViewportSize({ width: 360, height: 800 });
    await accessible(page);
    await shot(page, "followups-changes-360");
    await page.getByRole("button", { name: "Publicera ändrad version" }).click();
    await page.locator("dialog").getByText("Version 1 står kvar som den är.").waitFor();
    await page.locator("dialog").getByRole("button", { name: "Publicera ändrad version" }).click();
    await page.getByRole("status").getByText("är publicerad, version 2.").waitFor();
    await page.getByRole("button", { name: "Underskrift, version 2" }).waitFor();
    await page.context().close();
});

test("what is not there, and a period that the promise does not have, are said plainly", async () => {
    const page = await loggedIn(browser, rond, chief, { colorScheme: "dark" });
    await page.goto(rond.address + "/#/followups/nothing");
    await page.getByText("Det finns inget löfte att följa upp här.").waitFor();
    await page.goto(rond.address + "/#/followups/lund-2015-trafik/2019-T1");
    await page.getByRole("alert").waitFor();
    await page.goto(rond.address + "/#/followups");
    await page.getByRole("link", { name: "En tryggare trafiksituation" }).waitFor();
    await accessible(page);
    await page.context().close();
});
