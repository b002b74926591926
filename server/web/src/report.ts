// A report as the server gives it, and as plain facts: one line for each thing that it says, to be read, compared and mended.
import { nameOf } from "./reference";
import { moment, momentRange, number } from "./format";
import { reportWords } from "./report.words";

export interface Key {
    reference: string;
    device?: string;
    outbox?: string;
    seq: number;
}
export interface Report {
    kind: string | null;
    place?: string;
    activity?: string;
    organisations?: string[];
    [name: string]: unknown;
}
export interface Stored extends Key {
    row: number;
    organisation: string;
    area: string;
    kind: string | null;
    verdict: "applied" | "quarantined";
    released?: boolean;
    discarded?: boolean;
    reason?: string | null;
    reason_sv?: string;
    field?: string | null;
    code_name?: string;
    occurred_from_s: number;
    occurred_to_s: number;
    uncertainty_s: number;
    claimed_ms: number;
    received_ms: number;
    erased: boolean;
    erased_at_ms?: number | null;
    erased_rule?: string | null;
    no_text?: "keyless" | "altered";
    corrects?: Key;
    withdraws?: Key;
    report: Report | null;
    unreadable?: string;
    texts_left_out?: boolean;
}
export interface Decision {
    decision: number;
    kind: "join" | "part" | "dismiss" | "place" | "amend" | "action";
    activity?: string;
    place?: string;
    field?: string;
    value?: string;
    reports: (Key & { organisation?: string; kind?: string; occurred_from_s?: number })[];
    at_ms: number;
    actor: string;
    undone_ms: number | null;
    undone_by: string | null;
}

export interface Fact {
    field: string; // as the server names it: "walk.findings[0].place"
    label: string;
    value: string;
}

const SKIPPED = new Set([
    "schema_version",
    "claimed_ms",
    "claimed",
    "boot_id",
    "monotonic_ms",
    "occurred_from",
    "occurred_to",
    "corrects",
    "kind",
    "target",
    "device",
    "outbox",
    "seq",
    "withdrawal",
]);
// In which list of words the value of a field is.
const LISTS: Record<string, string> = {
    place: "place",
    area: "area",
    role: "role",
    organisations: "organisation",
    responsible: "organisation",
    "check.of": "check",
    "inventory.of": "inventory",
    "meeting.with": "counterpart",
    "initiative.type": "initiative",
    item: "item",
};

export function listOf(field: string): string | undefined {
    const plain = field.replace(/\[\d+\]/g, "");
    return LISTS[plain] ?? LISTS[plain.split(".").pop()!];
}

export function labelOf(field: string): string {
    const w = reportWords.value;
    const names = w.fields as Record<string, string>;
    const plain = field.replace(/\[\d+\]/g, "");
    const label = names[plain] ?? names[plain.split(".").pop()!] ?? plain;
    const numbered = /^(walk|inventory)\.findings\[(\d+)\]/.exec(field);
    const index = Number(/\[(\d+)\]/.exec(field)?.[1] ?? 0);
    return numbered ? w.found(Number(numbered[2]) + 1, label) : index > 0 ? `${label} ${index + 1}` : label;
}

function valueOf(field: string, value: string | number | boolean): string {
    const w = reportWords.value;
    if (typeof value === "boolean") return value ? w.yes : w.no;
    if (typeof value === "number") return /occurred_(from|to)_s$/.test(field) ? moment(value * 1000) : number(value);
    const list = listOf(field);
    const words = w.values as Record<string, string>;
    return list ? nameOf(list, value) : (words[value] ?? value);
}

// What a person made a field say, as it is told.
export function amendment(of: Decision): { label: string; value: string } {
    const field = of.field ?? "";
    const value = of.value ?? "";
    if (of.field === "closed") return { label: reportWords.value.fields.closed, value };
    return { label: labelOf(field), value: value && valueOf(field, field.endsWith("_s") ? Number(value) : value) };
}

interface Position {
    latitude_e6: number;
    longitude_e6: number;
    accuracy_m: number;
}
const positionText = (at: Position) => `${(at.latitude_e6 / 1e6).toFixed(5)}, ${(at.longitude_e6 / 1e6).toFixed(5)} (± ${at.accuracy_m} m)`;

function walk(field: string, value: unknown, facts: Fact[]): void {
    const add = (text: string) => facts.push({ field, label: labelOf(field), value: text });
    if (Array.isArray(value)) value.forEach((one, index) => walk(`${field}[${index}]`, one, facts));
    else if (field === "position") add(positionText(value as Position));
    else if (value !== null && typeof value === "object")
        for (const [name, one] of Object.entries(value)) {
            if (!SKIPPED.has(name)) walk(field ? `${field}.${name}` : name, one, facts);
        }
    else if (value !== null && value !== undefined) add(valueOf(field, value as string | number | boolean));
}

// In the order in which one would tell of it: when, where, who, what.
const ORDER = ["occurred_from_s", "occurred_to_s", "area", "place", "position", "role", "organisations", "activity", "commitment"];
const rank = (field: string) => {
    const at = ORDER.indexOf(field.replace(/\[\d+\]$/, ""));
    return at < 0 ? ORDER.length : at;
};

export function factsOf(report: Report): Fact[] {
    const facts: Fact[] = [];
    walk("", report, facts);
    return facts.sort((a, b) => rank(a.field) - rank(b.field));
}

export interface Change {
    label: string;
    before: string | undefined;
    after: string | undefined;
}
export function changesBetween(before: Report, after: Report): Change[] {
    const old = new Map(factsOf(before).map((fact) => [fact.field, fact]));
    const changes: Change[] = [];
    for (const fact of factsOf(after)) {
        const was = old.get(fact.field);
        old.delete(fact.field);
        if (was?.value !== fact.value) changes.push({ label: fact.label, before: was?.value, after: fact.value });
    }
    for (const gone of old.values()) changes.push({ label: gone.label, before: gone.value, after: undefined });
    return changes;
}

export function kindName(kind: string | null): string {
    return (reportWords.value.kinds as Record<string, string>)[kind ?? ""] ?? reportWords.value.kinds.unreadable;
}

export function when(from_s: number, to_s: number): string {
    return momentRange(from_s * 1000, to_s * 1000);
}
