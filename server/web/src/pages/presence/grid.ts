// What was promised and done at one place, by the hours of the week, as the server gives it.
import type { SilentDevice } from "../../ui/silent";

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Day = (typeof DAYS)[number];

export interface Cell {
    day: Day;
    hour: number;
    times: number;
    seen: number;
    promised_minutes: number;
    covered_minutes: number;
    person_minutes: number | null; // null: too many reports to go through
}
export interface Gap {
    day: string;
    weekday: Day;
    opens: string;
    closes: string;
}
export interface Grid {
    commitment: string;
    title_sv: string;
    title_en: string;
    promise: string;
    promise_title_sv: string;
    promise_title_en: string;
    place: string; // "": anywhere in the area
    planned: number;
    kept: number;
    cells: Cell[];
    gaps: Gap[];
    gaps_count: number;
    silent: SilentDevice[];
    silent_count: number;
}

export type Level = "none" | "low" | "mid" | "full";
// Of what was promised; where no minute was asked for, whoever was seen is all.
export function shareOf(cell: Cell): number {
    if (cell.promised_minutes === 0) return cell.seen > 0 ? 100 : 0;
    return Math.round((100 * cell.covered_minutes) / cell.promised_minutes);
}
export function levelOf(cell: Cell): Level {
    if (cell.seen === 0) return "none";
    const share = shareOf(cell);
    return share >= 100 ? "full" : share >= 50 ? "mid" : "low";
}

// The hours of which something is promised on some day.
export function hoursOf(grid: Grid): number[] {
    return [...new Set(grid.cells.map((cell) => cell.hour))].sort((a, b) => a - b);
}

export interface Stretch {
    day: Day;
    from: number;
    to: number;
    times: number;
}
// Hours in which nobody was ever seen, those that follow each other together.
export function emptyStretches(grid: Grid): Stretch[] {
    const found: Stretch[] = [];
    for (const cell of grid.cells) {
        const last = found[found.length - 1];
        if (cell.seen > 0) continue;
        if (last && last.day === cell.day && last.to === cell.hour && last.times === cell.times) last.to = cell.hour + 1;
        else found.push({ day: cell.day, from: cell.hour, to: cell.hour + 1, times: cell.times });
    }
    return found;
}
export const clock = (hour: number): string => `${String(hour % 24).padStart(2, "0")}:00`;
