// What a page shows is loaded when it is opened, when its question changes and, where it is live, when the server says that
// something changed. While it is loaded again the old stays on the page.
import { useEffect, useRef, useState } from "preact/hooks";
import { Refusal } from "./api";
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
    const changed = isLive ? changes.value : 0;
    useEffect(() => {
        const stop = new AbortController();
        set((old) => (old.key === key ? { ...old, isLoading: true } : { key, isLoading: true }));
        latest.current(stop.signal).then(
            (value) => !stop.signal.aborted && set({ key, value, isLoading: false }),
            (error: unknown) => {
                if (stop.signal.aborted) return;
                if (!(error instanceof Refusal)) throw error;
                set((old) => ({ ...old, refusal: error, isLoading: false }));
            },
        );
        return () => stop.abort();
    }, [key, round, changed]);
    return { value: state.value, refusal: state.refusal, isLoading: state.isLoading, again: () => setRound(round + 1) };
}
