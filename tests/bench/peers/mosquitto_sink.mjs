// Subscribes with QoS 1 and acknowledges what is committed.
import net from "node:net";
import mqtt from "mqtt-packet";
import { SqliteSink } from "./sqlite_sink.mjs";

const { port, file, trace } = JSON.parse(process.argv[2]);
const broker = net.connect(port, "127.0.0.1").setNoDelay(true);
const sink = new SqliteSink(file, trace, (committed) => {
    broker.write(Buffer.concat(committed.map(({ messageId }) => mqtt.generate({ cmd: "puback", messageId }))));
    process.send({ rows: sink.rows });
});
const parser = mqtt.parser();
broker.on("data", (data) => parser.parse(data));
broker.write(mqtt.generate({ cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clientId: "sink", clean: false, keepalive: 0 }));
parser.on("packet", (packet) => {
    if (packet.cmd === "connack") broker.write(mqtt.generate({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "reports/#", qos: 1 }] }));
    if (packet.cmd === "suback") process.send({ ready: true });
    if (packet.cmd === "publish") sink.add({ body: packet.payload.toString(), messageId: packet.messageId });
});
