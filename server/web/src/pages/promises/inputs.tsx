// Inputs of the editor: each with its label, its hint, and beside it what was found wrong with its field.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { optionsOf, type Option } from "../../ui/select";
import { anchorOf, FaultsOf, useFaults } from "./faults";

export { optionsOf, type Option };
export const namedOptions = (ids: readonly string[], names: Record<string, string>): Option[] =>
    ids.map((id) => ({ id, label: names[id] ?? id }));

interface Common {
    field: string; // its path in the promise
    label: string;
    hint?: ComponentChildren;
}
interface Given {
    id: string;
    "aria-describedby": string | undefined;
    "aria-invalid": "true" | undefined;
}

function Labelled({ field, label, hint, children }: Common & { children: (given: Given) => ComponentChildren }) {
    const id = anchorOf(field);
    const isWrong = useFaults(field).length > 0;
    const about = [hint ? `${id}-hint` : "", isWrong ? `${id}-fault` : ""].filter(Boolean).join(" ");
    return (
        <div class="field">
            <label for={id}>{label}</label>
            {children({ id, "aria-describedby": about || undefined, "aria-invalid": isWrong ? "true" : undefined })}
            {hint && (
                <p id={`${id}-hint`} class="quiet">
                    {hint}
                </p>
            )}
            <FaultsOf field={field} id={`${id}-fault`} />
        </div>
    );
}

interface TextProps extends Common {
    value: string | number | undefined;
    put: (value: string) => void;
    type?: "text" | "date" | "time" | "number";
    placeholder?: string;
    isFixed?: boolean;
}
export function Text({ value, put, type = "text", placeholder, isFixed, ...common }: TextProps) {
    return (
        <Labelled {...common}>
            {(given) => (
                <input
                    {...given}
                    type={(type === "number" ? "text" : type) as "text"}
                    inputMode={type === "number" ? "numeric" : undefined}
                    maxLength={400}
                    autocomplete="off"
                    readOnly={isFixed}
                    placeholder={placeholder}
                    value={value ?? ""}
                    onInput={(event) => put(event.currentTarget.value)}
                />
            )}
        </Labelled>
    );
}

interface ChoiceProps extends Common {
    value: string | undefined;
    options: Option[];
    none?: string;
    put: (value: string) => void;
}
// A word that is not in the list (any more) stays chosen, by its id.
export function Choice({ value, options, none, put, ...common }: ChoiceProps) {
    const isKnown = !value || options.some((one) => one.id === value);
    return (
        <Labelled {...common}>
            {(given) => (
                <select {...given} value={value ?? ""} onChange={(event) => put(event.currentTarget.value)}>
                    {(none !== undefined || !value) && <option value="">{none ?? "–"}</option>}
                    {!isKnown && <option value={value}>{value}</option>}
                    {options.map((one) => (
                        <option key={one.id} value={one.id}>
                            {one.label}
                        </option>
                    ))}
                </select>
            )}
        </Labelled>
    );
}

interface TicksProps extends Common {
    value: string[] | undefined;
    options: Option[];
    put: (value: string[]) => void;
}
export function Ticks({ field, label, hint, value = [], options, put }: TicksProps) {
    const id = anchorOf(field);
    const unknown = value.filter((one) => !options.some((each) => each.id === one)).map((one) => ({ id: one, label: one }));
    const toggle = (one: string) => put(value.includes(one) ? value.filter((each) => each !== one) : [...value, one]);
    return (
        <fieldset class="choices ticks" id={id} tabIndex={-1} aria-describedby={hint ? `${id}-hint` : undefined}>
            <legend>{label}</legend>
            {hint && (
                <p id={`${id}-hint`} class="quiet">
                    {hint}
                </p>
            )}
            {[...options, ...unknown].map((one, index) => (
                <label key={one.id}>
                    <input
                        type="checkbox"
                        id={value.includes(one.id) ? anchorOf(`${field}[${value.indexOf(one.id)}]`) : `${id}-${index}`}
                        checked={value.includes(one.id)}
                        onChange={() => toggle(one.id)}
                    />{" "}
                    {one.label}
                </label>
            ))}
            <FaultsOf field={field} id={`${id}-fault`} />
            {value.map((_, index) => (
                <FaultsOf key={index} field={`${field}[${index}]`} id={`${id}-fault-${index}`} />
            ))}
        </fieldset>
    );
}

export function Tick({
    field,
    label,
    value,
    put,
}: {
    field: string;
    label: string;
    value: boolean | undefined;
    put: (value: boolean) => void;
}) {
    const id = anchorOf(field);
    return (
        <div class="field">
            <label class="tick">
                <input id={id} type="checkbox" checked={value ?? false} onChange={(event) => put(event.currentTarget.checked)} />{" "}
                {label}
            </label>
            <FaultsOf field={field} id={`${id}-fault`} />
        </div>
    );
}

// What most have no use for: open at first where something stands in it, and then as the person has it.
export function Fold({ label, isFilled, children }: { label: string; isFilled: boolean; children: ComponentChildren }) {
    const [isOpen] = useState(isFilled);
    return (
        <details open={isOpen}>
            <summary>{label}</summary>
            {children}
        </details>
    );
}
