// A part of a figure, and the way from it to the reports behind it: a period, a window, a place, an hour of the week, days.
import { link } from "../router";
import { evidenceWords } from "./evidence.words";

export const PARTS = ["period", "place", "weekday", "hour", "from", "to"] as const;
export type Part = Partial<Record<(typeof PARTS)[number], string>>;

export function partLink(commitment: string, part: Part, which = ""): string {
    return link(["commitments", ...commitment.split("/")], { which, ...part });
}

export function Behind({ commitment, part, of, name }: { commitment: string; part: Part; of: string; name: string }) {
    return (
        <a href={partLink(commitment, part)}>
            {of}
            <span class="unseen">
                {" "}
                {evidenceWords.value.behind(name)}
            </span>
        </a>
    );
}
