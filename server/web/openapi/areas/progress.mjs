// How the promises stand, and what is behind each figure (server/read/progress.h, course.h, summary.h, activities.h).
import { about, count, day, dayOf, list, momentOrNull, named, needed, object, one, orNull, order, seconds, text, titles, truth, wall, whole, word } from "../shape.mjs";
import { commitmentPath, evidenceRow, kind, toward } from "../report.mjs";
import { id } from "../shape.mjs";
import { answered, get, post } from "../operation.mjs";
import { place, tally } from "./followups.mjs";
import { head, measure, per } from "./promises.mjs";

const tag = "progress";
export const statuses = ["met", "on_pace", "behind", "missed", "counted", "not_started"];
const sum = { ...tally, reports: whole };
export const masked = { "device?": id, "name?": text, "waiting?": about("Queued there and not here, as it last said.", count) };
const parts = { promise: about("Id of its promise.", word), commitment: about("Id of the commitment within it.", word) };

export const commitment = {
    commitment: commitmentPath,
    ...titles,
    measure,
    per,
    about: truth,
    owner: orNull(word),
    done: whole,
    target: whole,
    target_whole: whole,
    status: about('"unknown" where it would be behind or missed and a device that could report toward it is silent.', one(...statuses, "unknown")),
    status_by_reports: one(...statuses),
    state: orNull(text),
    summary_sv: text,
    summary_en: text,
    sum: object(sum),
    places: about("Those that it names.", list(place)),
    periods: list(object({ period: text, ...sum })),
    silent: about(
        "Devices that could report toward it and have not been heard of, at most 20, the longest silent first; those of others without their names.",
        list(object({ organisation: word, ...momentOrNull("since"), ...masked })),
    ),
    silent_count: about("How many such devices there are.", count),
    pace: orNull(
        object({ done: whole, target: whole, due_now: whole, remaining: whole, days_left: whole, line: list(object({ day, due: whole })) }),
    ),
    forecast: orNull(object({ at_end: whole, per_week_tenths: whole, text_sv: text, text_en: text })),
    windows: list(
        object({
            place: word,
            days: list(one("mon", "tue", "wed", "thu", "fri", "sat", "sun")),
            from: text,
            to: text,
            minutes: count,
            planned: count,
            planned_whole: count,
            kept: count,
            planned_minutes: count,
            covered_minutes: count,
            person_minutes: count,
        }),
    ),
};

export const schemas = {
    Commitment: object(commitment),
    Activity: object({
        activity: about("By which reports name it, as P-7QK2M.", text),
        area: word,
        kind,
        title: text,
        place: text,
        ...seconds("from"),
        ...seconds("to"),
        from_local: wall,
        to_local: wall,
        organisations: list(word),
        commitment: text,
        of: text,
        reports: count,
        reported_by: list(word),
        missing: list(word),
        complete: truth,
    }),
};
const area = { area: about("Only this one.", word) };
const moments = about('By the clocks of the area: "2015-05-08 14:00".', { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2}[ T]\\d{2}:\\d{2}$" });

export const operations = [
    get("/progress", {
        tag,
        id: "showProgress",
        right: "figures.read",
        summary: "How each promise of my areas stands",
        query: area,
        answer: answered({
            areas: list(
                object({
                    area: word,
                    name: text,
                    promises: list(object({ ...head, commitments: list(named("Commitment")) })),
                    devices: count,
                    ...momentOrNull("complete_until"),
                    silent_devices: about(
                        "At most 20, the longest silent first.",
                        list(object({ organisation: word, ...momentOrNull("seen"), never_seen: truth, ...masked })),
                    ),
                    silent_devices_count: count,
                }),
            ),
        }),
    }),
    get("/commitments/{promise}/{commitment}", { tag, id: "showCommitment", right: "figures.read", summary: "How one commitment stands", in: parts, answer: answered(commitment) }),
    get("/commitments/{promise}/{commitment}/evidence", {
        tag,
        id: "listEvidence",
        right: "evidence.read",
        summary: "What counted toward it, what did not, and why not",
        description: "A part may have no rows although `next` says that there are more: of a filter that finds little.",
        in: parts,
        query: {
            which: one("all", "counted", "not_counted", "late"),
            order,
            period: about("What is behind one period, or one promised window by its place in the list: 2015-05, 2015-W19, w0.", text),
            place: about("Of a window there, or of a named place where the report was or may have been.", word),
            from: dayOf("What counted on that day or later, or happened then."),
            to: dayOf("And not after that day."),
            weekday: about("With hour: what reaches into that hour of the week by the wall.", one("mon", "tue", "wed", "thu", "fri", "sat", "sun")),
            hour: about("0 to 23.", { type: "integer", minimum: 0, maximum: 23 }),
        },
        list: object({
            ...evidenceRow,
            ...toward,
            commitment: undefined,
            title_sv: undefined,
            title_en: undefined,
            ruling: orNull(named("Decision")),
        }),
    }),
    get("/commitments/{promise}/{commitment}/course", {
        tag,
        id: "showCourse",
        right: "figures.read",
        summary: "How far it had come, day by day",
        in: parts,
        answer: answered({
            points: about("At most 53.", list(object({ day, done: whole, due: orNull(whole) }))),
            too_many: about("More contributions than are gone through: no points.", truth),
        }),
    }),
    get("/summary", {
        tag,
        id: "showSummary",
        right: "evidence.read",
        summary: "What an organisation's reports of one week led to, by area",
        query: { organisation: needed(about("Whose.", word)), ...area, week: about("2015-W19; none: the newest that has ended.", { type: "string", pattern: "^\\d{4}-W\\d{2}$" }) },
        list: object({
            organisation: word,
            area: word,
            week: text,
            reports: count,
            counted: count,
            waiting: count,
            not_counted: count,
            put_right: count,
            commitments: list(object({ commitment: commitmentPath, ...titles, added: whole, summary_sv: text, summary_en: text })),
            places: list(object({ place: text, found_by: text, walked_by: text })),
            lines_sv: list(text),
            lines_en: list(text),
        }),
    }),
    get("/activities", { tag: "planning", id: "listActivities", right: "promises.read", summary: "Planned joint activities", query: area, list: named("Activity") }),
    post("/activities", {
        tag: "planning",
        id: "planActivity",
        right: "activity.plan",
        summary: "Plan a joint activity",
        description: "It goes down to the devices of its organisations, whose reports can name it. It never changes: cancel it, and plan it anew.",
        body: object({
            area: word,
            kind,
            title: { type: "string", minLength: 1, maxLength: 400 },
            from: moments,
            to: moments,
            organisations: list(word, { minItems: 1, maxItems: 16 }),
            "place?": word,
            "of?": word,
            "commitment?": commitmentPath,
        }),
        answer: answered({ activity: text, title: text }),
    }),
    post("/activities/{activity}/cancel", {
        tag: "planning",
        id: "cancelActivity",
        right: "activity.plan",
        summary: "Cancel a joint activity",
        description: "What was reported on it stays.",
        in: { activity: about("As P-7QK2M.", text) },
        answer: answered({ cancelled: text }),
    }),
];
