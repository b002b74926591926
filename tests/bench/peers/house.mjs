// Where a peer lives for one pass: a folder of its own, a certificate, free ports, and processes that end with this one.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SYNCS = ["fsync", "fdatasync", "sync_file_range", "msync", "syncfs", "sync"];
const START_TRIES = 300, TRY_MS = 50;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The words that start a command so that it does not outlive who started it, as `user` (by default who we are), and, where `trace` names a
// file, so that its calls for the disk are written there.
export function words(command, { trace, user } = {}) {
    const bound = ["setpriv", "--pdeathsig", "KILL"];
    const as = user ? [...bound, "--reuid", user, "--regid", user, "--init-groups"] : bound;
    const traced = ["strace", "-D", "-f", "--seccomp-bpf", "-ttt", "-e", `trace=${SYNCS.join(",")}`, "-o", trace];
    return trace ? [...bound, ...traced, ...as, ...command] : [...as, ...command];
}

async function answers(port) {
    for (let i = 0; i < START_TRIES; i++, await pause(TRY_MS)) {
        const socket = net.connect(port, "127.0.0.1");
        const reached = await new Promise((resolve) => socket.once("connect", () => resolve(true)).once("error", () => resolve(false)));
        socket.destroy();
        if (reached) return;
    }
    throw new Error(`nothing listens on port ${port}`);
}

export class House {
    #processes = []; // {child, name}
    #traces = {};    // name: file

    constructor(directory, isTraced) {
        mkdirSync(directory, { mode: 0o755 });
        this.directory = directory;
        this.isTraced = isTraced;
        this.key = this.path("key.pem");
        this.certificate = this.path("certificate.pem");
        execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", this.key, "-out", this.certificate], { stdio: "ignore" });
        this.tls = { ca: readFileSync(this.certificate), servername: "localhost" };
    }

    path(name) {
        return join(this.directory, name);
    }

    async freePort() {
        const server = net.createServer().listen(0, "127.0.0.1");
        await new Promise((resolve) => server.once("listening", resolve));
        const { port } = server.address();
        await new Promise((resolve) => server.close(resolve));
        return port;
    }

    // A file for the calls of `name`, in a pass that looks at them.
    trace(name) {
        return this.isTraced ? (this.#traces[name] = this.path(`${name}.trace`)) : undefined;
    }

    // `user` as in words(); `ipc`: it speaks to us. Its output goes to NAME.log.
    start(name, command, { user, ipc = false, isStorage = false } = {}) {
        const [program, ...rest] = words(command, { user, trace: isStorage ? this.trace(name) : undefined });
        const log = openSync(this.path(`${name}.log`), "a");
        const child = spawn(program, rest, { cwd: this.directory, stdio: ["ignore", log, log, ...(ipc ? ["ipc"] : [])] });
        child.ended = new Promise((resolve) => child.once("exit", resolve));
        this.#processes.push({ child, name });
        return child;
    }

    // A server on that port; back when it answers there.
    async serve(name, port, command, options) {
        const child = this.start(name, command, options);
        await Promise.race([answers(port), this.#endOf(name, child)]);
        return child;
    }

    // One of our own programs in Node.js, with one argument; back when it says that it is ready.
    async node(name, program, argument) {
        const child = this.start(name, [process.execPath, fileURLToPath(new URL(program, import.meta.url)), JSON.stringify(argument)], { ipc: true });
        const ready = new Promise((resolve) => child.once("message", resolve));
        await Promise.race([ready, this.#endOf(name, child)]);
        return child;
    }

    #endOf(name, child) {
        const end = child.ended.then(() => { throw new Error(`${name} ended:\n${readFileSync(this.path(`${name}.log`), "utf8").slice(-2000)}`); });
        end.catch(() => {}); // where nobody waits any more
        return end;
    }

    // In the order opposite to that in which they were started.
    async stop() {
        for (const { child } of this.#processes.reverse()) {
            child.kill("SIGINT");
            await Promise.race([child.ended, pause(5000).then(() => child.kill("SIGKILL"))]);
        }
        this.#processes = [];
    }

    // How often each of the traced asked for the disk between two times (seconds since 1970).
    syncs(fromS, toS) {
        const call = new RegExp(` (\\d+\\.\\d+) (${SYNCS.join("|")})\\(`);
        const calls = (file) => readFileSync(file, "utf8").split("\n").map((line) => call.exec(line)).filter((found) => found);
        const count = (file) => calls(file).filter(([, time]) => time >= fromS && time <= toS).length;
        return Object.fromEntries(Object.entries(this.#traces).map(([name, file]) => [name, count(file)]));
    }
}

// Passes on what comes to a port of its own, and counts it: the bytes of TCP, as the devices' side sends and receives them.
export async function countingRelay(to) {
    const relay = { up: 0, down: 0 };
    const server = net.createServer((device) => {
        const peer = net.connect(to, "127.0.0.1");
        for (const socket of [device, peer]) socket.setNoDelay(true).on("error", () => {});
        device.on("data", (data) => { relay.up += data.length; }).pipe(peer);
        peer.on("data", (data) => { relay.down += data.length; }).pipe(device);
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    relay.port = server.address().port;
    relay.close = () => server.close();
    return relay;
}
