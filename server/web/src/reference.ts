// Names of what reports refer to by id: places, organisations, roles, kinds of check. They are few, and loaded once.
import { signal } from "@preact/signals";
import { all, Refusal } from "./api";
import { either } from "./words";

export interface Word {
    list: string;
    id: string;
    name?: string;
    name_sv?: string;
    name_en?: string;
    area?: string;
}

const known = signal<Map<string, Word>>(new Map());
let asked = false;

export function loadReference(): void {
    if (asked) return;
    asked = true;
    all<Word>("/words", 20_000).then(
        (words) => (known.value = new Map(words.map((word) => [`${word.list}/${word.id}`, word]))),
        (error: unknown) => {
            asked = false; // ids stand in for names until it comes
            if (!(error instanceof Refusal)) throw error;
        },
    );
}

// Its name in the page's language; the id where nobody gave it one.
export function nameOf(list: string, id: string): string {
    const word = known.value.get(`${list}/${id}`);
    if (!word) return id;
    return word.name || either(word.name_sv, word.name_en).text || id;
}

export function wordsOf(list: string, area?: string): Word[] {
    return [...known.value.values()].filter((word) => word.list === list && (!area || !word.area || word.area === area));
}
