// What was typed and not saved: kept in this tab until it is saved or thrown away, through a reload and a log-in.
import type { PromiseDocument } from "./promise";

export interface Draft {
    area: string;
    promise: PromiseDocument;
    version: number; // that it began with; 0: a new promise
}

const keyOf = (name: string) => `rond.promise.${name}`;

export function keep(name: string, draft: Draft): void {
    sessionStorage.setItem(keyOf(name), JSON.stringify(draft));
}

export function forget(name: string): void {
    sessionStorage.removeItem(keyOf(name));
}

export function kept(name: string): Draft | undefined {
    try {
        return (JSON.parse(sessionStorage.getItem(keyOf(name)) ?? "null") as Draft | null) ?? undefined;
    } catch {
        return undefined;
    }
}
