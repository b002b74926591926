// Reports posted as JSON over HTTPS, each device on a connection that is kept, the next request when the last one is answered.
import { randomBytes } from "node:crypto";
import { chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { execFileSync, spawnSync } from "node:child_process";
import https from "node:https";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import pg from "pg";

const PROGRAMS = "/usr/lib/postgresql";
const SAYS = "PostgreSQL fdatasyncs its log before a commit returns (fsync, synchronous_commit: on), commits of one moment together; then 201";
const identity = (flag, user) => Number(execFileSync("id", user ? [flag, user] : [flag], { encoding: "utf8" }));

// A PostgreSQL of our own, not root's, on a port of loopback.
async function database(house) {
    const version = readdirSync(PROGRAMS).sort((a, b) => a - b).at(-1), program = (name) => join(PROGRAMS, version, "bin", name);
    const user = process.getuid() === 0 ? "postgres" : undefined, data = house.path("postgresql"), password = randomBytes(16).toString("hex");
    const port = await house.freePort(), secret = house.path("password");
    mkdirSync(data, { mode: 0o700 });
    writeFileSync(secret, password, { mode: 0o600 });
    if (user) for (const path of [data, secret]) chownSync(path, identity("-u", user), identity("-g", user));
    const as = user ? ["setpriv", "--reuid", user, "--regid", user, "--init-groups"] : ["env"];
    const make = [program("initdb"), "-D", data, "-U", "bench", "-A", "scram-sha-256", "--pwfile", secret, "-E", "UTF8", "--locale", "C", "-N"];
    const made = spawnSync(as[0], [...as.slice(1), ...make], { encoding: "utf8", cwd: house.directory });
    if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
    const settings = { listen_addresses: "127.0.0.1", port, unix_socket_directories: "", fsync: "on", synchronous_commit: "on" };
    const set = Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
    await house.serve("postgresql", port, [program("postgres"), "-D", data, ...set], { user, isStorage: true });
    return { host: "127.0.0.1", port, user: "bench", database: "postgres", password };
}

async function start(house) {
    const port = await house.freePort(), ours = await database(house);
    await house.node("http", "http_server.mjs", { port, key: house.key, certificate: house.certificate, database: ours });
    const stored = async () => {
        const client = new pg.Client(ours);
        await client.connect();
        const { rows } = await client.query({ text: "SELECT id FROM reports", rowMode: "array" });
        await client.end();
        return rows.map(([id]) => id);
    };
    return { port, stored };
}

function ask(house, agent, port, method, body, headers) {
    return new Promise((resolve, reject) => {
        const whole = { ...headers, "Content-Length": body?.length ?? 0 };
        const request = https.request({ ...house.tls, host: "127.0.0.1", port, agent, method, path: "/reports", headers: whole }, (response) => {
            response.resume().once("end", () => (response.statusCode < 300 ? resolve() : reject(new Error(`answered ${response.statusCode}`))));
        });
        request.once("error", reject).end(body);
    });
}

// bodies: of one device's reports, what is posted.
const peer = ({ name, reportsPerDevice, says, bodies, headers }) => ({
    name, reportsPerDevice, says, start,
    async devices(house, server, port, loads) {
        const all = loads.map((reports) => ({ agent: new https.Agent({ keepAlive: true, maxSockets: 1 }), bodies: bodies(reports) }));
        await Promise.all(all.map(({ agent }) => ask(house, agent, port, "GET")));
        return {
            async send() {
                await Promise.all(all.map(async ({ agent, bodies }) => {
                    for (const body of bodies) await ask(house, agent, port, "POST", body, { "Content-Type": "application/json", ...headers });
                }));
            },
            close: () => all.forEach(({ agent }) => agent.destroy()),
        };
    },
});

const BATCH_REPORTS = 100;
const batches = (reports) => Array.from({ length: Math.ceil(reports.length / BATCH_REPORTS) }, (_, i) =>
    Buffer.from(`[${reports.slice(i * BATCH_REPORTS, (i + 1) * BATCH_REPORTS).map(({ body }) => body).join(",")}]`));

export const batch = peer({ name: "HTTP, JSON batches of 100, PostgreSQL", reportsPerDevice: 1000, says: SAYS, bodies: batches });
export const gzip = peer({
    name: "HTTP, the same batches in gzip, PostgreSQL", reportsPerDevice: 1000, says: "the same",
    bodies: (reports) => batches(reports).map((body) => gzipSync(body)), headers: { "Content-Encoding": "gzip" },
});
export const submission = peer({
    name: "HTTP, a POST a submission, PostgreSQL", reportsPerDevice: 100, says: "the same",
    bodies: (reports) => reports.map(({ body }) => Buffer.from(body)),
});
