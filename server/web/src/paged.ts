// A list that comes in parts: as much of it as was asked for, loaded anew as one where something changed.
import { useRef } from "preact/hooks";
import { get, type Page } from "./api";
import { useLoaded, type Loaded } from "./load";

const SIZE = 100;
const ROUNDS_EMPTY = 10; // a filter that finds little is let go on by hand

export interface Paged<T> {
    of: Loaded<{ items: T[]; next: number | null }>;
    more: () => void;
}

export function usePaged<T>(path: string): Paged<T> {
    const wanted = useRef({ path, count: SIZE });
    if (wanted.current.path !== path) wanted.current = { path, count: SIZE };
    const of = useLoaded(async (signal) => {
        const items: T[] = [];
        const mark = path.includes("?") ? "&" : "?";
        let next: number | null = 0;
        for (let empty = 0; next !== null && items.length < wanted.current.count && empty < ROUNDS_EMPTY; ) {
            const page: Page<T> = await get<Page<T>>(`${path}${mark}limit=${SIZE}&after=${next}`, signal);
            empty = page.items.length ? 0 : empty + 1;
            items.push(...page.items);
            next = page.next;
        }
        return { items, next };
    }, path);
    const more = () => {
        wanted.current.count = (of.value?.items.length ?? 0) + SIZE;
        of.again();
    };
    return { of, more };
}
