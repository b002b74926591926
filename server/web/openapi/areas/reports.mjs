// Reports and their joins, quarantine, forks (server/read/export.h, trace.h, decisions.h, joins.h, lists.h).
import { about, count, dayOf, hash, hex, id, key, list, moment, momentOrNull, named, object, one, orNull, order, reference, seconds, text, titles, truth, wall, whole, word } from "../shape.mjs";
import { commitmentPath, contribution, Decision, found, Key, kind, kindOrNull, Position, reason, Report, stored, toward } from "../report.mjs";
import { answered, get, post, reason as why, rows } from "../operation.mjs";

const tag = "reports";
const here = { reference: about("A report's short reference, or #ROW (as %23ROW).", { type: "string", minLength: 1, maxLength: 400 }) };
const references = (most) => list(reference, { minItems: 2, maxItems: most });
const decision = { decision: count, reports: about("Their references, by commas.", text), subject: text, value: text };
const decidedRow = { reference: text, decided: text, row: count };

export const schemas = {
    ReportKey: Object.assign(Key, { description: "What a report is known by." }),
    Position,
    Report: Object.assign(Report, { description: "What the device said, by its own clock; what is empty is left out." }),
    StoredReport: object(stored),
    Contribution: object(contribution),
    Toward: object(toward),
    Decision: Object.assign(Decision, { description: "What a person decided about a report." }),
};

export const operations = [
    get("/reports", {
        tag,
        id: "listReports",
        right: "evidence.read",
        summary: "Everything that came in, in order of arrival",
        description: "Without free texts. It is noted in the audit log. The change feed for those who copy: keep `next`, or the last `row`, and ask for what is behind it.",
        list: object({ ...stored, leaf: hash, "salt?": about("null where erased; for those who may read texts.", orNull(hex)), contributions: list(named("Contribution")) }),
    }),
    get("/reports/flagged", {
        tag,
        id: "listFlaggedReports",
        right: "evidence.read",
        summary: "Reports whose texts seem to hold personal data",
        list: object({
            ...key,
            row: count,
            organisation: word,
            area: word,
            kind: kindOrNull,
            verdict: one("applied", "quarantined"),
            ...seconds("occurred_from"),
            ...moment("received"),
            erased: truth,
            kinds: list(text),
            found,
        }),
    }),
    get("/reports/undecided", {
        tag,
        id: "listUndecidedReports",
        right: "evidence.read",
        summary: "Where it is not clear whether a report was at a place that counts",
        list: object({ reference, row: count, organisation: word, ...seconds("occurred_from"), commitment: commitmentPath, place: word }),
    }),
    get("/reports/{reference}", {
        tag,
        id: "showReport",
        right: "evidence.read",
        summary: "Where a report came from and what became of it",
        description: "Without its free texts.",
        in: here,
        answer: answered({
            ...stored,
            devices: list(
                object({ "device?": id, "name?": text, organisation: word, area: word, roles: list(word), status: text, ...momentOrNull("seen") }),
            ),
            batch: about(
                "The batch that it came in, as the device signed it.",
                orNull(object({ first_seq: count, last_seq: count, signed_first_seq: count, head: hash, signature: hex, ...moment("received") })),
            ),
            chain: orNull(object({ watermark: count, last_seq: count, lost: count, forked: truth })),
            receipt: about(
                "What the receipt states that the server gives the device for this outbox now. Devices keep receipts, the server keeps none: the one that the device has may be older.",
                orNull(
                    object({
                        store: id,
                        epoch: count,
                        outbox: id,
                        watermark: about("Everything of the outbox up to this seq is durable.", count),
                        head: about("The chain's head there, in hexadecimal.", hash),
                        covers: about("The report is at or below the watermark.", truth),
                        key: about("SHA-256 of the certificate of the key that signs receipts; null: there is none, and no receipts.", orNull(hash)),
                        ...momentOrNull("since"),
                        met_since: about("The device has spoken with the server since the report was received: it should have the receipt since then, if it asks for receipts.", truth),
                    }),
                ),
            ),
            history: about(
                "The original, its corrections and withdrawals, in order of arrival.",
                list(object({ ...stored, standing: reason, standing_sv: text, standing_en: text })),
            ),
            contributions: list(named("Toward")),
            decisions: list(named("Decision")),
        }),
    }),
    post("/reports/{reference}/reading", {
        tag,
        id: "readReport",
        right: "report.read",
        summary: "A report whole, with its free texts",
        description: "The reading is noted in the audit log, with its reason.",
        in: here,
        body: object({ reason: why }),
        answer: rows(object({ ...stored, contributions: list(named("Contribution")), found, decisions: list(named("Decision")) })),
    }),
    post("/reports/{reference}/place", {
        tag,
        id: "decidePlace",
        right: "counting.decide",
        summary: "Whether a report was at a place",
        in: here,
        body: object({ place: word, value: one("yes", "no", "undo") }),
        answer: answered(decision),
    }),
    post("/reports/{reference}/part", { tag, id: "partReport", right: "counting.decide", summary: "Count it on its own", in: here, answer: answered(decision) }),

    get("/joins", {
        tag: "joins",
        id: "listJoinOffers",
        right: "evidence.read",
        summary: "Pairs of reports that may be of one activity",
        description: "Nothing is ever joined by itself. Without a time, the latest that came in are looked at, so far as that is quick.",
        query: { area: about("Only this one.", word), since: dayOf("From this day on."), until: dayOf("Until and with this day.") },
        list: object({
            area: word,
            kind,
            apart_s: count,
            distance_m: about("null where it cannot be told.", orNull(count)),
            near: one("same_place", "distance", "no_place"),
            reports: list(
                object({
                    ...key,
                    row: count,
                    organisation: word,
                    organisations: list(word),
                    activity: text,
                    place: text,
                    position: orNull(named("Position")),
                    ...seconds("occurred_from"),
                    ...seconds("occurred_to"),
                    from_local: wall,
                    to_local: wall,
                }),
            ),
            commitments: about("What a join would make of the figures.", list(object({ commitment: commitmentPath, ...titles, done: whole, would_be: whole, target: whole }))),
        }),
        more: { more: about("There are more than are looked for at once: ask for a shorter time.", truth) },
    }),
    get("/joins/decisions", { tag: "joins", id: "listDecisions", right: "evidence.read", summary: "Every decision, undone ones too", query: { order }, list: named("Decision") }),
    post("/joins", { tag: "joins", id: "joinReports", right: "counting.decide", summary: "These are one activity", body: object({ references: references(16) }), answer: answered(decision) }),
    post("/joins/dismiss", {
        tag: "joins",
        id: "dismissJoin",
        right: "counting.decide",
        summary: "These two are not one activity",
        body: object({ references: references(2) }),
        answer: answered(decision),
    }),
    post("/joins/{decision}/undo", {
        tag: "joins",
        id: "undoDecision",
        right: "counting.decide",
        summary: "Take a decision back",
        description: "Taking an amendment back needs quarantine.decide for the report, as amending it did, and is refused where the report would then say what it was put aside for.",
        in: { decision: about("Number of the decision.", { type: "integer", minimum: 1 }) },
        answer: answered({ undone: count }),
    }),

    get("/quarantine", {
        tag: "quarantine",
        id: "listQuarantine",
        right: "evidence.read",
        summary: "Reports in quarantine",
        query: { which: about("all: those that were decided too.", one("open", "all")) },
        list: named("StoredReport"),
    }),
    post("/quarantine/{reference}/amend", {
        tag: "quarantine",
        id: "amendReport",
        right: "quarantine.decide",
        summary: "Correct fields of a report in quarantine",
        description: "A correction by a person, laid over what came in; the original bytes never change.",
        in: here,
        body: object({ reason: why, set: { type: "object", minProperties: 1, maxProperties: 16, additionalProperties: { type: "string" }, description: "What each field is to say: \"organisations[0]\": \"polisen\"." } }),
        answer: answered({ ...decidedRow, fields: count }),
    }),
    post("/quarantine/{reference}/release", { tag: "quarantine", id: "releaseReport", right: "quarantine.decide", summary: "Let it count", in: here, answer: answered(decidedRow) }),
    post("/quarantine/{reference}/discard", {
        tag: "quarantine",
        id: "discardReport",
        right: "quarantine.decide",
        summary: "It will not count",
        in: here,
        body: object({ reason: why }),
        answer: answered(decidedRow),
    }),

    get("/forks", {
        tag,
        id: "listForks",
        right: "evidence.read",
        summary: "Other content that came under an identity that was taken",
        list: object({ ...key, organisation: word, area: word, leaf: hash, ...moment("received"), report: orNull(named("Report")), "texts_left_out?": truth, "unreadable?": hex }),
    }),
];
