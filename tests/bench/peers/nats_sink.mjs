// A durable pull consumer; acknowledges what is committed, the last of a transaction for all of them.
import { readFileSync } from "node:fs";
import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { SqliteSink } from "./sqlite_sink.mjs";

const { port, ca, file, trace } = JSON.parse(process.argv[2]);
const connection = await connect({ servers: `localhost:${port}`, tls: { ca: readFileSync(ca, "utf8") } });
const sink = new SqliteSink(file, trace, (committed) => {
    committed.at(-1).message.ack();
    process.send({ rows: sink.rows });
});
await (await jetstreamManager(connection)).consumers.add("reports", { durable_name: "sink", ack_policy: AckPolicy.All, max_ack_pending: -1 });
const messages = await (await jetstream(connection).consumers.get("reports", "sink")).consume({ max_messages: 10000 });
process.send({ ready: true });
for await (const message of messages) sink.add({ body: message.string(), message });
