import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, browse, complaints, loggedIn, Rond, usable } from "./rond.mjs";

let rond, browser, page;

before(async () => {
    rond = await Rond.open();
    rond.enrol("patrol-1", "polisen", "police_officer");
    const code = rond.ctl("device", "code", "--organisation", "jernhusen", "--area", "lund", "--role", "station_host").trim();
    rond.held("host-1", "enrol", `https://localhost:${rond.ports.enrolment}`, code.split("\n")[0], "--name", "host-1"); // never synced
    browser = await browse();
    page = await loggedIn(browser, rond, await rond.person("boss", "administrator", "--organisation", "*", "--area", "*"));
    await page.goto(rond.address + "/#/devices");
    await page.locator("tbody tr").nth(1).waitFor();
});
after(async () => {
    await browser?.close();
    await rond?.close();
    assert.deepEqual(complaints, []);
});

const row = (name) => page.locator("tbody tr", { hasText: name });

test("a device is shown with its key, program, certificate and last sync, and one that was never heard as silent", async () => {
    assert.match(await row("patrol-1").textContent(), /polisen, Lund.*I bruk.*rond\/\d/);
    assert.match(await row("patrol-1").textContent(), /Nyckel: ([0-9A-Z]{4}-){3}[0-9A-Z]{4}.*certifikat till/);
    assert.match(await row("host-1").textContent(), /Tyst.*aldrig/);
});

test("filters narrow the list and stand in the address", async () => {
    await page.getByLabel("Visa").selectOption("silent");
    await row("patrol-1").waitFor({ state: "detached" });
    assert.match(page.url(), /show=silent/);
    await page.getByLabel("Visa").selectOption("");
    await page.getByLabel("Sök").fill("stationsvärd");
    await row("patrol-1").waitFor({ state: "detached" });
    await page.getByLabel("Sök").fill("nobody has this");
    await page.getByText("Ingen enhet passar filtret.").waitFor();
    await page.getByLabel("Sök").fill("");
    await row("patrol-1").waitFor();
});

test("an enrolment code is shown as text and QR and enrols a handheld, which appears by itself", async () => {
    await page.getByRole("button", { name: "Ny inskrivningskod" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Organisation").selectOption("polisen");
    await dialog.getByRole("button", { name: "Skapa kod" }).click();
    await dialog.getByText("Ange mellan 1 och").waitFor(); // no role was chosen; what was chosen stays
    assert.equal(await dialog.getByLabel("Organisation").inputValue(), "polisen");
    await dialog.getByRole("checkbox", { name: "polis", exact: true }).check();
    await dialog.getByRole("button", { name: "Skapa kod" }).click();
    const code = (await dialog.locator(".secret").textContent()).trim();
    await dialog.getByRole("img", { name: "Inskrivningskoden som QR-kod" }).waitFor();
    assert.match(await dialog.getByRole("timer").textContent(), /1[45]:\d\d/);
    await accessible(page);
    rond.held("patrol-2", "enrol", `https://localhost:${rond.ports.enrolment}`, code, "--name", "patrol-2");
    await dialog.getByRole("button", { name: "Stäng" }).click();
    await row("patrol-2").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Ny inskrivningskod");
});

test("a device that waits for a second person is approved after its key was compared, or refused with a reason", async () => {
    const waits = page.getByRole("region", { name: "1 enhet" }).locator("tbody tr");
    for (const [name, button] of [["waits-1", "Godkänn"], ["waits-2", "Avslå"]]) {
        const code = rond.ctl("device", "code", "--organisation", "polisen", "--area", "lund", "--role", "police_officer", "--approval").trim().split("\n")[0];
        assert.throws(() => rond.held(name, "enrol", `https://localhost:${rond.ports.enrolment}`, code, "--name", name));
        await page.reload();
        await page.getByRole("heading", { name: "Väntar på godkännande" }).waitFor();
        const key = /([0-9A-Z]{4}-){3}[0-9A-Z]{4}/.exec(await waits.filter({ hasText: name }).textContent())[0];
        await accessible(page);
        await page.getByRole("button", { name: `${button} ${name}` }).click();
        const dialog = page.getByRole("dialog", { name: `${button} ${name}` });
        if (button === "Godkänn") await dialog.getByText(key).waitFor();
        else await dialog.getByLabel("Varför avslås den?").fill("ingen känner enheten");
        await dialog.getByRole("button", { name: button }).click();
        await page.getByText(button === "Godkänn" ? `${name} är godkänd` : `${name} är avslagen`).waitFor();
        if (button === "Avslå") continue;
        rond.sync(name);
        await row(name).getByText("I bruk").waitFor();
    }
    assert.throws(() => rond.sync("waits-2"));
});

test("revoking asks by name, says what becomes of the queue, and is done", async () => {
    await page.getByRole("button", { name: "Återkalla patrol-1" }).click();
    const dialog = page.getByRole("dialog", { name: "Återkalla patrol-1" });
    await dialog.getByText("hamnar i karantän").waitFor();
    await dialog.getByRole("radio", { name: "Den är borta eller stulen" }).check();
    await dialog.getByRole("button", { name: "Återkalla" }).click();
    await page.getByText("patrol-1 är återkallad.").waitFor();
    await row("patrol-1").getByText("Förlorad").waitFor();
    assert.equal(await row("patrol-1").getByRole("button").count(), 0);
});

test("devices can be used by everybody: both languages, light and dark, wide and narrow", async () => {
    await usable(page);
    await page.getByRole("button", { name: "In English" }).click();
    await page.getByRole("heading", { name: "Devices", level: 1 }).waitFor();
    await row("host-1").getByText("Silent").waitFor();
});
