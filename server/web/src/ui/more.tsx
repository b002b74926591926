// Goes on in a list that comes in parts; says how much of it is there.
import type { Paged } from "../paged";
import { words } from "../words";

export function More<T>({ of }: { of: Paged<T> }) {
    const w = words.value.list;
    const value = of.of.value;
    if (!value || value.next === null) return null;
    return (
        <p class="more">
            <button type="button" onClick={of.more} disabled={of.of.isLoading}>
                {of.of.isLoading ? words.value.states.loading : w.more}
            </button>{" "}
            <span class="quiet">{w.shown(value.items.length)}</span>
        </p>
    );
}
