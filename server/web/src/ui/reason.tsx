// A dialog that asks why before something is done: the reason goes into the audit log. What was typed stays where it is refused.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { words } from "../words";
import { useAct } from "./act";
import { Dialog } from "./dialog";
import { Field, RefusedAsWhole } from "./field";
import { FormActions } from "./form_actions";

interface Props {
    title: string;
    label: string;
    action: string;
    isDanger?: boolean;
    run: (reason: string) => Promise<unknown>;
    done: () => void; // it was done; closes as well
    close: () => void;
    children?: ComponentChildren;
}

export function ReasonDialog({ title, label, action, isDanger, run, done, close, children }: Props) {
    const act = useAct();
    const [reason, setReason] = useState("");
    const [isMissing, setMissing] = useState(false);
    const submit = async (event: Event) => {
        event.preventDefault();
        const why = reason.trim();
        setMissing(!why);
        if (why && (await act.run(() => run(why)))) done();
    };
    return (
        <Dialog title={title} onClose={close}>
            <form class="form" onSubmit={(event) => void submit(event)} noValidate>
                {children}
                <RefusedAsWhole refusal={act.refusal} shown={["reason"]} />
                <Field label={label} name="reason" refusal={act.refusal} fault={isMissing ? words.value.reasonMissing : undefined}>
                    {(given) => (
                        <input
                            {...given}
                            value={reason}
                            maxLength={200}
                            required
                            autocomplete="off"
                            onInput={(event) => setReason(event.currentTarget.value)}
                        />
                    )}
                </Field>
                <FormActions action={action} isDanger={isDanger} isBusy={act.isBusy} close={close} />
            </form>
        </Dialog>
    );
}
