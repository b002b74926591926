import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, browse, complaints, fillsWall, loggedIn, root, Rond, watch } from "./rond.mjs";

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

test("a tab that is not seen holds no connection; seen again it shows what happened meanwhile, also what fell", async () => {
    const page = await loggedIn(browser, rond, chief);
    const row = page.locator("li.commitment", { hasText: "cykel" });
    const beSeen = (state) =>
        page.evaluate((visibility) => {
            Object.defineProperty(document, "visibilityState", { value: visibility, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }, state);
    const reference = rond.report("patrol-1", ...check("06"));
    rond.sync("patrol-1");
    await page.locator(".live.on").waitFor();
    await row.locator(".figure", { hasText: "2 av 10" }).waitFor({ timeout: 10_000 });
    await page.getByRole("button", { name: "Markera som sett" }).click();
    await beSeen("hidden");
    await page.locator(".live.on").waitFor({ state: "detached" });
    rond.held("patrol-1", "withdraw", reference);
    rond.sync("patrol-1");
    await beSeen("visible");
    await row.locator(".figure", { hasText: "1 av 10" }).waitFor({ timeout: 10_000 });
    await row.locator(".new", { hasText: "−1 rapport sedan du tittade" }).waitFor();
    await page.context().close();
});

test("an area that is not one's own is said not to be, with a way back", async () => {
    const page = await loggedIn(browser, rond, chief);
    await page.goto(`${rond.address}/#/ledger?area=malmo`);
    await page.getByText("Området finns inte, eller är inte ett av dina.").waitFor();
    await page.getByRole("link", { name: "Visa alla områden" }).click();
    await page.locator("li.commitment").first().waitFor();
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
        if (colorScheme === "light") await fillsWall(page);
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

// A phone of some years ago, whose browser is running and has nothing of these pages: a fourth of this processor; on LTE as mobile networks
// have it, and on what Lighthouse calls slow 4G. Promised is a second; held is ten times that, since what else this machine does counts as well.
const SLOW = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 750e3 / 8 };
const LTE = { offline: false, latency: 50, downloadThroughput: 10e6 / 8, uploadThroughput: 10e6 / 8 };
const PHONE = { width: 360, height: 740 };
async function slowly(page, network = SLOW) {
    const client = await page.context().newCDPSession(page);
    await client.send("Network.enable");
    await client.send("Network.clearBrowserCache");
    await client.send("Network.emulateNetworkConditions", network);
    await client.send("Emulation.setCPUThrottlingRate", { rate: 4 });
}
// Runs in the page: when that was there, counted from where the visit began, over a log-in that the script leads to as well.
function watchFor(selector) {
    if (!location.protocol.startsWith("http") || location.pathname.endsWith(".svg")) return;
    sessionStorage.began ??= String(performance.timeOrigin);
    const look = () => {
        if (!document.querySelector(selector)) return setTimeout(look, 10);
        window.seenAt = performance.timeOrigin + performance.now() - Number(sessionStorage.began);
    };
    look();
}
// The best of three first visits, each with an empty cache: what else this machine does only adds to it.
async function firstVisit(what, network, storageState, address, selector) {
    const took = [];
    for (let i = 0; i < 3; i++) {
        const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: "sv-SE", viewport: PHONE, storageState });
        const page = await context.newPage();
        watch(page);
        await page.addInitScript(watchFor, selector);
        await page.goto(rond.address + "/favicon.svg"); // the browser's own process for these pages is up
        await slowly(page, network);
        await page.goto(address, { waitUntil: "commit" });
        took.push(await (await page.waitForFunction(() => window.seenAt, undefined, { polling: 50 })).jsonValue());
        await context.close();
    }
    const best = Math.min(...took);
    console.log(`# ${what}: ${Math.round(best)} ms (${took.map(Math.round).join(", ")})`);
    assert.ok(best > 50 && best < 10_000, `${what}: ${best} ms`);
}

test("on a slow phone the log-in, and then the ledger, are there within a second (held: ten)", async () => {
    const page = await loggedIn(browser, rond, chief); // the server is warm
    await page.locator("li.commitment").first().waitFor();
    const storageState = await page.context().storageState();
    await page.context().close();
    for (const [line, network] of Object.entries({ LTE, "slow 4G": SLOW })) {
        await firstVisit(`log-in, ${line}`, network, undefined, rond.address + "/login", "form #code");
        await firstVisit(`log-in, for who asked for the pages, ${line}`, network, undefined, rond.address + "/", "form #code");
        await firstVisit(`ledger, ${line}`, network, storageState, rond.address + "/", "li.commitment");
    }
});

// On a slow line each link of a chain is a round trip: page, then all that it needs and who one is, then the figures.
test("what the start page needs is asked for at once, and once", async () => {
    const page = await loggedIn(browser, rond, chief);
    const storageState = await page.context().storageState();
    await page.context().close();
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: "sv-SE", storageState });
    const first = await context.newPage();
    watch(first);
    await slowly(first);
    await first.goto(rond.address + "/", { waitUntil: "commit" });
    await first.locator("li.commitment").first().waitFor();
    const asked = await first.evaluate(() => performance.getEntriesByType("resource").map((one) => ({ path: new URL(one.name).pathname, from: one.startTime, to: one.responseEnd })));
    const files = asked.filter(({ path }) => path.startsWith("/assets/") || path === "/api/v1/session");
    const earliestEnd = Math.min(...files.map(({ to }) => to));
    assert.deepEqual(files.filter(({ from }) => from >= earliestEnd).map(({ path }) => path), [], "asked for after something had come");
    assert.equal(files.filter(({ path }) => path.endsWith(".js")).length, 2, "the bundle's entry, and all that it needs in one file");
    assert.equal(files.length, new Set(files.map(({ path }) => path)).size);
    await context.close();
});

// Plain days are written without the browser's own formats, which take a slow phone too long (format.ts); written alike they are.
test("a day is written as the language has it, in every month", async () => {
    const { build } = await import("../../server/web/node_modules/esbuild/lib/main.js");
    for (const name of ["sv", "en"]) {
        const made = await build({ entryPoints: [`${root}/server/web/src/words/${name}.ts`], bundle: true, write: false, format: "esm" });
        const words = (await import("data:text/javascript;base64," + Buffer.from(made.outputFiles[0].text).toString("base64")))[name];
        const format = new Intl.DateTimeFormat(words.locale, { month: "short", day: "numeric", timeZone: "UTC" });
        const months = [...Array(12).keys()].map((month) => format.format(Date.UTC(2015, month, 8)));
        assert.deepEqual(words.months.map((month) => `8 ${month}`), months);
    }
});
