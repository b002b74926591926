// A follow-up as the server tells of it (docs/follow-up.md), and the periods that a promise has.
export interface Side {
    status: string;
    status_by_reports?: string;
    figure: { done: number; target: number; summary_sv: string; summary_en: string };
    part: { done: number; count: number; windows_met: number; person_minutes: number };
    sureness: { devices: number; silent: number };
    corrected: number;
}
export interface Stated extends Side {
    commitment: string;
    title_sv: string;
    title_en: string | null;
    measure: string;
}
export interface Change {
    commitment: string;
    title_sv: string;
    title_en: string | null;
    from: Side | null;
    to: Side | null;
    why: Record<string, number | boolean>;
}
export interface Draft {
    version: number;
    differs: boolean;
    document: {
        period: { name: string; from: string; to: string; until: string; early: boolean };
        commitments: Stated[];
        changes?: Change[];
    };
}
export interface Version {
    promise: string;
    period: string;
    version: number;
    at_ms: number;
    actor: string;
}
export interface Promised {
    promise: string;
    area: string;
    title_sv: string;
    title_en: string | null;
    from: string;
    to: string;
    state: string | null;
}
export interface Period {
    name: string; // "2015-T1", "final"
    from: string;
    to: string;
}

const MONTHS = 4;
const lastOf = (year: number, tertial: number) => ["04-30", "08-31", "12-31"].map((end) => `${year}-${end}`)[tertial - 1]!;
const firstOf = (year: number, tertial: number) => ["01-01", "05-01", "09-01"].map((start) => `${year}-${start}`)[tertial - 1]!;
const tertialOf = (day: string) => Math.ceil(Number(day.slice(5, 7)) / MONTHS);

// Each tertial that the promise reaches into, cut to it, and the whole.
export function periodsOf(promise: Promised): Period[] {
    const periods: Period[] = [];
    let year = Number(promise.from.slice(0, 4));
    let tertial = tertialOf(promise.from);
    for (; firstOf(year, tertial) <= promise.to; tertial = tertial === 3 ? (year++, 1) : tertial + 1) {
        const from = firstOf(year, tertial);
        const to = lastOf(year, tertial);
        periods.push({
            name: `${year}-T${tertial}`,
            from: from < promise.from ? promise.from : from,
            to: to > promise.to ? promise.to : to,
        });
    }
    return [...periods, { name: "final", from: promise.from, to: promise.to }];
}
