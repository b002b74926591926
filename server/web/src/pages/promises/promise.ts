// A promise in the words of the promise file, as the server gives and takes it, and what is typed of one until it is whole.
import { mayAll, mayIn } from "../../session";

export interface Span {
    from?: string;
    to?: string;
}
export interface Filter {
    kind?: string;
    of?: string;
    form?: string;
    items?: string[];
    information?: boolean;
    with?: string;
    places?: string[];
    where?: Record<string, string[]>;
}
export interface Window extends Span {
    place?: string;
    days?: string[];
    minutes?: number | string;
}
export interface Commitment extends Filter {
    id?: string;
    title_sv?: string;
    title_en?: string;
    measure?: string;
    target?: number | string;
    per?: string;
    tolerance?: string;
    season?: Span;
    with_all?: string[];
    consists_of?: Filter[];
    joint?: boolean;
    roles?: string[];
    windows?: Window[];
    follows?: string;
    owner?: string;
    among_places?: string[];
}
export interface Step {
    state?: string;
    phase?: string;
    entered?: string;
}
export interface PromiseDocument {
    id?: string;
    title_sv?: string;
    title_en?: string;
    period?: Span;
    sources?: string[];
    parties?: string[];
    life?: Step[];
    phases?: Step[];
    commitments?: Commitment[];
}
export interface Fault {
    field: string;
    text: string;
    line: number | null;
    fault: string;
}

// What a commitment may be, as a person chooses it. A campaign is done once like any other, but of parts.
export const SHAPES = ["at_least", "once", "campaign", "rate", "presence", "actions_closed", "unquantified"] as const;
export type Shape = (typeof SHAPES)[number];
export const KINDS = ["check", "campaign_handout", "visible_patrol", "safety_walk", "meeting", "inventory", "initiative"];
export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
export const PERS = ["week", "month", "tertial", "quarter"];
export const LIVES = ["draft", "agreed", "active", "followed_up", "closed"];
export const PHASES = ["initiate", "map", "analyse", "act", "follow_up"];
export const SOURCES = ["citizen_dialogue", "staff_dialogue", "crime_statistics"];
// Which list a kind's words come from (proto/counting/filter.c has the same).
export const WORDS_OF: Record<string, string> = { check: "check", inventory: "inventory", initiative: "initiative" };
export const DETAILS: { field: string; kind?: string; list: string }[] = [
    { field: "role", list: "role" },
    { field: "organisation", list: "organisation" },
    { field: "with_organisation", list: "organisation" },
    { field: "place", list: "place" },
    { field: "check.of", kind: "check", list: "check" },
    { field: "check.form", kind: "check", list: "form" },
    { field: "handout.item", kind: "campaign_handout", list: "item" },
    { field: "patrol.role", kind: "visible_patrol", list: "role" },
    { field: "walk.responsible", kind: "safety_walk", list: "organisation" },
    { field: "meeting.with", kind: "meeting", list: "counterpart" },
    { field: "inventory.of", kind: "inventory", list: "inventory" },
    { field: "initiative.type", kind: "initiative", list: "initiative" },
    { field: "initiative.unit", kind: "initiative", list: "" },
];

export function shapeOf(one: Commitment): Shape {
    return one.measure === "once" && one.consists_of ? "campaign" : ((one.measure ?? "at_least") as Shape);
}

// What was typed of the other shape stays, so that changing to and fro loses nothing; it is left out when it is sent.
export function reshaped(one: Commitment, shape: Shape): Commitment {
    const { consists_of: parts, ...rest } = one as Commitment & { kept?: Filter[] };
    const kept = parts ?? (rest as { kept?: Filter[] }).kept ?? [{ kind: "check" }];
    return shape === "campaign"
        ? { ...rest, measure: "once", consists_of: kept }
        : ({ ...rest, measure: shape, kept } as Commitment);
}

export const slug = (text: string): string =>
    text
        .toLowerCase()
        .replace(/[åä]/g, "a")
        .replace(/ö/g, "o")
        .normalize("NFD")
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-+|-+$/g, "")
        .slice(0, 40)
        .replace(/-+$/, "");

export const idOf = (one: { id?: string; title_sv?: string }): string => one.id || slug(one.title_sv ?? "");

function filled<T extends object>(object: T): T {
    const isFull = (value: unknown) =>
        value !== undefined &&
        value !== "" &&
        value !== false &&
        !(Array.isArray(value) && value.length === 0) &&
        !(value && typeof value === "object" && Object.keys(value).length === 0);
    return Object.fromEntries(Object.entries(object).filter(([, value]) => isFull(value))) as T;
}

const counted = (value: number | string | undefined) =>
    typeof value === "string" && /^\d+$/.test(value.trim()) ? Number(value) : value;

function filterSent(one: Filter, kind: string | undefined): Filter {
    const where = Object.fromEntries(
        Object.entries(one.where ?? {}).filter(([field, words]) => {
            const detail = DETAILS.find((each) => each.field === field);
            return words.length > 0 && (!detail?.kind || detail.kind === kind);
        }),
    );
    return filled({
        kind,
        of: kind && WORDS_OF[kind] ? one.of : undefined,
        form: kind === "check" ? one.form : undefined,
        items: kind === "campaign_handout" ? one.items : undefined,
        information: kind === "campaign_handout" ? one.information : undefined,
        with: kind === "meeting" ? one.with : undefined,
        places: one.places,
        where,
    } as Filter);
}

function commitmentSent(one: Commitment): Commitment {
    const shape = shapeOf(one);
    const hasKind = shape !== "campaign" && shape !== "presence" && shape !== "actions_closed";
    const implied = shape === "presence" ? "visible_patrol" : shape === "actions_closed" ? "safety_walk" : undefined;
    const { kind, ...rest } = filterSent(one, hasKind ? one.kind : implied);
    const isShape = (...shapes: Shape[]) => shapes.includes(shape);
    const alone = shape !== "actions_closed";
    return filled({
        id: idOf(one),
        title_sv: one.title_sv,
        title_en: one.title_en,
        measure: one.measure ?? "at_least",
        target: isShape("at_least", "rate") ? counted(one.target) : undefined,
        per: isShape("rate") ? one.per : undefined,
        tolerance: isShape("rate") ? one.tolerance : undefined,
        kind: hasKind ? kind : undefined,
        ...rest,
        season: one.season && filled(one.season),
        with_all: alone ? one.with_all : undefined,
        joint: alone ? one.joint : undefined,
        owner: alone ? one.owner : undefined,
        consists_of: isShape("campaign") ? one.consists_of?.map((part) => filterSent(part, part.kind)) : undefined,
        roles: isShape("presence") ? one.roles : undefined,
        windows: isShape("presence")
            ? one.windows?.map((each) => filled({ ...each, minutes: counted(each.minutes) }))
            : undefined,
        follows: isShape("actions_closed") ? one.follows : undefined,
        among_places: isShape("at_least", "once", "campaign", "rate") ? one.among_places : undefined,
    } as Commitment);
}

// As it goes to the server: what says nothing is left out.
export function sent(of: PromiseDocument): PromiseDocument {
    return {
        ...filled({
            ...of,
            id: idOf(of),
            period: of.period && filled(of.period),
            life: of.life?.map(filled),
            phases: of.phases?.map(filled),
        }),
        parties: of.parties ?? [],
        commitments: (of.commitments ?? []).map(commitmentSent),
    };
}

// Who answers for the promises of that area, and who looks after the whole installation.
export const maySave = (area: string): boolean => mayAll("administrator") || mayIn(area, "area_chief");
