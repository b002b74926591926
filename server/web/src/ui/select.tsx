// One of several: in a form's field, and as a filter of a page, which stands in its address.
import { labelOf, type Word } from "../reference";
import { place, refine } from "../router";
import type { Given } from "./field";

export interface Option {
    id: string;
    label: string;
}
export const optionsOf = (words: Word[]): Option[] => words.map((one) => ({ id: one.id, label: labelOf(one) }));

interface Choice {
    none?: string | undefined; // what it says where nothing is chosen
    options: Option[];
}

function Options({ none, options }: Choice) {
    return (
        <>
            {none !== undefined && <option value="">{none}</option>}
            {options.map((one) => (
                <option key={one.id} value={one.id}>
                    {one.label}
                </option>
            ))}
        </>
    );
}

export function Select({ given, value, choose, ...choice }: Choice & { given: Given; value: string; choose: (value: string) => void }) {
    return (
        <select {...given} value={value} onChange={(event) => choose(event.currentTarget.value)}>
            <Options {...choice} />
        </select>
    );
}

// initial: what is chosen where the address does not say.
export function FilterSelect({ label, name, initial = "", ...choice }: Choice & { label: string; name: string; initial?: string }) {
    return (
        <label>
            {label}
            <select value={place.value.query.get(name) || initial} onChange={(event) => refine({ [name]: event.currentTarget.value })}>
                <Options {...choice} />
            </select>
        </label>
    );
}
