// How a commitment stands, as a word and a shape: never by colour alone.
import { words } from "../words";

const MARKS: Record<string, string> = {
    met: "✓",
    on_pace: "→",
    behind: "▾",
    missed: "✕",
    unknown: "?",
    not_started: "·",
    counted: "#",
    ended: "▪",
};

export function Status({ status }: { status: string }) {
    const text = (words.value.status as Record<string, string>)[status] ?? status;
    return (
        <span class={`status status-${status}`}>
            <span aria-hidden="true">{MARKS[status] ?? "·"}</span> {text}
        </span>
    );
}
