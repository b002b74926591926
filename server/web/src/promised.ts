// What is promised, by title and period: a title alone does not tell this year's promise from that of the year before.
import { all } from "./api";
import { plainDay } from "./format";
import { useLoaded } from "./load";
import { either } from "./words";

interface Titles {
    title_sv: string;
    title_en: string | null;
}
export interface Promised extends Titles {
    promise: string;
    area: string;
    from: string;
    to: string;
    commitments: (Titles & { commitment: string })[];
}
interface Name {
    text: string;
    lang?: "sv" | "en" | undefined; // where it is not the page's
}

// "2015", "2016–2018"; the days where it does not hold for whole years.
export function periodOf({ from, to }: { from: string; to: string }): string {
    const isYears = from.endsWith("-01-01") && to.endsWith("-12-31");
    const [first, last] = isYears ? [from.slice(0, 4), to.slice(0, 4)] : [plainDay(from), plainDay(to)];
    return first === last ? first : isYears ? `${first}–${last}` : `${first} – ${last}`;
}

export function promiseName(of: Promised): Name {
    const { text, lang } = either(of.title_sv, of.title_en);
    return { text: `${text} (${periodOf(of)})`, lang };
}

export function commitmentName(of: Titles, promise: Promised): Name {
    const { text, lang } = either(of.title_sv, of.title_en);
    return { text: `${text}: ${promiseName(promise).text}`, lang };
}

// Names of what pages refer to by id. For what is not there any more, and until the list is, what is known of it stands: its
// title, or the id itself.
export class Promises {
    constructor(private readonly list: Promised[]) {}
    promise(id: string): Name {
        const found = this.list.find((one) => one.promise === id);
        return found ? promiseName(found) : { text: id };
    }
    commitment(path: string, known?: Titles): Name {
        const promise = this.list.find((one) => one.promise === path.split("/")[0]);
        const found = promise?.commitments.find((one) => one.commitment === path);
        if (promise && found) return commitmentName(found, promise);
        return known ? either(known.title_sv, known.title_en) : { text: path };
    }
}

export function usePromises(): Promises {
    return new Promises(useLoaded((signal) => all<Promised>("/promises", signal), "promises").value ?? []);
}
