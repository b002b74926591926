// An unsafe place in the register, as the server gives it.
import { Refusal } from "../../api";
import { nameOf } from "../../reference";
import { walksWords } from "../walks.words";

export interface Decided {
    decision: number;
    field: "responsible" | "promised_action" | "due" | "closed";
    value: string | null;
    at_ms: number;
    actor: string;
    undone_ms: number | null;
    undone_by: string | null;
}
export interface Unsafe {
    row: number;
    reference: string;
    finding: string;
    area: string;
    organisation: string;
    commitment: string;
    found_s: number;
    place: string | null;
    place_text: string | null;
    cause: string | null;
    responsible: string | null;
    promised_action: string | null;
    due: string | null;
    erased: boolean;
    withheld: boolean;
    texts_shown: boolean;
    status: "open" | "safe" | "closed";
    overdue: boolean;
    looks: number;
    latest_s: number;
    latest_reference: string;
    closed_by: number | null;
    version: string;
    decisions: Decided[];
}

// What is not shown is not nothing.
export const promisedOf = (of: Unsafe): string =>
    of.promised_action ?? (of.withheld || !of.texts_shown ? walksWords.value.notShown : walksWords.value.nothing);

export const keyOf = (of: Unsafe): string => `${of.commitment} ${of.reference} ${of.finding}`;
export const pathOf = (of: Unsafe): string => `/walks/${encodeURIComponent(of.reference)}`;
export const whereOf = (of: Unsafe): string => (of.place ? nameOf("place", of.place) : (of.place_text ?? walksWords.value.noPlace));

// What is overdue first, then by the day until which it is promised, what has none last.
export function byUrgency(a: Unsafe, b: Unsafe): number {
    return (a.due ?? "9999").localeCompare(b.due ?? "9999") || a.found_s - b.found_s;
}

// Refused because it is not any more as it was seen.
export const isOutdated = (refusal: Refusal | undefined): boolean => refusal?.problem.field === "version";
export async function told<T>(doing: Promise<T>): Promise<T> {
    try {
        return await doing;
    } catch (error) {
        throw error instanceof Refusal && isOutdated(error) ? error.saying(walksWords.value.changed) : error;
    }
}
