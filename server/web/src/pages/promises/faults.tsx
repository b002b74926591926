// What the server finds wrong, next to what it is about: each input asks for the faults of its own field.
import { createContext, type ComponentChildren } from "preact";
import { useContext } from "preact/hooks";
import { language } from "../../words";
import { promisesWords } from "../promises.words";
import { faultInSwedish } from "./faults.words";
import type { Fault } from "./promise";

export const Faults = createContext<Fault[]>([]);
export const useFaults = (field: string): Fault[] => useContext(Faults).filter((one) => one.field === field);
export const anchorOf = (field: string) => `at-${field}`;

export function FaultText({ of }: { of: Fault }) {
    const swedish = language.value === "sv" ? faultInSwedish(of.text) : undefined;
    return swedish ? <>{swedish}</> : <span lang="en">{of.text}</span>;
}

export function FaultsOf({ field, id }: { field: string; id: string }) {
    const faults = useFaults(field);
    if (faults.length === 0) return null;
    return (
        <p id={id} class="fault">
            {faults.map((one) => (
                <FaultText key={one.text} of={one} />
            ))}
        </p>
    );
}

// The input that a fault is about, or the nearest around it.
function find(field: string): HTMLElement | null {
    for (let path = field; path; path = path.replace(/(\.[^.[]+|\[\d+\])$|^[^.[]+$/, "")) {
        const found = document.getElementById(anchorOf(path));
        if (found) return found;
    }
    return null;
}

export function Summary({ faults, nameOf }: { faults: Fault[]; nameOf: (field: string) => ComponentChildren }) {
    const w = promisesWords.value;
    const goTo = (field: string) => {
        const found = find(field);
        for (let at: Element | null | undefined = found; at; at = at.parentElement?.closest("details"))
            if (at instanceof HTMLDetailsElement) at.open = true;
        found?.scrollIntoView({ block: "center" });
        found?.focus();
    };
    if (faults.length === 0) return null;
    return (
        <div class="state alert" role="alert">
            <p>{w.faults(faults.length)}</p>
            <ul>
                {faults.map((one) => (
                    <li key={one.fault}>
                        <button type="button" class="plain" onClick={() => goTo(one.field)}>
                            {nameOf(one.field)}
                        </button>{" "}
                        <FaultText of={one} />
                    </li>
                ))}
            </ul>
        </div>
    );
}
