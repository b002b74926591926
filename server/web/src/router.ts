// Where we are: the part of the address behind #, so that the server has one page to give. "#/commitments/p/c?from=..."
import { computed, signal } from "@preact/signals";

export interface Place {
    path: string[]; // decoded
    query: URLSearchParams;
}

const hash = signal(location.hash);
addEventListener("hashchange", () => {
    hash.value = location.hash;
});

export const place = computed<Place>(() => {
    const [path = "", query = ""] = hash.value.replace(/^#\/?/, "").split("?", 2);
    return { path: path.split("/").filter(Boolean).map(decode), query: new URLSearchParams(query) };
});

function decode(part: string): string {
    try {
        return decodeURIComponent(part);
    } catch {
        return part;
    }
}

export function link(path: string[], query: Record<string, string | undefined> = {}): string {
    const given = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value) given.set(name, value);
    const text = given.toString();
    return "#/" + path.map(encodeURIComponent).join("/") + (text ? "?" + text : "");
}

export function go(to: string): void {
    location.hash = to;
}

// The query alone, without a new entry in the browser's history: a filter is not a place to go back to.
export function refine(values: Record<string, string | undefined>): void {
    const { path, query } = place.value;
    const next: Record<string, string | undefined> = { ...Object.fromEntries(query), ...values };
    history.replaceState(null, "", link(path, next));
    hash.value = location.hash;
}
