// Where people were and where it is unsafe, on a map and as tables.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { accessible, browse, complaints, fillsWall, loggedIn, Rond } from "./rond.mjs";
import { layTiles } from "./tiles.mjs";

let rond, browser, chief, second, partner; // a person has ten codes to log in with
const MAY = "from=2015-05-01&to=2015-05-31";
const CHECK = ["check", "--of", "cyclist_behaviour", "--form", "targeted", "--checked", "5", "--from"];
const check = (from, ...where) => rond.report("patrol-1", ...CHECK, from, ...where);

before(async () => {
    rond = await Rond.open();
    rond.enrol("patrol-1", "polisen", "police_officer");
    rond.enrol("host-1", "jernhusen", "station_host");
    check("2015-05-08 14:00", "--place", "bangatan");
    check("2015-05-09 14:00", "--place", "bangatan");
    check("2015-05-09 15:00", "--position", "55.750123,13.250456,10"); // far from every place
    check("2015-05-10 15:00");
    const patrol = ["--place", "lund-c-stationen", "--from", "2015-05-08 22:00", "--to", "2015-05-08 23:00"];
    rond.report("patrol-1", "patrol", ...patrol, "--persons", "police_officer=2");
    rond.report("host-1", "patrol", ...patrol, "--persons", "station_host=1");
    rond.report("patrol-1", "walk", "--place", "stortorget", "--from", "2015-05-09 18:00", "--unsafe", "place=stortorget,cause=broken-lamps,responsible=lunds-kommun,due=2015-06-30");
    rond.sync("patrol-1");
    rond.sync("host-1");
    browser = await browse();
    chief = await rond.person("chief", "area_chief", "--organisation", "polisen", "--area", "lund");
    second = await rond.person("second", "area_chief", "--organisation", "polisen", "--area", "lund");
    partner = await rond.person("partner", "partner_viewer", "--organisation", "jernhusen", "--area", "lund");
});
after(async () => {
    await browser?.close();
    await rond?.close();
    assert.deepEqual(complaints, []);
});

const open = async (page, query = MAY, address = rond.address) => {
    await page.goto(`${address}/#/map?${query}`);
    await page.locator(".map-ground .leaflet-control-scale-line").waitFor();
};
const row = (page, ...texts) =>
    texts.reduce((found, hasText) => found.filter({ hasText }), page.locator("table").last().locator("tbody tr"));
const marker = (page, label) => page.getByRole("button", { name: label });

test("reports stand at their places, and a correction elsewhere moves them without reload", async () => {
    const page = await loggedIn(browser, rond, chief);
    await page.getByRole("link", { name: "Karta", exact: true }).click();
    await page.locator("h1", { hasText: "Karta" }).waitFor();
    await open(page);
    await page.getByText(/^7 rapporter på 4 platser\./).waitFor();
    await page.getByText("1 rapport anger varken plats eller läge").waitFor();
    await row(page, "Bangatan", "Kontroll", "10 kontrollerade").waitFor();
    await row(page, "Lund C", "Synlig patrull", "120 personminuter").waitFor();
    await row(page, "Ingen plats angiven").waitFor();
    await row(page, /Ruta vid 55\.75/).waitFor();

    const reference = check("2015-05-11 09:00", "--place", "bangatan");
    rond.sync("patrol-1");
    await row(page, "Bangatan", "15 kontrollerade").waitFor();
    rond.held("patrol-1", "correct", reference, ...CHECK, "2015-05-11 09:00", "--place", "clemenstorget");
    rond.sync("patrol-1");
    await row(page, "Clemenstorget", "5 kontrollerade").waitFor();
    await row(page, "Bangatan", "10 kontrollerade").waitFor();
    rond.held("patrol-1", "withdraw", reference);
    rond.sync("patrol-1");
    await row(page, "Clemenstorget").waitFor({ state: "detached" });
    await page.getByText(/^7 rapporter på 4 platser\./).waitFor();
    await page.context().close();
});

test("markers close together are one until one looks closer, and say what is there", async () => {
    const page = await loggedIn(browser, rond, chief);
    await open(page);
    const cluster = page.locator(".spot-box", { has: page.locator(".several") }).first();
    await cluster.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Visa närmare" }).click();
    await marker(page, /^Bangatan: 2 rapporter$/).click();
    assert.match(await page.locator(".map-chosen").textContent(), /Bangatan.*Kontroll, polisen: 2 .*\(10 kontrollerade\)/);
    await page.context().close();
});

test("a point of the map opens into the reports behind it, and a report into its own page", async () => {
    const page = await loggedIn(browser, rond, second);
    await open(page);
    await marker(page, /platser nära varandra/).first().click();
    const behind = page.locator(".map-chosen").getByRole("link", { name: /^2 .*Bangatan, Kontroll, polisen/ });
    await behind.focus();
    await page.keyboard.press("Enter");
    await page.locator("h1", { hasText: "Rapporterna bakom en punkt på kartan" }).waitFor();
    await page.getByText("Bangatan, Kontroll, polisen, 1 maj 2015 – 31 maj 2015").waitFor();
    const reports = page.locator("ul.rows > li");
    await reports.nth(1).waitFor();
    assert.equal(await reports.count(), 2);
    assert.match(await reports.first().textContent(), /9 maj 2015.*cykel/i); // the newest day first, and what it counts toward
    await accessible(page);
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/map-behind-1280.png` });

    // Live, as every list is: what comes in is there, what is withdrawn is gone.
    const reference = check("2015-05-12 09:00", "--place", "bangatan");
    rond.sync("patrol-1");
    await reports.filter({ hasText: reference }).waitFor();
    rond.held("patrol-1", "withdraw", reference);
    rond.sync("patrol-1");
    await reports.filter({ hasText: reference }).waitFor({ state: "detached" });
    const first = await reports.first().locator("a.code").textContent();
    await reports.first().locator("a.code").click();
    await page.locator("h1", { hasText: first }).waitFor();
    await page.goBack();
    await page.getByRole("link", { name: "Till kartan" }).click();
    await page.getByText(/^7 rapporter på 4 platser\./).waitFor();
    await page.context().close();
});

test("every row of the table opens into as many reports as it says, in a square and nowhere as well", async () => {
    const page = await loggedIn(browser, rond, second, { locale: "en-GB", colorScheme: "dark", viewport: { width: 360, height: 900 } });
    await open(page);
    const links = page.locator("table").last().getByRole("link");
    await links.nth(4).waitFor();
    const told = await links.evaluateAll((all) => all.map((one) => [one.getAttribute("href"), one.firstChild.textContent]));
    assert.ok(told.some(([href]) => href.includes("square_m=150")) && told.some(([href]) => !/place=|square_m=/.test(href)));
    for (const [href, count] of told) {
        await page.goto(rond.address + "/" + href);
        const reports = page.locator("ul.rows > li");
        await reports.nth(Number(count) - 1).waitFor();
        assert.equal(await reports.count(), Number(count), href);
    }
    await accessible(page);
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/map-behind-360.png` });
    await page.context().close();
});

test("behind what is not there, not one's own or makes no sense there is nothing, and it is said", async () => {
    const chiefs = await loggedIn(browser, rond, second);
    await chiefs.goto(`${rond.address}/#/map/reports?area=lund&organisation=polisen&kind=check&place=bangatan&from=2014-01-01&to=2014-01-31`);
    await chiefs.getByText("Inga rapporter här i perioden.").waitFor();
    await chiefs.goto(`${rond.address}/#/map/reports?area=lund&organisation=polisen`);
    await chiefs.getByRole("alert").getByText("Ange vilken rad på kartan").waitFor();
    await chiefs.context().close();
    const page = await loggedIn(browser, rond, partner, { locale: "en-GB" });
    await page.goto(`${rond.address}/#/map/reports?area=lund&organisation=polisen&kind=check&place=bangatan`);
    await page.getByText("No reports here in the period.").waitFor();
    await page.goto(`${rond.address}/#/map/reports?area=lund&organisation=jernhusen&kind=visible_patrol&place=lund-c-stationen`);
    await page.locator("ul.rows > li").waitFor();
    await accessible(page);
    await page.context().close();
});

test("of thousands of squares those in sight are drawn, and others as one goes to them", async () => {
    const page = await loggedIn(browser, rond, second);
    const square = (i) => ({
        ...{ area: "lund", organisation: "polisen", kind: "check", place: null, radius_m: null, square_m: 150, reports: 1, person_minutes: 0, quantity: 5 },
        ...{ latitude_e6: 55600675 + Math.floor(i / 50) * 27000, longitude_e6: 13001350 + (i % 50) * 54000 },
    });
    const items = Array.from({ length: 2000 }, (_, i) => square(i));
    await page.route("**/api/v1/map?*", (route) => route.fulfill({ json: { items, next: null, ok: true } }));
    await open(page);
    await page.getByText(/^2\s000 rapporter på 2\s000 platser\./).waitFor();
    const drawn = () => page.locator(".spot-box").evaluateAll((all) => all.map((one) => one.getAttribute("data-spots")));
    for (let i = 0; i < 4; i++) await page.getByRole("button", { name: "Zooma in" }).click();
    const first = await drawn();
    assert.ok(first.length > 10 && first.length < 500, `${first.length} markers`);
    await page.locator(".map-ground").focus();
    for (let i = 0; i < 10; i++) await page.keyboard.press("Shift+ArrowRight");
    await page.waitForFunction((old) => [...document.querySelectorAll(".spot-box")].some((one) => !old.includes(one.getAttribute("data-spots"))), first);
    assert.ok((await drawn()).length < 500);
    await page.context().close();
});

test("an unsafe place stands on the map until it is put right, with who is to do what by when", async () => {
    const page = await loggedIn(browser, rond, chief);
    await open(page, "kind=unsafe_place");
    await marker(page, /Stortorget: 1 otrygg plats att åtgärda/).waitFor();
    const line = page.getByRole("region", { name: "Otrygga platser" }).locator("tbody tr");
    assert.match(await line.textContent(), /Stortorget.*lunds-kommun.*30 juni 2015 försenad/);
    assert.doesNotMatch(await page.content(), /broken-lamps/);
    await page.context().close();
});

test("kind, organisation and days choose what is shown, and the address keeps them", async () => {
    const page = await loggedIn(browser, rond, chief);
    await open(page);
    await page.getByLabel("Slag").selectOption({ label: "Synlig patrull" });
    await page.getByText(/^2 rapporter på 1 plats\./).waitFor();
    await page.getByLabel("Organisation").selectOption({ label: "jernhusen" });
    await page.getByText(/^1 rapport på 1 plats\./).waitFor();
    await page.getByLabel("Till och med").fill("2015-05-07");
    await page.getByText("Inget har rapporterats i perioden med detta urval.").waitFor();
    assert.match(page.url(), /kind=visible_patrol/);
    await page.reload();
    await page.getByText("Inget har rapporterats i perioden med detta urval.").waitFor();
    assert.equal(await page.getByLabel("Organisation").inputValue(), "jernhusen");
    await page.getByLabel("Till och med").fill("2015-04-01");
    await page.getByRole("alert").getByText(/slutar innan den börjar/).waitFor();
    await page.context().close();
});

test("a partner sees its own organisation's reports alone, and every open unsafe place", async () => {
    const page = await loggedIn(browser, rond, partner, { locale: "en-GB" });
    await open(page);
    await page.getByText(/^1 report at 1 place\./).waitFor();
    await row(page, "Lund C", "jernhusen", "60 person-minutes").waitFor();
    await page.getByRole("region", { name: "Unsafe places" }).getByText("Stortorget").waitFor();
    await page.context().close();
});

test("what is saved opens as GeoJSON", async () => {
    const page = await loggedIn(browser, rond, chief);
    await open(page);
    const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Spara som GeoJSON" }).click(),
    ]);
    const { type, features } = JSON.parse(readFileSync(await download.path(), "utf8"));
    assert.equal(type, "FeatureCollection");
    const at = features.find(({ properties }) => properties.place === "bangatan");
    assert.deepEqual(at.geometry, { type: "Point", coordinates: [13.188, 55.7047] });
    assert.equal(at.properties.reports, 2);
    await page.context().close();
});

test("without an address of tiles nobody is asked for any; with one that host alone, and its owner is named", async () => {
    const asked = [];
    const tile = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
    const listen = async (page) => {
        page.on("request", (request) => asked.push(new URL(request.url()).host));
        await page.route("https://tiles.example/**", (route) => route.fulfill({ contentType: "image/png", body: tile }));
    };
    const page = await loggedIn(browser, rond, chief);
    await listen(page);
    await open(page);
    await marker(page, /platser nära varandra/).first().waitFor();
    assert.deepEqual([...new Set(asked)].filter((host) => !host.startsWith("localhost") && host !== ""), []);
    assert.doesNotMatch((await rond.fetch("/")).headers["content-security-policy"], /tiles/);
    await page.context().close();

    const other = await Rond.open("map_tiles = https://tiles.example/{z}/{x}/{y}.png\nmap_attribution = © <b>kartan</b>");
    try {
        const person = await other.person("chief", "area_chief", "--organisation", "polisen", "--area", "lund");
        const on = await loggedIn(browser, other, person);
        await listen(on);
        await open(on, MAY, other.address);
        await on.locator(".leaflet-tile-loaded").first().waitFor({ state: "attached" });
        await on.getByText("© <b>kartan</b>").waitFor();
        assert.ok(asked.includes("tiles.example"));
        assert.match((await other.fetch("/")).headers["content-security-policy"], /img-src 'self' data: https:\/\/tiles\.example;/);
        await on.context().close();
    } finally {
        await other.close();
    }
});

test("tiles of the server's own directory lie beneath, are asked of nobody else, and grow where there are no closer ones", async () => {
    const tiles = mkdtempSync(join(tmpdir(), "rond-tiles-"));
    layTiles(tiles, [10, 11, 12]);
    const local = await Rond.open(`map_tiles_directory = ${tiles}\nmap_attribution = © kartan`);
    try {
        const person = await local.person("chief", "area_chief", "--organisation", "polisen", "--area", "lund");
        local.enrol("patrol-1", "polisen", "police_officer");
        local.report("patrol-1", ...CHECK, "2015-05-08 14:00", "--place", "bangatan");
        local.sync("patrol-1");
        const asked = [];
        const page = await loggedIn(browser, local, person);
        page.on("response", (response) => asked.push({ url: new URL(response.url()), status: response.status() }));
        await open(page, MAY, local.address);
        await page.getByText("© kartan").waitFor();
        const shown = page.locator(".leaflet-tile-loaded");
        await shown.first().waitFor();
        assert.match(await shown.first().getAttribute("src"), /^\/tiles\/12\/\d+\/\d+\.png$/);
        // A lone place is shown at zoom 15, where a tile of 12 is eight times as wide.
        assert.deepEqual(await shown.first().evaluate((tile) => [tile.naturalWidth, tile.getBoundingClientRect().width]), [256, 2048]);
        for (let i = 0; i < 4; i++) await page.getByRole("button", { name: "Zooma ut" }).click();
        await page.locator('.leaflet-tile-loaded[src^="/tiles/11/"]').first().waitFor();
        await page.waitForFunction(() => [...document.querySelectorAll(".leaflet-tile")].every((tile) => tile.complete));
        if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/map-tiles.png` });
        // Over the edge of what there is nothing is shown, and nothing is said.
        for (let i = 0; i < 3; i++) await page.getByRole("button", { name: "Zooma ut" }).click();
        await page.locator(".leaflet-tile-loaded").waitFor({ state: "detached" });
        assert.deepEqual([...new Set(asked.map(({ url }) => url.host))], [new URL(local.address).host]);
        assert.ok(asked.some(({ url, status }) => url.pathname.startsWith("/tiles/") && status === 404), "the edge was seen");
        assert.deepEqual(asked.filter(({ url, status }) => status >= 400 && !url.pathname.startsWith("/tiles/")), []);
        assert.deepEqual(asked.filter(({ url }) => /^\/tiles\/(\d|1[3-9])\//.test(url.pathname)), [], "zooms that are not there");
        assert.match((await local.fetch("/")).headers["content-security-policy"], /img-src 'self' data:;/);
        await page.context().close();
    } finally {
        await local.close();
        rmSync(tiles, { recursive: true });
    }
});

test("the map can be used by everybody, in both languages, light and dark, on a phone", async () => {
    for (const [locale, colorScheme, width] of [
        ["sv-SE", "light", 1280],
        ["en-GB", "dark", 360],
    ]) {
        const page = await loggedIn(browser, rond, chief, { locale, colorScheme, viewport: { width, height: 900 } });
        await open(page);
        await page.locator(".spot-box").first().waitFor();
        await page.locator(".spot-box").first().click();
        await page.locator(".map-chosen").waitFor();
        await accessible(page);
        if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/map-${colorScheme}-${width}.png`, fullPage: true });
        if (colorScheme === "light") await fillsWall(page);
        await page.context().close();
    }
});
