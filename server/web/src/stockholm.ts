// Days as they begin in Sweden, whatever time zone the browser is in.
import { TIME_ZONE } from "./format";
import { once } from "./once";

const wall = once(() => new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone: TIME_ZONE }));

// When the day "2026-05-08", or so many days later, begins, Unix ms.
export function startOf(text: string, daysLater = 0): number {
    const [year = 0, month = 1, dayOfMonth = 1] = text.split("-").map(Number);
    const utc = Date.UTC(year, month - 1, dayOfMonth + daysLater);
    // By how much the clocks there are ahead at that time; asked twice, since the first guess may lie beyond a change.
    let at = utc;
    for (let i = 0; i < 2; i++) at = utc - aheadBy(at);
    return at;
}

function aheadBy(at: number): number {
    return new Date(wall().format(at).replace(" ", "T") + "Z").getTime() - at;
}

// What calendar and clock say there at that moment: "2026-05-08", "2026-05-08T14:00".
export const dayOf = (at: number): string => wall().format(at).slice(0, 10);
export const minuteOf = (at: number): string => wall().format(at).slice(0, 16).replace(" ", "T");
