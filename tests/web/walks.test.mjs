// The register of unsafe places: what a handheld's walk found, what is decided about it here, and what the handheld has then.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, browse, complaints, loggedIn, Rond } from "./rond.mjs";

let rond, browser, chief, coordinator, partner, auditor;
const walk = (device, place, cause, due, ...more) => {
    const unsafe = `place=${place},cause=${cause},responsible=lunds-kommun,action=lampor,due=${due},id=1`;
    return rond.report(device, "walk", "--from", "2015-05-08 18:00", "--to", "2015-05-08 19:00", "--unsafe", unsafe, ...more);
};
const listOf = (device) => {
    rond.sync(device);
    return rond.held(device, "actions");
};

before(async () => {
    rond = await Rond.open();
    rond.enrol("patrol-1", "polisen", "police_officer");
    rond.enrol("host-1", "jernhusen", "station_host");
    walk("patrol-1", "bangatan", "mörkt i gången", "2099-06-01");
    walk("patrol-1", "stortorget", "trasig belysning", "2015-06-01");
    walk("patrol-1", "clemenstorget", "skymd sikt", "2099-07-01");
    rond.sync("patrol-1");
    browser = await browse();
    chief = await rond.person("chief", "area_chief", "--organisation", "polisen", "--area", "lund");
    coordinator = await rond.person("coordinator", "coordinator", "--organisation", "lunds-kommun", "--area", "lund");
    partner = await rond.person("partner", "partner_viewer", "--organisation", "jernhusen", "--area", "lund");
    auditor = await rond.person("auditor", "auditor", "--organisation", "*", "--area", "*");
});
after(async () => {
    await browser?.close();
    await rond?.close();
    assert.deepEqual(complaints, []);
});

const open = async (page, query = "") => {
    await page.goto(`${rond.address}/#/walks${query}`);
    await page.locator("h1", { hasText: /Trygghetsvandringar|Safety walks/ }).waitFor();
};
const row = (page, text) => page.locator("tbody tr", { hasText: text });

test("a handheld's unsafe place is in the register, what is overdue first and in words", async () => {
    const page = await loggedIn(browser, rond, chief);
    await page.getByRole("link", { name: "Trygghetsvandringar", exact: true }).click();
    await row(page, "Clemenstorget").waitFor();
    const first = await page.locator("tbody tr").first().textContent();
    assert.match(first, /Stortorget.*trasig belysning.*lampor.*1 juni 2015.*Öppen.*Försenad/);
    assert.doesNotMatch(await row(page, "Bangatan").textContent(), /Försenad/);
    await page.selectOption(".filters select", "overdue");
    await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
    assert.match(page.url(), /which=overdue/);
    await page.context().close();
});

test("what is closed here goes from the handheld's list, and comes back where it is opened again; no figure changes", async () => {
    assert.match(listOf("host-1"), /bangatan|Bangatan/);
    const page = await loggedIn(browser, rond, chief);
    await open(page);
    await page.getByRole("button", { name: "Stäng: Bangatan" }).click();
    const dialog = page.locator("dialog");
    await accessible(page);
    await dialog.getByRole("button", { name: "Stäng" }).click();
    await dialog.locator(".fault", { hasText: "Skriv varför." }).waitFor();
    await dialog.locator("input").fill("Gången är riven");
    await page.keyboard.press("Enter");
    await page.locator(".said", { hasText: "Bangatan är stängd." }).waitFor();
    await row(page, "Bangatan").waitFor({ state: "detached" });
    assert.doesNotMatch(listOf("host-1"), /bangatan/i);
    assert.match(listOf("host-1"), /clemenstorget/i);
    assert.match(rond.ctl("--json", "audit"), /walk\.close.*Gången är riven/);
    const progress = JSON.parse(rond.ctl("--json", "progress").trim().split("\n")[0]);
    const commitments = progress.areas.flatMap((area) => area.promises).flatMap((one) => one.commitments);
    const { sum } = commitments.find((one) => one.commitment === "lund-2015-station/atgarder");
    assert.equal(sum.actions_closed, 0);
    assert.equal(sum.actions_open, 3);
    await page.selectOption(".filters select", "closed");
    await row(page, "Bangatan").getByText("Stängd här").waitFor();
    await page.getByRole("button", { name: "Öppna igen: Bangatan" }).click();
    await dialog.getByRole("button", { name: "Öppna igen" }).click();
    await page.locator(".said", { hasText: "Bangatan är öppen igen." }).waitFor();
    assert.match(listOf("host-1"), /bangatan/i);
    await page.context().close();
});

test("who is responsible, what is promised and until when go down, too", async () => {
    const page = await loggedIn(browser, rond, coordinator, { locale: "en-GB" });
    await open(page);
    assert.doesNotMatch(await row(page, "Stortorget").textContent(), /trasig belysning|lampor/); // another organisation's texts
    await page.getByRole("button", { name: "Change: Stortorget" }).click();
    const dialog = page.locator("dialog");
    await accessible(page);
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.locator(".state", { hasText: "Nothing is changed." }).waitFor();
    await dialog.getByLabel("Promised action").fill("ring 19121212-1212");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.locator(".fault").waitFor(); // beside its field, and what was typed is there
    assert.equal(await dialog.getByLabel("Promised action").inputValue(), "ring 19121212-1212");
    await dialog.getByLabel("Promised action").fill("nya armaturer");
    await dialog.getByLabel("Responsible").selectOption("jernhusen");
    await dialog.getByLabel("Due").fill("2099-09-30");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.locator(".said", { hasText: "Saved for Stortorget." }).waitFor();
    await row(page, "Stortorget").getByText("nya armaturer").first().waitFor();
    assert.match(listOf("host-1"), /nya armaturer/);
    await page.context().close();
});

test("what another did meanwhile is told and not overwritten, and what was typed stays", async () => {
    const page = await loggedIn(browser, rond, chief);
    await open(page);
    await page.getByRole("button", { name: "Ändra: Clemenstorget" }).click();
    const dialog = page.locator("dialog");
    await dialog.getByLabel("Utlovad åtgärd").fill("beskära häcken");
    const [place] = rond.ctl("--json", "walk", "list").trim().split("\n").map((line) => JSON.parse(line)).filter((one) => one.place === "clemenstorget");
    rond.ctl("walk", "set", place.reference, place.finding, "--action", "spegel vid hörnet");
    await dialog.getByRole("button", { name: "Spara" }).click();
    await dialog.locator("[role=alert]", { hasText: "Någon annan har ändrat platsen" }).waitFor();
    await dialog.locator("[role=alert]", { hasText: "spegel vid hörnet" }).waitFor();
    assert.equal(await dialog.getByLabel("Utlovad åtgärd").inputValue(), "beskära häcken");
    await accessible(page);
    await dialog.getByRole("button", { name: "Spara" }).click();
    await page.locator(".said", { hasText: "Sparat för Clemenstorget." }).waitFor();
    await row(page, "Clemenstorget").locator("details summary").click();
    await row(page, "Clemenstorget").locator("li", { hasText: "spegel vid hörnet" }).waitFor();
    await page.context().close();
});

test("a re-walk that finds it safe puts it right, seen without a reload", async () => {
    const page = await loggedIn(browser, rond, chief);
    await open(page);
    await page.locator(".live.on").waitFor();
    await row(page, "Bangatan").waitFor();
    const found = await row(page, "Bangatan").locator("a.code").first().textContent();
    rond.report("host-1", "walk", "--from", "2015-05-20 18:00", "--to", "2015-05-20 18:30", "--safe", `place=bangatan,id=1,rewalk=${found}:1`);
    rond.sync("host-1");
    await row(page, "Bangatan").waitFor({ state: "detached" });
    await page.selectOption(".filters select", "safe");
    await row(page, "Bangatan").getByText("Trygg vid återbesök").waitFor();
    assert.match(await row(page, "Bangatan").textContent(), /2 besök/);
    await page.context().close();
});

test("a partner sees the register and decides nothing; an auditor has no such page", async () => {
    const page = await loggedIn(browser, rond, partner);
    await open(page, "?which=all");
    await row(page, "Stortorget").waitFor();
    assert.equal(await page.getByRole("button", { name: /^(Ändra|Stäng)/ }).count(), 0);
    assert.doesNotMatch(await page.locator("main").textContent(), /trasig belysning|lampor|nya armaturer|riven|Inget utlovat/);
    await row(page, "Stortorget").getByText("Visas inte här").waitFor();
    await row(page, "Stortorget").getByText(/^Vad vandringen skrev visas för/).waitFor();
    await page.context().close();
    const other = await loggedIn(browser, rond, auditor);
    await other.goto(`${rond.address}/#/walks`);
    await other.locator(".state", { hasText: "Det ingår inte i din roll." }).waitFor();
    await other.context().close();
});

for (const [name, options] of Object.entries({
    "light and wide": { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
    "dark and narrow": { viewport: { width: 360, height: 740 }, colorScheme: "dark", locale: "en-GB" },
}))
    test(`it is accessible and fits: ${name}`, async () => {
        const page = await loggedIn(browser, rond, chief, options);
        await open(page, "?which=all");
        await row(page, "Stortorget").waitFor();
        await accessible(page);
        if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/walks-${options.colorScheme}.png`, fullPage: true });
        await page.context().close();
    });
