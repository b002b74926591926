// Presence promised against done, by the hours of the week (server/read/presence.h).
import { about, count, day, list, momentOrNull, needed, object, one, orNull, text, titles, truth, word } from "../shape.mjs";
import { commitmentPath } from "../report.mjs";
import { answered, get } from "../operation.mjs";
import { masked } from "./progress.mjs";

const weekday = one("mon", "tue", "wed", "thu", "fri", "sat", "sun");
const clock = { type: "string", pattern: "^\\d{2}:\\d{2}$", description: "By the clocks of the area." };

const cell = object({
    day: weekday,
    hour: about("Of the wall; a window over midnight lies in two days.", { ...count, maximum: 23 }),
    times: about("How often a promise held in that hour.", count),
    seen: about("At how many of them somebody was there.", count),
    promised_minutes: about("A window's promise, spread evenly over it.", count),
    covered_minutes: count,
    person_minutes: about("null where a window had so many reports that they were not gone through.", orNull(count)),
});
const gap = object({ day: about("On which the window opened.", day), weekday, opens: clock, closes: clock });
const grid = object({
    commitment: commitmentPath,
    ...titles,
    promise: text,
    promise_title_sv: text,
    promise_title_en: text,
    place: about('"" where it may be anywhere in the area.', word),
    planned: about("Windows of the period that have closed.", count),
    kept: about("Of them, those with their promised minutes.", count),
    cells: list(cell),
    gaps: about("Windows in which nobody was seen, the latest first, at most 200.", list(gap)),
    gaps_count: count,
    silent: about(
        "Devices that could report toward it and have not been heard of, at most 20, the longest silent first; those of others without their names.",
        list(object({ organisation: word, ...momentOrNull("since"), ...masked })),
    ),
    silent_count: about("How many such devices there are.", count),
});

export const operations = [
    get("/presence", {
        tag: "progress",
        id: "showPresence",
        right: "figures.read",
        summary: "When presence was promised and done, hour by hour of the week, and where nobody was seen",
        description: "Of the windows of presence that opened in the period and have closed. A grid for each place of each commitment.",
        query: {
            area: needed(about("Of which.", word)),
            from: about("The first day, YYYY-MM-DD; none: 56 days up to the last.", { type: "string", pattern: day.pattern }),
            to: about("The last day; none: today, or the last day of which presence is promised, if that is over.", { type: "string", pattern: day.pattern }),
        },
        answer: answered({
            from: day,
            to: day,
            cut: about("So many reports lie in the windows that days before `from` were left out.", truth),
            areas: list(object({ area: word, name: text, grids: list(grid) })),
        }),
    }),
];
