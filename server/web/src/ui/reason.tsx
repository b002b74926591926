// A dialog that asks why before something is done: the reason goes into the audit log. What was typed stays where it is refused.
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { words } from "../words";
import { type Act, refusalOf } from "./act";
import { Dialog } from "./dialog";

interface Props {
    title: string;
    label: string;
    action: string;
    isDangerous?: boolean;
    act: Act;
    onClose: () => void;
    onReason: (reason: string) => void;
    children?: ComponentChildren;
}

export function ReasonDialog({ title, label, action, isDangerous, act, onClose, onReason, children }: Props) {
    const [reason, setReason] = useState("");
    const [isMissing, setMissing] = useState(false);
    const id = useId();
    const w = words.value.form;
    const wrong = isMissing ? w.reasonMissing : refusalOf(act, "reason");
    const submit = (event: Event) => {
        event.preventDefault();
        setMissing(!reason.trim());
        if (reason.trim()) onReason(reason.trim());
        else document.getElementById(id)?.focus();
    };
    return (
        <Dialog title={title} onClose={onClose}>
            <form onSubmit={submit} noValidate>
                {children}
                <div class="field">
                    <label for={id}>{label}</label>
                    <input
                        id={id}
                        value={reason}
                        maxLength={200}
                        required
                        autocomplete="off"
                        aria-invalid={!!wrong}
                        aria-describedby={wrong ? `${id}-wrong` : undefined}
                        onInput={(event) => setReason(event.currentTarget.value)}
                    />
                    {wrong && (
                        <p class="wrong" id={`${id}-wrong`}>
                            {wrong}
                        </p>
                    )}
                </div>
                {act.refusal && act.refusal.problem.field !== "reason" && (
                    <p class="wrong" role="alert">
                        {act.refusal.sentence}
                    </p>
                )}
                <div class="actions">
                    <button type="submit" class={isDangerous ? "danger" : "primary"} disabled={act.isBusy}>
                        {action}
                    </button>
                    <button type="button" onClick={onClose}>
                        {w.cancel}
                    </button>
                </div>
            </form>
        </Dialog>
    );
}
