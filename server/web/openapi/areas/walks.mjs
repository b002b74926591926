// The register of unsafe places that safety walks found (server/read/walks.h, server/admin/walks.c).
import { about, count, day, list, moment, momentOrNull, named, object, one, orNull, reference, seconds, text, truth, word } from "../shape.mjs";
import { commitmentPath } from "../report.mjs";
import { answered, get, post, reason } from "../operation.mjs";

const tag = "walks";
const free = about("null where there is none, where it is erased, where it seems to hold personal data, or where it is a text of another organisation's report.", orNull(text));
const known = about("null where there is none, or where it is erased.", orNull(word));
const finding = about("Which of the walk's findings, by its id.", text);
const here = { reference: about("Of the walk, by its short reference.", { type: "string", minLength: 1, maxLength: 400 }) };
const seen = { finding, "version?": about("As which it was seen: refused where it is another by now. None: whatever it is.", text) };
const decided = answered({ reference: text, finding, decision: about("The last one made.", count), decisions: about("How many were made.", count) });

export const schemas = {
    UnsafePlace: object({
        row: about("Of the first report that found it unsafe.", count),
        reference: about("Of the walk that found it first, as it stands now.", reference),
        finding,
        area: word,
        organisation: word,
        commitment: about("The one that follows it.", commitmentPath),
        ...seconds("found"),
        place: known,
        place_text: free,
        cause: free,
        responsible: about("As people decided, else as the walk says.", orNull(word)),
        promised_action: about("As cause; what people decided is read by whoever may decide there, too.", orNull(text)),
        due: about("A day, as people decided, else as the walk says.", orNull({ type: "string", pattern: day.pattern })),
        erased: truth,
        status: about("safe: the latest look found it so, which is what counts; closed: a person closed it, and nobody has looked since.", one("open", "safe", "closed")),
        overdue: about("Open, and its day has passed.", truth),
        looks: count,
        ...seconds("latest"),
        latest_reference: reference,
        closed_by: about("The decision by which it is closed.", orNull(count)),
        version: about("Another whenever anything about it is.", text),
        withheld: about("A text seems to hold personal data, and is null.", truth),
        texts_shown: about("false: what the walk wrote is another organisation's, and null here, whatever it says.", truth),
        decisions: list(
            object({
                decision: count,
                field: one("responsible", "promised_action", "due", "closed"),
                finding: text,
                value: about("null, of promised_action and closed, where neither the walk's texts are read nor decisions made.", orNull(text)),
                ...moment("at"),
                actor: text,
                ...momentOrNull("undone"),
                undone_by: orNull(text),
            }),
        ),
    }),
};

export const operations = [
    get("/walks", {
        tag,
        id: "listUnsafePlaces",
        right: "figures.read",
        summary: "Places that safety walks found unsafe, and what became of them",
        description: "By the first report that found each unsafe. A part may have no rows although `next` says that there are more: of a filter that finds little.",
        query: { area: about("Only this one.", word), which: { ...one("all", "open", "overdue", "safe", "closed"), default: "all" } },
        list: named("UnsafePlace"),
    }),
    post("/walks/{reference}", {
        tag,
        id: "setUnsafePlace",
        right: "counting.decide",
        summary: "Who is responsible for an unsafe place, what is promised, and until when",
        description: "At least one of the three; an empty text takes it back. It is kept beside the walk, goes to the devices, and changes no figure. POST /api/v1/joins/{decision}/undo undoes it.",
        in: here,
        body: object({
            ...seen,
            "responsible?": word,
            "promised_action?": about("One line, and nothing that tells of a person.", text),
            "due?": about("A day, YYYY-MM-DD, or empty.", { type: "string", pattern: "^(\\d{4}-\\d{2}-\\d{2})?$" }),
        }),
        answer: decided,
    }),
    post("/walks/{reference}/close", {
        tag,
        id: "closeUnsafePlace",
        right: "counting.decide",
        summary: "Nobody need look at an unsafe place again",
        description: "It goes from the devices' lists, and does not count as put right: only a look that finds it safe does.",
        in: here,
        body: object({ ...seen, reason }),
        answer: decided,
    }),
];
