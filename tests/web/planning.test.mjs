import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { accessible, browse, complaints, logIn, loggedIn, Rond, root, usable } from "./rond.mjs";

let rond, browser, page, chief;

before(async () => {
    rond = await Rond.open();
    // The same promises a year later: by their titles alone nobody tells them apart.
    const next = join(rond.directory, "next.yaml");
    writeFileSync(next, readFileSync(join(root, "tests/fixtures/lund-2015.yaml"), "utf8").replaceAll("2015", "2016"));
    rond.ctl("promise", "import", next);
    rond.enrol("patrol-1", "polisen", "police_officer");
    browser = await browse();
    chief = await rond.person("chief", "area_chief", "--organisation", "polisen", "--area", "lund");
    page = await loggedIn(browser, rond, chief);
    await page.goto(rond.address + "/#/planning");
    await page.getByText("Ingen gemensam insats är planerad.").waitFor();
});
after(async () => {
    await browser?.close();
    await rond?.close();
    assert.deepEqual(complaints, []);
});

test("what is planned here shows its reference and reaches the devices of its parties", async () => {
    await page.getByRole("button", { name: "Planera insats" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Benämning").fill("evening check");
    await dialog.getByLabel("Från").fill("2099-05-08T18:00");
    await dialog.getByLabel("Till").fill("2099-05-08T17:00");
    await dialog.getByRole("checkbox", { name: "polisen" }).check();
    await dialog.getByRole("checkbox", { name: "skatteverket" }).check();
    const commitments = (await dialog.getByLabel("Åtagande").locator("option").allTextContents()).slice(1);
    assert.ok(commitments.includes("Riktade kontroller mot beteendebrott på cykel: En tryggare trafiksituation (2016)"), commitments.join("\n"));
    assert.equal(new Set(commitments).size, commitments.length, "two that nobody tells apart");
    await dialog.getByRole("button", { name: "Planera" }).click();
    await dialog.getByText("Insatsen slutar innan den börjar.").waitFor();
    await accessible(page);
    assert.equal(await dialog.getByLabel("Benämning").inputValue(), "evening check"); // nothing is lost
    await dialog.getByLabel("Till").fill("2099-05-08T21:00");
    await dialog.getByRole("button", { name: "Planera" }).click();
    const said = await page.getByText("Insatsen är planerad. Referens:").textContent();
    const card = page.locator("li.card", { hasText: "evening check" });
    await card.waitFor();
    assert.match(await page.getByRole("heading", { level: 2 }).textContent(), /8 maj 2099/);
    assert.match(await card.textContent(), /18:00–21:00.*Kontroll.*polisen, skatteverket/);
    rond.sync("patrol-1");
    assert.ok(rond.held("patrol-1", "activities").includes(said.split(": ")[1]));
});

test("whose session ended logs in in another tab, and nothing of what was typed is lost", async () => {
    await page.getByRole("button", { name: "Planera insats" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Benämning").fill("late check");
    await dialog.getByLabel("Från").fill("2099-06-08T18:00");
    await dialog.getByLabel("Till").fill("2099-06-08T21:00");
    await dialog.getByRole("checkbox", { name: "polisen" }).check();
    await page.context().clearCookies();
    await dialog.getByRole("button", { name: "Planera" }).click();
    const [other] = await Promise.all([page.context().waitForEvent("page"), dialog.getByRole("link", { name: /^Logga in/ }).click()]);
    await other.waitForSelector("#login");
    await logIn(other, chief);
    await other.close();
    assert.equal(await dialog.getByLabel("Benämning").inputValue(), "late check");
    await dialog.getByRole("button", { name: "Planera" }).click();
    await page.locator("li.card", { hasText: "late check" }).waitFor();
});

test("planned elsewhere it appears by itself; cancelled here it is gone after a question by name", async () => {
    rond.ctl(
        ...["activity", "plan", "--area", "lund", "--kind", "meeting", "--title", "taxi trade", "--organisations", "polisen"],
        ...["--from", "2099-05-09 10:00", "--to", "2099-05-09 11:00"],
    );
    await page.getByRole("button", { name: "Ställ in taxi trade" }).click();
    await page.getByRole("dialog", { name: "Ställ in taxi trade" }).getByRole("button", { name: "Ställ in" }).click();
    await page.getByText(/Insatsen .* är inställd/).waitFor();
    await page.locator("li.card", { hasText: "taxi trade" }).waitFor({ state: "detached" });
});

test("planning can be used by everybody; who may not plan is not asked to", async () => {
    await usable(page);
    const viewer = await loggedIn(
        browser,
        rond,
        await rond.person("viewer", "partner_viewer", "--organisation", "jernhusen", "--area", "lund"),
        { locale: "en-GB" },
    );
    await viewer.goto(rond.address + "/#/planning");
    await viewer.getByRole("heading", { name: "evening check" }).waitFor();
    assert.equal(await viewer.getByRole("main").getByRole("button").count(), 0);
});
