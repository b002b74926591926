// Devices, their queues, and how new ones come in (server/read/devices.h, server/admin/changes.c, approval.c).
import { about, count, hash, id, list, moment, momentOrNull, object, one, orNull, text, truth, word } from "../shape.mjs";
import { answered, get, post, reason } from "../operation.mjs";

const tag = "devices";
const named = { device: id, name: text, name_kinds: about("Personal data that the name seems to hold.", list(text)), organisation: word, area: word, roles: list(word) };
const one_device = { device: about("Its id (at least four digits of it), or its name.", { type: "string", minLength: 1, maxLength: 400 }) };
const waiting = { device: about("Id or name of the device, or its key's fingerprint.", { type: "string", minLength: 1, maxLength: 400 }) };
const decided = { device: id, name: text, key: text, decided: one("approved", "refused") };

export const operations = [
    get("/devices", {
        tag,
        id: "listDevices",
        right: "devices.read",
        summary: "Devices",
        list: object({
            ...named,
            status: one("active", "retired", "lost"),
            ...moment("enrolled"),
            ...momentOrNull("revoked"),
            ...momentOrNull("seen"),
            is_silent: truth,
            waiting: about("Queued there and not here, as it last said.", count),
            ...momentOrNull("waiting_since"),
            lost: about("Reports that it declared lost.", count),
            forks: count,
            client: text,
            ca: orNull(text),
            key: about("Fingerprint of its key.", orNull(text)),
            ...momentOrNull("certificate_ends"),
        }),
    }),
    get("/outboxes", {
        tag,
        id: "listOutboxes",
        right: "devices.read",
        summary: "Outboxes, and what came in of each",
        list: object({ device: id, organisation: word, area: word, outbox: id, watermark: count, head: hash, last_seq: count, waiting: count, lost: count, forked: truth }),
    }),
    post("/devices/{device}/revoke", {
        tag,
        id: "revokeDevice",
        right: "device.revoke",
        summary: "Revoke a device",
        description: "lost: nothing more is taken in. retired: its queue goes into quarantine.",
        in: one_device,
        body: object({ how: one("lost", "retired") }),
        answer: answered({ device: id, name: text, revoked: one("lost", "retired") }),
    }),
    get("/devices/waiting", {
        tag,
        id: "listWaitingDevices",
        right: "devices.read",
        summary: "Devices that wait for a second person's approval",
        list: object({ key: text, ...named, status: one("pending", "approved"), issuer: text, ...moment("asked"), ...moment("ends") }),
    }),
    post("/devices/{device}/approve", { tag, id: "approveDevice", right: "device.approve", summary: "Let it in", description: "By another person than who issued its code.", in: waiting, answer: answered(decided) }),
    post("/devices/{device}/refuse", { tag, id: "refuseDevice", right: "device.approve", summary: "Do not let it in", in: waiting, body: object({ reason }), answer: answered(decided) }),
    post("/codes", {
        tag,
        id: "issueCode",
        right: "code.issue",
        summary: "A one-time code by which a device enrols",
        body: object({
            organisation: word,
            area: word,
            roles: list(word, { minItems: 1, maxItems: 8 }),
            "device?": about("Re-attaches this one.", text),
            "minutes?": { type: "integer", minimum: 1, maximum: 1440 },
            "approval?": about("A second person must let it in.", truth),
        }),
        answer: answered({ code: text, url: text, expires_ms: count, wants_approval: truth }),
    }),
];
