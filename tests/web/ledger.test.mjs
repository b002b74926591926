import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, browse, complaints, loggedIn, Rond } from "./rond.mjs";

let rond, browser, chief;

before(async () => {
    rond = await Rond.open();
    rond.enrol("patrol-1", "polisen", "police_officer");
    const code = rond.ctl("device", "code", "--organisation", "jernhusen", "--area", "lund", "--role", "station_host").trim();
    rond.held("host-1", "enrol", `https://localhost:${rond.ports.enrolment}`, code.split("\n")[0], "--name", "host-1"); // never synced
    browser = await browse();
    chief = await rond.person("chief", "area_chief", "--organisation", "polisen", "--area", "lund");
});
after(async () => {
    await browser?.close();
    await rond?.close();
    assert.deepEqual(complaints, []);
});

const check = (day) => [
    ...["check", "--of", "cyclist_behaviour", "--form", "targeted", "--checked", "5", "--place", "stortorget"],
    ...["--from", `2015-05-${day} 14:00`, "--to", `2015-05-${day} 15:00`],
];

test("a report that is synced moves the number without a reload, within ten seconds", async () => {
    const page = await loggedIn(browser, rond, chief);
    const figure = page.locator("li.commitment", { hasText: "cykel" }).locator(".figure");
    await figure.waitFor();
    assert.equal(await figure.textContent(), "0 av 10");
    await page.locator(".live.on").waitFor();
    rond.report("patrol-1", ...check("04"));
    rond.sync("patrol-1");
    await page.locator("li.commitment", { hasText: "cykel" }).locator(".figure", { hasText: "1 av 10" }).waitFor({ timeout: 10_000 });
    await page.locator(".new", { hasText: "+1 rapport" }).waitFor();
    await page.context().close();
});

test("a silent device of another organisation is told without its name", async () => {
    const page = await loggedIn(browser, rond, chief);
    await page.locator("details.silent summary").first().click();
    await page.getByText("jernhusen: har aldrig hört av sig").first().waitFor();
    assert.ok(!(await page.getByRole("main").textContent()).includes("host-1"));
    await page.context().close();
});

test("on a slow line the ledger comes, and is renewed, while something is committed all the time", async () => {
    const page = await loggedIn(browser, rond, chief);
    await page.route("**/api/v1/progress*", async (route) => {
        await new Promise((done) => setTimeout(done, 1500));
        await route.continue();
    });
    let isOver = false;
    const committing = (async () => {
        for (let i = 0; !isOver; i++) {
            rond.ctl("person", "add", `busy-${i}`, "--name", "busy", "--role", "auditor");
            await new Promise((done) => setTimeout(done, 200));
        }
    })();
    await page.reload();
    await page.locator("li.commitment").first().waitFor({ timeout: 10_000 });
    const shown = async () => (await page.locator("li.commitment", { hasText: "Riktade kontroller" }).textContent()) ?? "";
    const before = await shown();
    rond.report("patrol-1", "check", "--of", "cyclist_behaviour", "--form", "targeted", "--checked", "3", "--place", "bangatan", "--from", "2015-05-21 14:00", "--to", "2015-05-21 15:00");
    rond.sync("patrol-1");
    await page.waitForFunction((text) => ![...document.querySelectorAll("li.commitment")].some((one) => one.textContent === text), before, { timeout: 10_000 });
    isOver = true;
    await committing;
    await page.context().close();
});

test("the ledger can be used by everybody, light and dark", async () => {
    for (const colorScheme of ["light", "dark"]) {
        const page = await loggedIn(browser, rond, chief, { colorScheme });
        await page.locator("li.commitment").first().waitFor();
        await accessible(page);
        await page.context().close();
    }
});

test("the first load is under 150 kB as transferred", async () => {
    const page = await loggedIn(browser, rond, chief);
    let bytes = 0;
    const client = await page.context().newCDPSession(page);
    await client.send("Network.enable");
    await client.send("Network.setCacheDisabled", { cacheDisabled: true });
    client.on("Network.loadingFinished", (event) => (bytes += event.encodedDataLength));
    await page.goto("about:blank");
    await page.goto(rond.address + "/#/ledger");
    await page.locator("li.commitment").first().waitFor();
    await page.waitForTimeout(300);
    console.log(`# first load: ${bytes} bytes`);
    assert.ok(bytes > 5_000 && bytes < 150_000, `${bytes}`);
    await page.context().close();
});
