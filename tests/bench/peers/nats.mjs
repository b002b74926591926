// A message a report into a stream on disk, all of a device's at once, over TLS, each acknowledged by the stream.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { jetstreamManager, StorageType } from "@nats-io/jetstream";
import { connect as connectTo, createInbox } from "@nats-io/transport-node";
import { sqliteIds } from "./sqlite_sink.mjs";
import { sinkHolds } from "./sink.mjs";

export const name = "NATS JetStream, SQLite sink";
export const reportsPerDevice = 1000;
export let says;

const connect = (house, port) => connectTo({ servers: `localhost:${port}`, tls: { ca: readFileSync(house.certificate, "utf8") } });

// With sync_interval: always where the server knows it (from 2.10 on).
function configure(house, port) {
    const file = house.path("nats.conf"), tls = `tls { cert_file: "${house.certificate}", key_file: "${house.key}" }`;
    for (const sync of ["sync_interval: always", ""]) {
        writeFileSync(file, `listen: "127.0.0.1:${port}"\n${tls}\njetstream { store_dir: "${house.path("stream")}"\n${sync} }\n`);
        if (spawnSync("nats-server", ["-t", "-c", file]).status === 0) {
            says = sync ? "sync_interval: always, the stream is synced before it acknowledges; the sink commits (fdatasync), then acknowledges"
                        : "no sync_interval here: the stream acknowledges from the page cache; the sink commits (fdatasync), then acknowledges";
            return file;
        }
    }
    throw new Error("nats-server takes no such configuration");
}

export async function start(house) {
    const port = await house.freePort(), file = house.path("sink.db");
    await house.serve("nats-server", port, ["nats-server", "-c", configure(house, port)], { isStorage: true });
    const connection = await connect(house, port);
    await (await jetstreamManager(connection)).streams.add({ name: "reports", subjects: ["reports.>"], storage: StorageType.File });
    await connection.close();
    const sink = await house.node("sink", "nats_sink.mjs", { port, ca: house.certificate, file, trace: house.trace("sqlite") });
    return { port, sink, stored: () => sqliteIds(file) };
}

export async function devices(house, server, port, loads) {
    const all = await Promise.all(loads.map(async (reports) => ({ connection: await connect(house, port), reports })));
    const total = loads.flat().length;
    const sendAll = ({ connection, reports }) => new Promise((resolve, reject) => {
        let left = reports.length;
        const reply = createInbox();
        connection.subscribe(reply, {
            callback: (error, message) => {
                if (error || message.json().error) reject(error ?? new Error(message.string()));
                if (--left === 0) resolve();
            },
        });
        for (const { body } of reports) connection.publish("reports.lund", body, { reply });
    });
    return {
        async send() { // answers when the broker had acknowledged all
            const stored = sinkHolds(server.sink, total);
            const acknowledged = Promise.all(all.map(sendAll)).then(() => performance.now());
            await stored;
            return acknowledged;
        },
        close: () => Promise.all(all.map(({ connection }) => connection.close())),
    };
}
