// Asks before something is done that is not easily undone, says what it means, and does it.
import type { ComponentChildren } from "preact";
import { useAct } from "./act";
import { Dialog } from "./dialog";
import { FormActions } from "./form_actions";
import { Refused } from "./states";

interface Props {
    title: string;
    action: string; // what the button says
    isDanger?: boolean;
    children: ComponentChildren;
    run: () => Promise<unknown>;
    done: () => void; // it was done; closes as well
    close: () => void;
}

export function Confirm({ title, action, isDanger, children, run, done, close }: Props) {
    const act = useAct();
    const confirm = async (event: Event) => {
        event.preventDefault();
        if (await act.run(run)) done();
    };
    return (
        <Dialog title={title} onClose={close}>
            <form onSubmit={(event) => void confirm(event)}>
                {children}
                {act.refusal && <Refused refusal={act.refusal} />}
                <FormActions action={action} isDanger={isDanger} isBusy={act.isBusy} close={close} />
            </form>
        </Dialog>
    );
}
