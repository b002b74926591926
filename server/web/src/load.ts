// What a page shows is loaded when it is opened, when its question changes and, where it is live, when the server says that
// something changed. While it is loaded again the old stays on the page.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { automatic, Refusal } from "./api";
import { changes } from "./live";

export interface Loaded<T> {
    value: T | undefined;
    refusal: Refusal | undefined;
    isLoading: boolean;
    again: () => void;
}

export function useLoaded<T>(question: (signal: AbortSignal) => Promise<T>, key: string, isLive = true): Loaded<T> {
    const [state, set] = useState<{ key: string; value?: T; refusal?: Refusal; isLoading: boolean }>({ key, isLoading: true });
    const [round, setRound] = useState(0);
    const latest = useRef(question);
    latest.current = question;
    const running = useRef<AbortController | undefined>(undefined);
    const stale = useRef<"" | "automatic" | "wanted">("");
    const changed = isLive ? changes.value : 0;
    const asked = useRef({ round, changed });
    // What changes while a question is under way is asked for when it has been answered: else a page on a slow line, where
    // something is committed all the time, would never get an answer.
    const ask = (why: "automatic" | "wanted") => {
        if (running.current) {
            if (stale.current !== "wanted") stale.current = why;
            return;
        }
        const stop = new AbortController();
        if (why === "automatic") automatic.add(stop.signal);
        const end = (next: (old: typeof state) => typeof state) => {
            if (stop.signal.aborted) return;
            running.current = undefined;
            set(next);
            const once_more = stale.current;
            stale.current = "";
            if (once_more) ask(once_more);
        };
        running.current = stop;
        set((old) => (old.key === key ? { ...old, isLoading: true } : { key, isLoading: true }));
        latest.current(stop.signal).then(
            (value) => end(() => ({ key, value, isLoading: false })),
            (error: unknown) => {
                if (stop.signal.aborted) return;
                if (!(error instanceof Refusal)) throw error;
                end((old) => ({ ...old, refusal: error, isLoading: false }));
            },
        );
    };
    // Before the page is painted: the question is on its way meanwhile.
    useLayoutEffect(() => {
        ask("wanted");
        return () => {
            running.current?.abort();
            running.current = undefined;
            stale.current = "";
        };
    }, [key]);
    useEffect(() => {
        const before = asked.current;
        if (before.round === round && before.changed === changed) return;
        asked.current = { round, changed };
        ask(before.round === round ? "automatic" : "wanted");
    }, [round, changed]);
    return { value: state.value, refusal: state.refusal, isLoading: state.isLoading, again: () => setRound((last) => last + 1) };
}
