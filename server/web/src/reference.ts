// What the installation calls things: organisations, areas, places, roles and other words, in the page's language.
import { all } from "./api";
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

export const nameOf = (word: Word): string => word.name ?? (either(word.name_sv, word.name_en).text || word.id);

export class Reference {
    constructor(private readonly words: Word[]) {}
    of(list: string): Word[] {
        return this.words.filter((word) => word.list === list).sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
    }
    // The id itself where it is not known any more.
    name(list: string, id: string): string {
        const found = this.words.find((word) => word.list === list && word.id === id);
        return found ? nameOf(found) : id;
    }
}

export function useReference(): Loaded<Reference> {
    return useLoaded(async (signal) => new Reference(await all<Word>("/words", 20_000, signal)), "words", false);
}
