// Made when it is first wanted: what Intl makes costs more than all the rest of the first load, and a page needs few of them.
export function once<T>(make: () => T): () => T {
    let made: { it: T } | undefined;
    return () => (made ??= { it: make() }).it;
}
