// A real rondd with synced data and people of every role, started by the tests; and Chromium to look at it with.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { createRequire } from "node:module";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const bin = resolve(root, "build", process.env.VARIANT ?? "release");
process.env.ROND_AS_ROOT = "1"; // where root runs it: server/privileges.h
export const PASSWORD = "tre gröna äpplen";

const run = (program, ...options) =>
    execFileSync(join(bin, program), options, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], cwd: root });
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// A server with the promises of Lund 2015 and so many handhelds; `close` ends it and removes what it made.
export class Rond {
    static async open(more = "") {
        const rond = new Rond();
        rond.directory = mkdtempSync(join(tmpdir(), "rond-web-"));
        rond.data = join(rond.directory, "server");
        run("rondctl", "--data", rond.data, "init", "--name", "Web CA");
        rond.ports = { devices: 0, enrolment: 0, operations: 0, people: 0 };
        rond.more = more;
        await rond.start();
        rond.ctl("promise", "import", "tests/fixtures/lund-2015.yaml");
        return rond;
    }
    ctl(...options) {
        return run("rondctl", "--data", this.data, ...options);
    }
    held(name, ...options) {
        return run("rond", "--dir", join(this.directory, name), ...options);
    }
    async start() {
        const conf = join(this.directory, "rondd.conf");
        const listen = Object.entries(this.ports).map(([name, port]) => `${name} = 127.0.0.1:${port}`);
        writeFileSync(
            conf,
            `[server]\ndata_dir = ${this.data}\nhostnames = localhost\n[listen]\n${listen.join("\n")}\n[retention]\nhour = 24\n` +
                `[people]\nlogins_per_minute = 1000\n${this.more}\n`,
        );
        rmSync(join(this.data, "ports"), { force: true });
        this.server = spawn(join(bin, "rondd"), ["--config", conf], { stdio: ["ignore", "ignore", "pipe"] });
        this.log = "";
        this.server.stderr.on("data", (text) => (this.log += text));
        for (let i = 0; i < 500 && !existsSync(join(this.data, "ports")); i++) {
            if (this.server.exitCode !== null) throw new Error(`rondd ended with ${this.server.exitCode}: ${this.log}`);
            await sleep(20);
        }
        for (const line of readFileSync(join(this.data, "ports"), "utf8").split("\n")) {
            const [name, port] = line.split("=");
            if (name in this.ports) this.ports[name] = Number(port);
        }
        this.address = `https://localhost:${this.ports.people}`;
    }
    async stop() {
        const ended = new Promise((done) => this.server.once("exit", done));
        this.server.kill("SIGTERM");
        await ended;
    }
    // Ends it and begins it again over the same data, at the same ports.
    async restart() {
        await this.stop();
        await this.start();
    }
    // What is answered there, once what is made in the background is as it should be.
    async until(path, isThere = (answer) => answer.status === 200) {
        for (const end = Date.now() + 30_000; ; await sleep(50)) {
            const answer = await this.fetch(path);
            if (await isThere(answer)) return answer;
            if (Date.now() > end) throw new Error(`${path}: ${answer.status} after 30 s`);
        }
    }
    async close() {
        if (this.server.exitCode === null) await this.stop();
        rmSync(this.directory, { recursive: true, force: true });
    }
    enrol(name, organisation, role, area = "lund") {
        const code = this.ctl("device", "code", "--organisation", organisation, "--area", area, "--role", role).trim().split("\n")[0];
        this.held(name, "enrol", `https://localhost:${this.ports.enrolment}`, code, "--name", name);
        this.sync(name);
    }
    sync(name) {
        this.held(name, "sync", "--deadline", "20");
    }
    // Its short reference.
    report(name, ...options) {
        return JSON.parse(this.held(name, "--json", "report", ...options)).reference;
    }
    // Adds a person and sets password and second factor; what they log in with.
    async person(login, role, ...options) {
        const code = this.ctl("person", "add", login, "--name", `${login} ${role}`, "--role", role, ...options).trim().split("\n")[0];
        const answer = await this.post("/api/v1/setup", { login, code, password: PASSWORD });
        const { second_factor, recovery_codes } = await answer.json();
        return { login, role, secret: second_factor, recovery: recovery_codes, steps: 0 };
    }
    async post(path, body, headers = {}) {
        const response = await this.fetch(path, {
            method: "POST",
            headers: { Origin: this.address, "Content-Type": "application/json", ...headers },
            body: JSON.stringify(body),
        });
        if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
        return response;
    }
    fetch(path, init) {
        return fetchTrusting(readFileSync(join(this.data, "ca.crt")), this.address + path, init);
    }
}

// node's fetch takes no certificate authority of one's own, so https does it.
async function fetchTrusting(ca, url, { method = "GET", headers = {}, body } = {}) {
    const { request } = await import("node:https");
    return new Promise((done, fail) => {
        const length = body ? { "Content-Length": Buffer.byteLength(body) } : {};
        const asked = request(url, { method, headers: { ...headers, ...length }, ca }, (answer) => {
            const parts = [];
            answer.on("data", (part) => parts.push(part));
            answer.on("end", () => {
                const bytes = Buffer.concat(parts);
                done({
                    ok: answer.statusCode < 300,
                    status: answer.statusCode,
                    headers: answer.headers,
                    bytes,
                    text: async () => bytes.toString(),
                    json: async () => JSON.parse(bytes.toString()),
                });
            });
        });
        asked.on("error", fail);
        if (body) asked.write(body);
        asked.end();
    });
}

export async function browse() {
    return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
}

export function totp(secret, step) {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits = "";
    for (const letter of secret.replace(/=+$/, "")) bits += alphabet.indexOf(letter).toString(2).padStart(5, "0");
    const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const mac = createHmac("sha1", key).update(counter).digest();
    const at = mac[19] & 15;
    return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, "0");
}

// A page of someone who has logged in by the form, as people do. Every code counts once, so the next one of that person is
// one of the recovery codes.
export async function loggedIn(browser, rond, person, options = {}) {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: "sv-SE", ...options });
    const page = await context.newPage();
    watch(page);
    await page.goto(rond.address + "/login");
    return logIn(page, person);
}

// On the page of the log-in.
export async function logIn(page, person) {
    await page.fill("#login", person.login);
    await page.fill("#password", PASSWORD);
    await page.fill("#code", person.steps++ === 0 ? totp(person.secret, Math.floor(Date.now() / 30000)) : person.recovery.shift());
    await page.click("button");
    await page.waitForSelector("main h1");
    return page;
}

// The page of that address is there, and has loaded what it shows.
export async function settled(page, path) {
    await page.locator(`main [data-page="${path.split("?")[0].replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"] h1`).waitFor();
    await page.waitForFunction(() => !document.querySelector("main [aria-busy=true]"));
}

// What a browser complains of is a failure of the test: scripts that break, content that the policy refuses.
export const complaints = [];
export function watch(page) {
    page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error.message}`));
    page.on("console", (message) => {
        if (message.type() === "error" && !/Failed to load resource/.test(message.text()))
            complaints.push(`${page.url()}: ${message.text()}`);
    });
}

// What axe-core finds against WCAG 2.1 A and AA in the page as it stands, which must be nothing. Its code comes by the browser's
// own door for tools, which the page's policy on scripts leaves as it is.
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export async function accessible(page) {
    if (!(await page.evaluate("typeof axe === 'object'"))) await page.evaluate(AXE);
    const { violations, passes } = await page.evaluate(() =>
        axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"] }),
    );
    const found = violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`) }));
    assert.deepEqual(found, [], page.url());
    assert.ok(passes.length > 0, "axe looked at something");
    await fits(page);
}

// Nothing reaches over the edge of the page. The narrowest that anybody must be able to use: WCAG 2.1, 1.4.10.
export const NARROW = 320;
export async function fits(page) {
    const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    assert.ok(wide <= room, `${page.url()}: ${wide} px in ${room}`);
}

// On a wall: the page fills it, with letters that are read from afar.
export async function fillsWall(page) {
    for (const [width, height, letters] of [[1920, 1080, 16], [3840, 2160, 28]]) {
        await page.setViewportSize({ width, height });
        await accessible(page);
        const [filled, size] = await page.evaluate(() => [
            document.querySelector("main").getBoundingClientRect().right - document.querySelector("nav").getBoundingClientRect().left,
            parseFloat(getComputedStyle(document.querySelector("main")).fontSize),
        ]);
        assert.ok(filled > 0.75 * width, `${page.url()}: ${filled} px of ${width}`);
        assert.equal(size, letters);
    }
}

// Both ends of what people look at it with.
export async function usable(page) {
    for (const [colorScheme, width] of [["light", 1280], ["dark", NARROW]]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        await accessible(page);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
}
