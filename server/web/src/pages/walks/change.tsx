// Who is responsible, what is promised and until when. Only what was changed is sent, with the version that was seen; where another
// person was quicker it says so, with what stands there now, and what was typed stays.
import { useState } from "preact/hooks";
import { post } from "../../api";
import { plainDay } from "../../format";
import { labelOf, nameOf, wordsOf } from "../../reference";
import { useAct } from "../../ui/act";
import { Dialog } from "../../ui/dialog";
import { FormActions } from "../../ui/form_actions";
import { Field, RefusedAsWhole } from "../../ui/field";
import { Facts } from "../../ui/facts";
import { walksWords } from "../walks.words";
import { isOutdated, pathOf, promisedOf, whereOf, type Unsafe } from "./place";

const FIELDS = ["responsible", "promised_action", "due"] as const;

interface Props {
    of: Unsafe; // as it is now; it may change while one types
    again: () => void;
    done: () => void;
    close: () => void;
}

function Now({ of }: { of: Unsafe }) {
    const w = walksWords.value;
    return (
        <div class="state alert" role="alert">
            <p>{w.changed}</p>
            <p>{w.now}</p>
            <dl class="facts">
                <Facts
                    of={[
                        [w.responsible, of.responsible ? nameOf("organisation", of.responsible) : w.nobody],
                        [w.promised, promisedOf(of)],
                        [w.due, of.due ? plainDay(of.due) : w.noDay],
                        [w.status, w.statuses[of.status]],
                    ]}
                />
            </dl>
            <p>{w.again}</p>
        </div>
    );
}

export function Change({ of, again, done, close }: Props) {
    const w = walksWords.value;
    const { isBusy, refusal, run } = useAct();
    const [seen, see] = useState(of);
    const [typed, setTyped] = useState({
        responsible: of.responsible ?? "",
        promised_action: of.promised_action ?? "",
        due: of.due ?? "",
    });
    const [isSame, setSame] = useState(false);
    const type = (name: (typeof FIELDS)[number]) => (event: { currentTarget: HTMLInputElement | HTMLSelectElement }) =>
        setTyped({ ...typed, [name]: event.currentTarget.value });
    const submit = async (event: Event) => {
        event.preventDefault();
        // Once one was told what stands there now, that is what one changes.
        const base = isOutdated(refusal) ? of : seen;
        const changed = Object.fromEntries(FIELDS.filter((name) => typed[name].trim() !== (base[name] ?? "")).map((name) => [name, typed[name].trim()]));
        see(base);
        setSame(Object.keys(changed).length === 0);
        if (Object.keys(changed).length === 0) return;
        if (await run(() => post(pathOf(of), { finding: of.finding, version: base.version, ...changed }))) done();
        else again();
    };
    return (
        <Dialog title={w.named(w.change, whereOf(of))} onClose={close}>
            <form class="form" onSubmit={(event) => void submit(event)} noValidate>
                {isOutdated(refusal) ? <Now of={of} /> : <RefusedAsWhole refusal={refusal} shown={[...FIELDS]} />}
                {isSame && (
                    <p class="state" role="status">
                        {w.noChange}
                    </p>
                )}
                <Field label={w.responsible} name="responsible" refusal={refusal}>
                    {(given) => (
                        <select {...given} value={typed.responsible} onChange={type("responsible")}>
                            <option value="">{w.nobody}</option>
                            {wordsOf("organisation").map((one) => (
                                <option key={one.id} value={one.id}>
                                    {labelOf(one)}
                                </option>
                            ))}
                        </select>
                    )}
                </Field>
                <Field label={w.promised} name="promised_action" hint={of.promised_action === null && !of.texts_shown ? `${w.promisedHidden} ${w.promisedHint}` : w.promisedHint} refusal={refusal}>
                    {(given) => <input {...given} maxLength={200} autocomplete="off" value={typed.promised_action} onInput={type("promised_action")} />}
                </Field>
                <Field label={w.due} name="due" refusal={refusal}>
                    {(given) => <input {...given} type="date" value={typed.due} onInput={type("due")} />}
                </Field>
                <FormActions action={w.save} isBusy={isBusy} close={close} />
            </form>
        </Dialog>
    );
}
