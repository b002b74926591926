// What the README shows: the pages over the demo's data, light and dark, at a desk and on a phone.
//
//   node screenshots.mjs DEMO OUT    DEMO: the demo's directory (address, people), its server running
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { browse, PASSWORD, settled } from "./rond.mjs";

const [, , demo, out] = process.argv;
if (!out) {
    console.error("usage: node screenshots.mjs DEMO OUT");
    process.exit(2);
}
const address = readFileSync(join(demo, "address"), "utf8").trim();
const people = readFileSync(join(demo, "people"), "utf8").split("\n").map((line) => line.trim().split(/\s+/));
const codes = Object.fromEntries(people.map(([login, , ...rest]) => [login, rest]));
const year = new Date().getFullYear();
const DESK = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 780 };
const SHOTS = [
    { name: "ledger", login: "chef", path: "ledger", locale: "sv-SE", colorScheme: "light", viewport: DESK },
    { name: "ledger-phone-dark", login: "chef", path: "ledger", locale: "sv-SE", colorScheme: "dark", viewport: PHONE },
    { name: "evidence-dark", login: "samordnare", path: `commitments/lund-${year}-station/narvaro`, locale: "en-GB", colorScheme: "dark", viewport: DESK },
    { name: "map", login: "chef", path: `map?from=${year}-01-01&to=${year}-12-31`, locale: "sv-SE", colorScheme: "light", viewport: DESK },
    { name: "presence", login: "chef", path: "presence", locale: "sv-SE", colorScheme: "light", viewport: DESK },
    { name: "promise-editor", login: "admin", path: `promises/edit/lund-${year}-station`, locale: "sv-SE", colorScheme: "light", viewport: DESK },
    { name: "joins-phone", login: "samordnare", path: "joins", locale: "en-GB", colorScheme: "light", viewport: PHONE },
];

mkdirSync(out, { recursive: true });
const browser = await browse();
for (const login of new Set(SHOTS.map((one) => one.login))) {
    const first = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await first.newPage();
    await page.goto(address + "/login");
    await page.fill("#login", login);
    await page.fill("#password", PASSWORD);
    await page.fill("#code", codes[login].shift());
    await page.click("button");
    await page.waitForSelector("main h1");
    const storageState = await first.storageState();
    await first.close();
    for (const { name, path, ...options } of SHOTS.filter((one) => one.login === login)) {
        const context = await browser.newContext({ ignoreHTTPSErrors: true, storageState, ...options });
        const shown = await context.newPage();
        await shown.goto(`${address}/#/${path}`);
        await settled(shown, path);
        await shown.screenshot({ path: join(out, `${name}.png`), animations: "disabled" });
        console.log(join(out, `${name}.png`));
        await context.close();
    }
}
await browser.close();
