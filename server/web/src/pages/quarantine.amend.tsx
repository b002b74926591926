// A report in quarantine is corrected field by field, and counts from then on. What is changed alone is sent.
import { useState } from "preact/hooks";
import { post, type Refusal } from "../api";
import { wordsOf, nameOf } from "../reference";
import { factsOf, listOf, type Stored } from "../report";
import { minuteOf } from "../stockholm";
import { useAct } from "../ui/act";
import { Dialog } from "../ui/dialog";
import { FormActions } from "../ui/form_actions";
import { Field as FormField, RefusedAsWhole } from "../ui/field";
import { Why } from "../ui/why";
import { words } from "../words";
import { quarantineWords } from "./quarantine.words";

const FIELDS =
    /^(occurred_(from|to)_s|place|role|organisations\[\d+\]|check\.(of|checked|remarked|reported)|handout\.items\[\d+\]\.(item|count)|patrol\.persons\[\d+\]\.(role|persons)|walk\.findings\[\d+\]\.(place|responsible|due)|meeting\.with|inventory\.(of|surveyed)|inventory\.findings\[\d+\]\.place|initiative\.(type|quantity))$/;

interface Field {
    name: string;
    label: string;
    raw: string;
}

// The value behind a path, as the server has it.
function rawOf(report: unknown, path: string): string {
    let at: unknown = report;
    for (const part of path.split(/[.[\]]+/).filter(Boolean)) at = (at as Record<string, unknown> | undefined)?.[part];
    return at === undefined || at === null ? "" : String(at);
}

const isTime = (name: string) => name.startsWith("occurred_");
const shown = (field: Field) => (isTime(field.name) ? minuteOf(Number(field.raw) * 1000) : field.raw);

function typeOf(field: Field): string {
    if (isTime(field.name)) return "datetime-local";
    if (field.name.endsWith(".due")) return "date";
    return /^\d+$/.test(field.raw) ? "number" : "text";
}

function fieldsOf(of: Stored): Field[] {
    return factsOf(of.report!)
        .filter((fact) => FIELDS.test(fact.field))
        .map((fact) => ({ name: fact.field, label: fact.label, raw: rawOf(of.report, fact.field) }));
}

function Input({ field, area, value, refusal, onChange }: { field: Field; area: string; value: string; refusal: Refusal | undefined; onChange: (value: string) => void }) {
    const w = quarantineWords.value;
    const list = listOf(field.name);
    const known = list ? wordsOf(list, area) : [];
    return (
        <FormField label={field.label} name={field.name} refusal={refusal}>
            {(given) =>
                list ? (
                    <select {...given} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
                        {!known.some((one) => one.id === field.raw) && <option value={field.raw}>{w.unknown(field.raw)}</option>}
                        {field.name.startsWith("organisations") && <option value="">{w.takeOut}</option>}
                        {known.map((one) => (
                            <option key={one.id} value={one.id}>
                                {nameOf(list, one.id)}
                            </option>
                        ))}
                    </select>
                ) : (
                    <input {...given} type={typeOf(field) as "text"} min="0" value={value} onInput={(event) => onChange(event.currentTarget.value)} />
                )
            }
        </FormField>
    );
}

export function AmendDialog({ of, onClose, onDone }: { of: Stored; onClose: () => void; onDone: () => void }) {
    const w = quarantineWords.value;
    const act = useAct();
    const [fields] = useState(() => fieldsOf(of));
    const [values, setValues] = useState<Record<string, string>>({});
    const [reason, setReason] = useState("");
    const [missing, setMissing] = useState<"reason" | "fields" | undefined>(undefined);
    const changed = fields.filter((one) => values[one.name] !== undefined && values[one.name] !== shown(one));
    const submit = async (event: Event) => {
        event.preventDefault();
        const lacks = changed.length === 0 ? "fields" : reason.trim() ? undefined : "reason";
        setMissing(lacks);
        const set = Object.fromEntries(changed.map((one) => [one.name, values[one.name]!]));
        if (!lacks && (await act.run(() => post(`/quarantine/${of.reference}/amend`, { set, reason: reason.trim() })))) onDone();
    };
    return (
        <Dialog title={w.amendTitle(of.reference)} onClose={onClose}>
            <form onSubmit={(event) => void submit(event)} noValidate class="stack">
                <p>
                    <Why of={of} />
                </p>
                <p class="quiet">{w.amendNote}</p>
                {fields.map((one) => (
                    <Input
                        key={one.name}
                        field={one}
                        area={of.area}
                        value={values[one.name] ?? shown(one)}
                        refusal={act.refusal}
                        onChange={(value) => setValues({ ...values, [one.name]: value })}
                    />
                ))}
                <FormField label={w.reason} name="reason" refusal={act.refusal} fault={missing === "reason" ? words.value.reasonMissing : undefined}>
                    {(given) => (
                        <input {...given} value={reason} maxLength={200} autocomplete="off" onInput={(event) => setReason(event.currentTarget.value)} />
                    )}
                </FormField>
                {missing === "fields" && (
                    <p class="fault" role="alert">
                        {w.nothingChanged}
                    </p>
                )}
                <RefusedAsWhole refusal={act.refusal} shown={[...fields.map((one) => one.name), "reason"]} />
                <FormActions action={w.amendDo} isBusy={act.isBusy} close={onClose} />
            </form>
        </Dialog>
    );
}
