// The words of the frame in both languages; a page brings its own. Each language has the same names: the compiler sees to that.
import { computed, signal, type ReadonlySignal } from "@preact/signals";
import { en } from "./en";
import { sv } from "./sv";

export type Language = "sv" | "en";
export type Words = typeof sv;

const KEPT = "rond.language";
const chosen = localStorage.getItem(KEPT);
const first: Language = chosen === "sv" || chosen === "en" ? chosen : navigator.language.startsWith("en") ? "en" : "sv";

export const language = signal<Language>(first);
export const words = computed<Words>(() => (language.value === "sv" ? sv : en));

// The words of one page, which come with it.
export function inBoth<T>(own: { sv: T; en: T }): ReadonlySignal<T> {
    return computed(() => own[language.value]);
}

export function speak(to: Language): void {
    language.value = to;
    localStorage.setItem(KEPT, to);
    document.documentElement.lang = to;
}
document.documentElement.lang = first;

// What the server gives in both languages; where one is missing the other stands, marked as such by `lang`.
export function either(swedish: string | null | undefined, english: string | null | undefined): { text: string; lang?: Language } {
    const own = language.value === "sv" ? swedish : english;
    if (own) return { text: own };
    const other = language.value === "sv" ? english : swedish;
    return { text: other ?? "", lang: language.value === "sv" ? "en" : "sv" };
}
