// A report as the server gives it (server/read/report_json.h).
import { about, count, day, hash, hex, id, key, list, maybe, moment, momentOrNull, named, object, one, orNull, reference, seconds, text, titles, truth, wall, whole, word } from "./shape.mjs";

const KINDS = ["check", "campaign_handout", "visible_patrol", "safety_walk", "meeting", "inventory", "initiative"];
export const kind = one(...KINDS);
export const kindOrNull = about("null where it cannot be read.", { type: ["string", "null"], enum: [...KINDS, "withdrawal", null] });
export const commitmentPath = about("PROMISE/COMMITMENT", text);
export const reason = about('"counted", or why not: "period", "season", "place", "detail", "replaced" ...', text);
export const counted = { ...seconds("counted_from"), ...seconds("counted_to") };
const degrees = about("Millionths of a degree, WGS 84.", whole);
export const Position = object({ latitude_e6: degrees, longitude_e6: degrees, accuracy_m: count });
export const Key = object(key);
const target = named("ReportKey");

const findings = (members) => list(object(members));
const bodies = {
    "check?": object({ "form?": one("targeted", "coordinated"), "of?": word, checked: count, remarked: count, reported: count }),
    "handout?": object({ items: list(object({ "item?": word, count })), information_given: truth }),
    "patrol?": object({ persons: list(object({ "role?": word, persons: count })) }),
    "walk?": object({
        findings: findings({
            "id?": text,
            "place?": word,
            "place_text?": text,
            "safety?": one("safe", "unsafe"),
            "cause?": text,
            "responsible?": word,
            "promised_action?": text,
            "due?": day,
            "rewalk_of?": object({ "report?": target, "finding?": text }),
        }),
    }),
    "meeting?": object({ "with?": word, "subject?": text }),
    "inventory?": object({ "of?": word, surveyed: count, findings: findings({ "place?": word, "text?": text }) }),
    "initiative?": object({ "type?": word, quantity: count, "unit?": text, "outcome?": text }),
    "withdrawal?": object({ "target?": target, "reason?": text }),
};

// What the device said, by its own clock; texts that are empty are left out.
export const Report = object({
    schema_version: count,
    ...moment("claimed"),
    boot_id: hex,
    monotonic_ms: count,
    ...seconds("occurred_from"),
    ...seconds("occurred_to"),
    "position?": named("Position"),
    "area?": word,
    "place?": word,
    "commitment?": commitmentPath,
    "organisations?": list(word),
    "activity?": text,
    "role?": word,
    "text?": text,
    "corrects?": target,
    kind: kindOrNull,
    ...bodies,
});

export const erasure = {
    ...maybe(momentOrNull("erased_at")),
    "erased_rule?": orNull(text),
    "no_text?": about("Why it cannot be opened.", one("keyless", "altered")),
};

// A stored report; of what is quarantined the reason as well.
export const stored = {
    ...key,
    identity: about("DEVICE/OUTBOX/SEQ, as one text.", text),
    row: about("Its place in the order of arrival.", count),
    organisation: word,
    area: word,
    kind: kindOrNull,
    verdict: one("applied", "quarantined"),
    "released?": truth,
    "discarded?": truth,
    "code?": count,
    "code_name?": text,
    "reason?": orNull(text),
    "reason_sv?": text,
    "field?": orNull(text),
    ...moment("claimed"),
    ...seconds("occurred_from"),
    ...seconds("occurred_to"),
    uncertainty_s: count,
    ...moment("received"),
    erased: truth,
    ...erasure,
    "corrects?": target,
    "withdraws?": target,
    "formerly?": target,
    report: orNull(named("Report")),
    "unreadable?": hex,
    "texts_left_out?": { ...truth, const: true },
};

export const contribution = {
    commitment: commitmentPath,
    counted: truth,
    reason,
    bucket: about("The unit that counts once; empty where it does not count.", text),
    period: text,
    quantity: count,
    persons: count,
    ...counted,
};

// What a report is toward a commitment, and why it counts or does not, as it stands now; in brief and whole.
export const towardBrief = { commitment: commitmentPath, ...titles, counted: truth, reason, reason_sv: text, reason_en: text };
export const toward = {
    ...contribution,
    ...towardBrief,
    time_unsure: truth,
    places: list(word),
    places_open: list(word),
};

// A report behind a figure (server/read/report_row.h).
export const evidenceRow = {
    ...key,
    row: count,
    organisation: word,
    ...erasure,
    kind: kindOrNull,
    ...seconds("occurred_from"),
    ...seconds("occurred_to"),
    local_from: wall,
    local_to: wall,
    uncertainty_s: count,
    ...moment("received"),
    late: truth,
    late_s: whole,
};

const decided = {
    decision: count,
    kind: one("join", "part", "dismiss", "place", "amend", "action"),
    "activity?": text,
    "place?": word,
    "field?": text,
    "finding?": about("Of an unsafe place: which of the walk's findings.", text),
    "value?": text,
    ...moment("at"),
    actor: text,
    ...momentOrNull("undone"),
    undone_by: orNull(text),
};
export const Decision = object({
    ...decided,
    area: word,
    reports: about(
        "Those that are yours to see.",
        list(object({ ...key, organisation: word, area: word, kind: kindOrNull, ...seconds("occurred_from") })),
    ),
});
export const found = list(object({ field: orNull(text), kind: text, start: count, size: count }));
export { hash, id, reference };
