// A field with its name, what to know about it, and next to it what the server said against it.
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { Refusal } from "../api";
import { Refused } from "./states";

export interface Given {
    id: string;
    "aria-describedby": string | undefined;
    "aria-invalid": "true" | undefined;
}

interface Props {
    label: string;
    name: string; // as the server calls it
    hint?: ComponentChildren;
    refusal: Refusal | undefined;
    fault?: string | undefined; // what the page itself says against it
    children: (given: Given) => ComponentChildren;
}

export function Field({ label, name, hint, refusal, fault, children }: Props) {
    const id = useId();
    const wrong = fault ?? (refusal?.problem.field === name ? refusal.sentence : undefined);
    const isRefused = wrong !== undefined;
    const about = [hint ? `${id}-hint` : "", isRefused ? `${id}-fault` : ""].filter(Boolean).join(" ");
    return (
        <div class="field">
            <label for={id}>{label}</label>
            {children({ id, "aria-describedby": about || undefined, "aria-invalid": isRefused ? "true" : undefined })}
            {hint && (
                <p id={`${id}-hint`} class="quiet">
                    {hint}
                </p>
            )}
            {isRefused && (
                <p id={`${id}-fault`} class="fault" role="alert">
                    {wrong}
                </p>
            )}
        </div>
    );
}

// Several things to tick, of which the server says one thing.
export function Choices({
    label,
    name,
    refusal,
    options,
    chosen,
    choose,
}: {
    label: string;
    name: string;
    refusal: Refusal | undefined;
    options: { id: string; label: string }[];
    chosen: string[];
    choose: (chosen: string[]) => void;
}) {
    const id = useId();
    const isRefused = refusal?.problem.field === name;
    const toggle = (one: string) => choose(chosen.includes(one) ? chosen.filter((each) => each !== one) : [...chosen, one]);
    return (
        <fieldset class="choices" aria-describedby={isRefused ? `${id}-fault` : undefined}>
            <legend>{label}</legend>
            {options.map((one) => (
                <label key={one.id}>
                    <input type="checkbox" checked={chosen.includes(one.id)} onChange={() => toggle(one.id)} /> {one.label}
                </label>
            ))}
            {isRefused && (
                <p id={`${id}-fault`} class="fault" role="alert">
                    {refusal.sentence}
                </p>
            )}
        </fieldset>
    );
}

// What the server said against the whole, or about a field that is not shown.
export function RefusedAsWhole({ refusal, shown }: { refusal: Refusal | undefined; shown: string[] }) {
    return refusal && !shown.includes(refusal.problem.field ?? "") ? <Refused refusal={refusal} /> : null;
}
