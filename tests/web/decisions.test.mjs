// What people decide about reports: which are one activity, and what becomes of those in quarantine.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, browse, complaints, loggedIn, Rond } from "./rond.mjs";

let rond, browser, chief, coordinator, partner;
const refs = {};
const check = (from, to) => [
    ...["check", "--of", "cyclist_behaviour", "--form", "targeted", "--checked", "5", "--place", "stortorget"],
    ...["--from", `2015-05-04 ${from}`, "--to", `2015-05-04 ${to}`],
];
const meeting = (day) => ["meeting", "--with", "taxi_trade", "--with-org", "okand-org", "--from", `${day} 10:00`, "--to", `${day} 11:00`];

before(async () => {
    rond = await Rond.open();
    rond.enrol("patrol-1", "polisen", "police_officer");
    rond.enrol("patrol-2", "polisen", "police_officer");
    rond.enrol("kommun", "lunds-kommun", "municipal_staff");
    refs.one = rond.report("patrol-1", ...check("14:00", "15:00"));
    for (const [i, day] of ["2015-05-14", "2015-05-15", "2015-05-16", "2015-05-17"].entries()) refs[`bad${i}`] = rond.report("patrol-1", ...meeting(day));
    refs.theirs = rond.report("kommun", ...meeting("2015-06-14"));
    refs.two = rond.report("patrol-2", ...check("14:20", "15:20"));
    for (const name of ["patrol-1", "patrol-2", "kommun"]) rond.sync(name);
    browser = await browse();
    chief = await rond.person("chief", "area_chief", "--organisation", "polisen", "--area", "lund");
    coordinator = await rond.person("coordinator", "coordinator", "--organisation", "lunds-kommun", "--area", "lund");
    partner = await rond.person("partner", "partner_viewer", "--organisation", "polisen", "--area", "lund");
});
after(async () => {
    await browser?.close();
    await rond?.close();
    assert.deepEqual(complaints, []);
});

const done = (commitment) => {
    const areas = JSON.parse(rond.ctl("--json", "progress")).areas;
    return areas.flatMap((one) => one.promises).flatMap((one) => one.commitments).find((one) => one.commitment === commitment).done;
};

test("two reports of one activity are joined, which counts them once; undone, they count apart", async () => {
    const page = await loggedIn(browser, rond, chief);
    await page.goto(rond.address + "/#/joins");
    const offer = page.locator("li.card", { hasText: refs.one });
    await offer.locator("text=2 blir 1").waitFor();
    await accessible(page);
    await offer.getByRole("button", { name: /^Samma insats/ }).click();
    await page.locator(".done", { hasText: "Sammanförda" }).waitFor();
    await offer.waitFor({ state: "detached" });
    assert.equal(done("lund-2015-trafik/cykel"), 1);
    await page.locator("ul.rows > li", { hasText: refs.two }).getByText(/^chief, /).waitFor();
    await page.locator(".state").getByRole("button", { name: "Ångra" }).click();
    await offer.waitFor();
    assert.equal(done("lund-2015-trafik/cykel"), 2);
    await page.context().close();
});

test("a joined report is parted on its own page, and told apart ones are not offered again", async () => {
    const page = await loggedIn(browser, rond, coordinator, { locale: "en-GB" });
    await page.goto(rond.address + "/#/joins");
    await page.getByRole("button", { name: /^The same activity/ }).click();
    await page.locator(".done", { hasText: "Joined" }).waitFor();
    await page.goto(`${rond.address}/#/reports/${refs.one}`);
    await page.getByRole("button", { name: "Count it on its own" }).click();
    await page.locator(".plain-list", { hasText: "Counts on its own" }).waitFor();
    assert.equal(done("lund-2015-trafik/cykel"), 2);
    for (const name of [/^Undo Counts/, /^Undo The same/]) await page.getByRole("button", { name }).click();
    await page.goto(rond.address + "/#/joins");
    await page.getByRole("button", { name: /^Not the same/ }).click();
    await page.locator(".state", { hasText: "No reports are like each other." }).waitFor();
    await accessible(page);
    await page.context().close();
});

test("what is in quarantine is released, or set aside, with a reason that is kept", async () => {
    const page = await loggedIn(browser, rond, chief);
    await page.goto(rond.address + "/#/quarantine");
    const row = (name) => page.locator("ul.rows > li", { hasText: refs[name] });
    await row("bad0").locator("text=Organisationen är inte känd här. (okand-org)").waitFor();
    await accessible(page);
    const before = done("lund-2015-trafik/taximoten");
    await row("bad0").getByRole("button", { name: /^Släpp/ }).click();
    await page.locator("dialog input").fill("Mötet hölls");
    await accessible(page);
    await page.locator("dialog").getByRole("button", { name: "Släpp" }).click();
    await row("bad0").waitFor({ state: "detached" });
    assert.equal(done("lund-2015-trafik/taximoten"), before + 1);
    await row("bad1").getByRole("button", { name: /^Lägg/ }).click();
    await page.locator("dialog").getByRole("button", { name: "Lägg åt sidan" }).click();
    await page.locator("dialog .fault", { hasText: "Skriv varför." }).waitFor();
    await page.locator("dialog input").fill("Dubbelt skriven");
    await page.locator("dialog").getByRole("button", { name: "Lägg åt sidan" }).click();
    await row("bad1").waitFor({ state: "detached" });
    assert.equal(done("lund-2015-trafik/taximoten"), before + 1);
    assert.match(rond.ctl("--json", "audit"), /reason=Dubbelt skriven/);
    await page.selectOption(".filters select", "all");
    await row("bad1").locator(".tag", { hasText: "åt sidan" }).waitFor();
    await page.context().close();
});

test("a report is amended: it counts, in the name of whoever did it, and what came stays", async () => {
    const page = await loggedIn(browser, rond, chief);
    await page.goto(rond.address + "/#/quarantine");
    const before = done("lund-2015-trafik/taximoten");
    await page.locator("ul.rows > li", { hasText: refs.bad3 }).getByRole("button", { name: /^Rätta/ }).click();
    const dialog = page.locator("dialog");
    await dialog.getByRole("button", { name: "Rätta och släpp" }).click();
    await dialog.locator(".fault", { hasText: "Ingenting är ändrat." }).waitFor();
    await dialog.getByLabel("Från").fill("2015-05-17T12:30"); // later than it ended
    await dialog.getByLabel("Medverkande").selectOption("lunds-kommun");
    await dialog.getByLabel("Varför?").fill("Kommunen var med");
    await dialog.getByRole("button", { name: "Rätta och släpp" }).click();
    await dialog.locator(".fault").first().waitFor();
    assert.equal(await dialog.getByLabel("Medverkande").inputValue(), "lunds-kommun"); // nothing is lost
    await accessible(page);
    await dialog.getByLabel("Från").fill("2015-05-17T10:15");
    await dialog.getByRole("button", { name: "Rätta och släpp" }).click();
    await page.locator(".done", { hasText: "rättad och släppt" }).waitFor();
    assert.equal(done("lund-2015-trafik/taximoten"), before + 1);
    await page.goto(`${rond.address}/#/reports/${refs.bad3}`);
    await page.locator("dd", { hasText: "okand-org" }).waitFor();
    await page.locator(".plain-list", { hasText: "Rättad vid granskning: Medverkande = lunds-kommun" }).waitFor();
    assert.match(rond.ctl("verify"), /sound/);
    await page.context().close();
});

test("what somebody else decided meanwhile is told, and what was typed stays", async () => {
    const page = await loggedIn(browser, rond, chief);
    await page.goto(rond.address + "/#/quarantine");
    await page.locator("ul.rows > li", { hasText: refs.bad2 }).getByRole("button", { name: /^Släpp/ }).click();
    await page.locator("dialog input").fill("Mötet hölls");
    rond.ctl("quarantine", "discard", refs.bad2);
    await page.locator("dialog").getByRole("button", { name: "Släpp" }).click();
    await page.locator("dialog [role=alert]").waitFor();
    assert.equal(await page.locator("dialog input").inputValue(), "Mötet hölls");
    await page.context().close();
});

test("who may only look has nothing to press, and another organisation's quarantine is its own", async () => {
    const page = await loggedIn(browser, rond, partner);
    await page.goto(rond.address + "/#/quarantine?which=all");
    await page.locator("ul.rows > li").first().waitFor();
    assert.equal(await page.locator("main ul.rows button").count(), 0);
    await page.goto(rond.address + "/#/joins");
    await page.locator("#log + ul, #log ~ .state").first().waitFor();
    assert.equal(await page.locator("main li button").count(), 0);
    await page.context().close();
    const chiefs = await loggedIn(browser, rond, chief);
    await chiefs.goto(rond.address + "/#/quarantine");
    const theirs = chiefs.locator("ul.rows > li", { hasText: refs.theirs });
    await theirs.locator("text=Den egna organisationen beslutar.").waitFor();
    assert.equal(await theirs.locator("button").count(), 0);
    await chiefs.context().close();
});
