// A message a report, QoS 1, all of a device's at once, over TLS. The packets are made before the clock starts.
import { writeFileSync } from "node:fs";
import tls from "node:tls";
import mqtt from "mqtt-packet";
import { sqliteIds } from "./sqlite_sink.mjs";
import { sinkHolds } from "./sink.mjs";

export const name = "mosquitto QoS 1, SQLite sink";
export const reportsPerDevice = 1000;
export const says = "the broker acknowledges from memory (persistence writes a file now and then); the sink commits (fdatasync), then acknowledges";

export async function start(house) {
    const port = await house.freePort(), inner = await house.freePort(), file = house.path("sink.db");
    writeFileSync(house.path("mosquitto.conf"), [
        "user root", "allow_anonymous true", "persistence true", `persistence_location ${house.directory}/`, "set_tcp_nodelay true",
        "max_inflight_messages 10000", "max_queued_messages 0",
        `listener ${inner} 127.0.0.1`,
        `listener ${port} 127.0.0.1`, `cafile ${house.certificate}`, `certfile ${house.certificate}`, `keyfile ${house.key}`, "",
    ].join("\n"));
    await house.serve("mosquitto", port, ["mosquitto", "-c", house.path("mosquitto.conf")], { isStorage: true });
    const sink = await house.node("sink", "mosquitto_sink.mjs", { port: inner, file, trace: house.trace("sqlite") });
    return { port, sink, stored: () => sqliteIds(file) };
}

async function connect(house, port, index) {
    const socket = tls.connect({ ...house.tls, host: "127.0.0.1", port }), parser = mqtt.parser();
    socket.setNoDelay(true).on("data", (data) => parser.parse(data));
    socket.write(mqtt.generate({ cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clientId: `device-${index}`, clean: true, keepalive: 0 }));
    await new Promise((resolve, reject) => { parser.once("packet", resolve); socket.once("error", reject); });
    return { socket, parser };
}

export async function devices(house, server, port, loads) {
    const all = await Promise.all(loads.map(async (reports, index) => {
        const packet = ({ body }, i) => mqtt.generate({ cmd: "publish", topic: "reports/lund", payload: body, qos: 1, messageId: i + 1 });
        return { ...(await connect(house, port, index)), bytes: Buffer.concat(reports.map(packet)), left: reports.length };
    }));
    const total = loads.flat().length;
    return {
        async send() { // answers when the broker had acknowledged all
            const stored = sinkHolds(server.sink, total);
            const acknowledged = Promise.all(all.map((device) => new Promise((resolve) => {
                device.parser.on("packet", ({ cmd }) => { if (cmd === "puback" && --device.left === 0) resolve(); });
                device.socket.write(device.bytes);
            }))).then(() => performance.now());
            await stored;
            return acknowledged;
        },
        close: () => all.forEach(({ socket }) => socket.destroy()),
    };
}
