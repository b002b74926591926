import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, browse, complaints, loggedIn, PASSWORD, Rond, usable } from "./rond.mjs";

let rond, browser, page;

before(async () => {
    rond = await Rond.open();
    browser = await browse();
    page = await loggedIn(browser, rond, await rond.person("boss", "administrator", "--organisation", "*", "--area", "*"));
    await page.goto(rond.address + "/#/people");
    await page.locator("tbody tr").first().waitFor();
});
after(async () => {
    await browser?.close();
    await rond?.close();
    assert.deepEqual(complaints, []);
});

const row = (login) => page.locator("tbody tr", { hasText: login });
const act = async (login, action) => {
    if ((await row(login).locator("details.more").getAttribute("open")) === null) await row(login).getByText("Mer", { exact: true }).click();
    await row(login).getByRole("button", { name: action }).click();
};

test("a new person gets a one-time code that is shown once and sets the secrets", async () => {
    await page.getByRole("button", { name: "Ny person" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Namn", { exact: true }).fill("the coordinator");
    await dialog.getByLabel("Inloggningsnamn").fill("Not A Login");
    await dialog.getByLabel("Roll").selectOption("coordinator");
    await dialog.getByLabel("Organisation").selectOption("polisen");
    await dialog.getByRole("button", { name: "Lägg till" }).click();
    await dialog.locator("#" + (await dialog.getByLabel("Inloggningsnamn").getAttribute("aria-describedby")).split(" ").at(-1)).waitFor();
    assert.equal(await dialog.getByLabel("Namn", { exact: true }).inputValue(), "the coordinator"); // nothing is lost
    await dialog.getByLabel("Inloggningsnamn").fill("coordinator");
    await dialog.getByRole("button", { name: "Lägg till" }).click();
    await page.getByRole("dialog", { name: "Engångskod till the coordinator" }).waitFor();
    const code = (await page.locator(".secret").textContent()).trim();
    await page.getByRole("button", { name: "Stäng" }).click();
    await rond.post("/api/v1/setup", { login: "coordinator", code, password: PASSWORD });
    await row("the coordinator").getByText("I bruk").waitFor(); // told by the server
    assert.match(await row("the coordinator").textContent(), /Samordnare: polisen, Lund/);
});

test("a grant is given with a last day, and ended", async () => {
    await row("the coordinator").getByRole("button", { name: "Ge behörighet" }).click();
    const dialog = page.getByRole("dialog", { name: "Ge the coordinator behörighet" });
    await dialog.getByLabel("Roll").selectOption("auditor");
    await dialog.getByLabel("Organisation").selectOption("*");
    await dialog.getByLabel("Område").selectOption("*");
    await dialog.getByLabel("Till och med").fill("2015-01-01");
    await dialog.getByRole("button", { name: "Ge behörighet" }).click();
    await dialog.getByText("En behörighet slutar efter att den har börjat.").waitFor();
    await dialog.getByLabel("Till och med").fill("2099-12-31");
    await dialog.getByRole("button", { name: "Ge behörighet" }).click();
    await row("the coordinator").getByText("Granskare: alla organisationer").waitFor();
    assert.match(await row("the coordinator").textContent(), /till 31 dec. 2099/);
    await row("the coordinator").getByRole("button", { name: /Avsluta för the coordinator: Granskare/ }).click();
    await page.getByRole("dialog", { name: "Avsluta behörighet för the coordinator" }).getByRole("button", { name: "Avsluta" }).click();
    await row("the coordinator").getByText("1 tidigare eller kommande behörighet").waitFor();
});

test("lock, unlock, log out and another second factor ask by name first", async () => {
    await act("the coordinator", "Lås");
    await page.getByRole("dialog", { name: "Lås the coordinator" }).getByRole("button", { name: "Avbryt" }).click();
    assert.equal(await row("the coordinator").getByText("I bruk").count(), 1);
    await act("the coordinator", "Lås");
    await page.getByRole("dialog", { name: "Lås the coordinator" }).getByRole("button", { name: "Lås" }).click();
    await row("the coordinator").getByText("Låst").waitFor();
    await act("the coordinator", "Lås upp");
    await page.getByRole("dialog", { name: "Lås upp the coordinator" }).getByRole("button", { name: "Lås upp" }).click();
    await row("the coordinator").getByText("I bruk").waitFor();
    await act("the coordinator", "Logga ut överallt");
    await page.getByRole("dialog").getByRole("button", { name: "Logga ut överallt" }).click();
    await page.getByText("the coordinator är utloggad överallt.").waitFor();
    await act("the coordinator", "Ny andra faktor");
    await page.getByRole("dialog").getByRole("button", { name: "Ny andra faktor" }).click();
    await page.getByRole("dialog", { name: "Engångskod till the coordinator" }).waitFor();
    await accessible(page);
    await page.getByRole("button", { name: "Stäng" }).click();
    await row("the coordinator").getByText("saknas").waitFor();
});

test("one's own account has no actions, and the page can be used by everybody", async () => {
    assert.equal(await row("boss administrator").getByRole("button").count(), 0);
    await usable(page);
    await page.getByRole("button", { name: "In English" }).click();
    await page.getByRole("heading", { name: "People", level: 1 }).waitFor();
});
