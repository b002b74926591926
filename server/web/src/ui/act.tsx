// Something that is done at the server: once at a time, with what it answered beside the button that asked for it.
import { useState } from "preact/hooks";
import { Refusal } from "../api";

export interface Act {
    isBusy: boolean;
    refusal: Refusal | undefined;
    // True where it was done.
    run: (what: () => Promise<unknown>) => Promise<boolean>;
    clear: () => void;
}

export function useAct(): Act {
    const [isBusy, setBusy] = useState(false);
    const [refusal, refuse] = useState<Refusal | undefined>(undefined);
    const run = async (what: () => Promise<unknown>) => {
        if (isBusy) return false;
        setBusy(true);
        refuse(undefined);
        try {
            await what();
            return true;
        } catch (error) {
            if (!(error instanceof Refusal)) throw error;
            refuse(error);
            return false;
        } finally {
            setBusy(false);
        }
    };
    return { isBusy, refusal, run, clear: () => refuse(undefined) };
}

// What was refused, at the field that it is about or, without one, of the whole form.
export function refusalOf(act: Act, field: string): string | undefined {
    return act.refusal && act.refusal.problem.field === field ? act.refusal.sentence : undefined;
}
