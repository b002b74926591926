// Each device's database, in memory, replicates to one of pouchdb-server in LevelDB. pouchdb-server has no TLS.
import http from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fetch } from "pouchdb-fetch";
import PouchDB from "pouchdb-core";
import httpAdapter from "pouchdb-adapter-http";
import memory from "pouchdb-adapter-memory";
import replication from "pouchdb-replication";

PouchDB.plugin(httpAdapter).plugin(memory).plugin(replication);
const BATCH_REPORTS = 100;
const PROGRAM = join(dirname(createRequire(import.meta.url).resolve("pouchdb-server/package.json")), "bin", "pouchdb-server");

export const name = "PouchDB to pouchdb-server, no TLS";
export const reportsPerDevice = 100;
export const says = "LevelDB writes without a sync and acknowledges from the page cache; it has no setting for more";

const open = (port, agent) => new PouchDB(`http://127.0.0.1:${port}/reports`, { fetch: (url, options) => fetch(url, { ...options, agent }) });

export async function start(house) {
    const port = await house.freePort();
    const words = [PROGRAM, "--port", port, "--dir", house.path("level"), "--config", house.path("config.json"), "--no-stdout-logs"];
    await house.serve("pouchdb-server", port, [process.execPath, ...words], { isStorage: true });
    await open(port).info(); // made where it is not there
    return { port, stored: async () => (await open(port).allDocs()).rows.map(({ id }) => id) };
}

export async function devices(house, server, port, loads) {
    const all = await Promise.all(loads.map(async (reports, index) => {
        const local = new PouchDB(`device-${index}`, { adapter: "memory" }), agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        await local.bulkDocs(reports.map(({ id: _id, body }) => {
            const { id, ...fields } = JSON.parse(body);
            return { _id, ...fields };
        }));
        const remote = open(port, agent);
        await remote.info(); // connects
        return { local, remote, agent };
    }));
    return {
        async send() {
            await Promise.all(all.map(({ local, remote }) => local.replicate.to(remote, { batch_size: BATCH_REPORTS })));
        },
        close: () => all.forEach(({ agent }) => agent.destroy()),
    };
}
