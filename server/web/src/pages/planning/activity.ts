// A planned activity, as the server lists it.
export interface Activity {
    activity: string;
    area: string;
    kind: string;
    title: string;
    place: string;
    from_s: number;
    to_s: number;
    from_local: string; // "2026-05-08 14:00" by the clocks of the area
    to_local: string;
    organisations: string[];
    commitment: string;
    of: string;
    reports: number;
    missing: string[];
    complete: boolean;
}
// The list of words that a kind is "of".
export const WORDS_OF: Record<string, string> = { check: "check", inventory: "inventory", initiative: "initiative" };
