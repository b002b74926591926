// What the installation calls what reports refer to by id: organisations, areas, places, roles, kinds of check. They are few, and
// loaded once; until they are there ids stand in for names.
import { signal } from "@preact/signals";
import { all, Refusal } from "./api";
import { useLoaded, type Loaded } from "./load";
import { either } from "./words";

export interface Word {
    list: string;
    id: string;
    name?: string;
    name_sv?: string | null;
    name_en?: string | null;
    area?: string; // of a place
}

export const labelOf = (word: Word): string => word.name || either(word.name_sv, word.name_en).text || word.id;

export class Reference {
    private readonly byId: Map<string, Word>;
    constructor(private readonly words: Word[]) {
        this.byId = new Map(words.map((word) => [`${word.list}/${word.id}`, word]));
    }
    of(list: string, area?: string): Word[] {
        return this.words
            .filter((word) => word.list === list && (!area || !word.area || word.area === area))
            .sort((a, b) => labelOf(a).localeCompare(labelOf(b)));
    }
    // Its name in the page's language; the id itself where it is not known any more.
    name(list: string, id: string): string {
        const found = this.byId.get(`${list}/${id}`);
        return found ? labelOf(found) : id;
    }
}

const known = signal<Reference>(new Reference([]));
let asked: Promise<Reference> | undefined;

function ask(): Promise<Reference> {
    asked ??= all<Word>("/words").then(
        (words) => (known.value = new Reference(words)),
        (error: unknown) => {
            asked = undefined;
            throw error;
        },
    );
    return asked;
}

export function loadReference(): void {
    ask().catch((error: unknown) => {
        if (!(error instanceof Refusal)) throw error;
    });
}

// For pages on which something is chosen from a list.
export function useReference(): Loaded<Reference> {
    return useLoaded(ask, "words", false);
}

export const nameOf = (list: string, id: string): string => known.value.name(list, id);
export const wordsOf = (list: string, area?: string): Word[] => known.value.of(list, area);
