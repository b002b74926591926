// How long bodies are kept, holds, and who may see what of whom (server/read/retention.h, disclosure_lists.h, public_record.h).
import { about, count, list, maybe, moment, object, one, orNull, text, truth, whole, word } from "../shape.mjs";
import { kind } from "../report.mjs";
import { answered, get, post, reason, rows } from "../operation.mjs";

const tag = "keeping";
const controller = about('Whose reports; "*": everybody\'s.', text);
const category = about('A kind of report, "flagged", "withdrawal", "quarantined" or "default".', text);
const day = { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2}$" };
const set = { ...moment("set"), actor: text };
const open = (name) => ({ [`${name}_s`]: orNull(whole), [name]: orNull({ type: "string", format: "date-time" }) });
const rule = { from: about('Who discloses; "*": everybody.', text), to: about('To whom; "*": every organisation, or "public".', text), category };

export const operations = [
    get("/retention", {
        tag,
        id: "listRetentionRules",
        right: "retention.read",
        summary: "How long bodies are kept",
        description: "The built-in rule comes last, and nobody has set it.",
        list: object({ controller, category, keep: about('"year+1y" or "90d".', text), ...maybe(set) }),
    }),
    get("/retention/plan", {
        tag,
        id: "listRetentionPlan",
        right: "retention.read",
        summary: "What a run would erase now",
        list: object({ rule: text, controller: text, month: about("Of receipt.", text), reports: count, held: count }),
    }),
    get("/retention/protocol", {
        tag,
        id: "listRetentionProtocol",
        right: "retention.read",
        summary: "What was erased, by which rule, when",
        list: object({ ...moment("run"), ...moment("at"), actor: text, rule: text, controller: text, reports: count, forks: count, ...moment("first"), ...moment("last") }),
    }),
    get("/holds", {
        tag,
        id: "listHolds",
        right: "hold.read",
        summary: "What is not erased meanwhile",
        list: object({ id: text, reason: text, controller: orNull(text), area: orNull(word), ...open("from"), ...open("to"), report: about("Identity of the one report that is held.", orNull(text)), ...set }),
    }),
    post("/holds", {
        tag,
        id: "addHold",
        right: "hold.change",
        summary: "Hold a report, or all of a controller, an area, a time",
        body: object({ reason, "reference?": text, "controller?": controller, "area?": word, "from?": day, "to?": day }),
        answer: answered({ id: text }),
    }),
    post("/holds/{id}/lift", {
        tag,
        id: "liftHold",
        right: "hold.change",
        summary: "Lift a hold",
        in: { id: about("Of GET /api/v1/holds.", text) },
        body: object({ reason }),
        answer: answered({ id: text }),
    }),
    get("/disclosure", {
        tag,
        id: "listDisclosureRules",
        right: "disclosure.read",
        summary: "What organisations may see of each other",
        list: object({ ...rule, level: one("nothing", "figures", "reports", "texts"), ...set }),
    }),
    post("/disclosure", {
        tag,
        id: "setDisclosure",
        right: "disclosure.change",
        summary: "Let an organisation see more, or less",
        body: object({ ...rule, level: one("nothing", "figures", "reports", "texts") }),
        answer: answered({ id: text }),
    }),
    post("/disclosure/unset", { tag, id: "unsetDisclosure", right: "disclosure.change", summary: "Take such a rule away", body: object(rule), answer: answered({ id: text }) }),
    post("/public-record", {
        tag,
        id: "disclosePublicRecord",
        right: "record.disclose",
        summary: "A masked export for a request to see public records",
        description: "All rows at once; the disclosure is noted in the audit log.",
        body: object({ controller: word, decision: about("Under which it is given out.", { type: "string", minLength: 1, maxLength: 400 }), "area?": word, "from?": day, "to?": day }),
        answer: rows(
            object({
                organisation: word,
                area: word,
                kind: { anyOf: [kind, { type: "null" }] },
                day,
                days: count,
                "form?": one("targeted", "coordinated"),
                "of?": text,
                "checked?": count,
                "remarked?": count,
                "reported?": count,
                "items?": count,
                "information_given?": truth,
                "persons?": count,
                "safe?": count,
                "unsafe?": count,
                "with?": text,
                "surveyed?": count,
                "type?": text,
                "quantity?": count,
            }),
            { masked: about("What is left out, as sentences.", list(text)) },
        ),
    }),
];
