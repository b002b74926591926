#!/usr/bin/env node
// One pass of one peer, started, filled, checked and stopped; says in a line of JSON what it came to.
//
//   run.mjs rate PEER REPORTS DIRECTORY       {"reports", "per_s", "acknowledged_per_s": by a broker, before they are kept}
//   run.mjs look PEER REPORTS DIRECTORY       {"name", "says", "up", "down", "syncs": [[PROCESS, CALLS], ...]}: a report, and of 1,000 reports
//
// REPORTS: a line {"device", "report": {"id", ...}} each, a device's in their order. DIRECTORY must not be there; it is removed. The clock starts
// when all devices are connected and stops when the last report is where it is kept. A look goes through a relay that counts bytes and under
// strace, which counts the calls that ask for the disk; neither is in the way of a rate.
import { readFileSync, rmSync } from "node:fs";
import { countingRelay, House } from "./house.mjs";

const LOOK_REPORTS_PER_DEVICE = 100;
const PEERS = {
    mosquitto: () => import("./mosquitto.mjs"),
    nats: () => import("./nats.mjs"),
    pouchdb: () => import("./pouchdb.mjs"),
    batch: async () => (await import("./http.mjs")).batch,
    gzip: async () => (await import("./http.mjs")).gzip,
    submission: async () => (await import("./http.mjs")).submission,
};

function readLoads(file, reportsPerDevice) {
    const loads = [];
    for (const line of readFileSync(file, "utf8").trimEnd().split("\n")) {
        const { device, report } = JSON.parse(line);
        (loads[device] ??= []).push({ id: report.id, body: JSON.stringify(report) });
    }
    return loads.map((reports) => reports.slice(0, reportsPerDevice));
}

function checkStored(ids, loads) {
    const wanted = loads.flat().map(({ id }) => id).sort(), found = [...ids].sort();
    if (wanted.length !== found.length || wanted.some((id, i) => id !== found[i]))
        throw new Error(`${found.length} reports are stored, ${new Set(found).size} different ones, of ${wanted.length}`);
}

async function pass(peer, house, loads) {
    const server = await peer.start(house), relay = house.isTraced ? await countingRelay(server.port) : null;
    const devices = await peer.devices(house, server, relay?.port ?? server.port, loads);
    const before = { ...relay }, startS = Date.now() / 1000, start = performance.now();
    const acknowledgedAt = await devices.send();
    const end = performance.now(), endS = Date.now() / 1000, after = { ...relay };
    await devices.close();
    relay?.close();
    checkStored(await server.stored(), loads);
    await house.stop();
    const reports = loads.flat().length;
    const perSecond = (until) => until && 1000 * reports / (until - start);
    if (!house.isTraced) return { reports, per_s: perSecond(end), acknowledged_per_s: perSecond(acknowledgedAt) };
    const syncs = Object.entries(house.syncs(startS, endS)).map(([name, calls]) => [name, 1000 * calls / reports]);
    return { name: peer.name, says: peer.says, up: (after.up - before.up) / reports, down: (after.down - before.down) / reports, syncs };
}

const [what, which, file, directory] = process.argv.slice(2);
if (!["rate", "look"].includes(what) || !PEERS[which] || !directory) {
    console.error(`usage: run.mjs rate|look ${Object.keys(PEERS).join("|")} REPORTS DIRECTORY`);
    process.exit(2);
}
process.on("unhandledRejection", (error) => { console.error(`bench: ${which}:`, error); process.exit(1); });
const peer = await PEERS[which](), house = new House(directory, what === "look");
try {
    console.log(JSON.stringify(await pass(peer, house, readLoads(file, what === "look" ? LOOK_REPORTS_PER_DEVICE : peer.reportsPerDevice))));
} catch (error) {
    console.error(`bench: ${which}:`, error);
    process.exitCode = 1;
} finally {
    await house.stop();
    rmSync(directory, { recursive: true, force: true });
}
process.exit();
