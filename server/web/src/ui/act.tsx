// Something that is done at the server: once at a time, with what it answered beside the button that asked for it.
import { useState } from "preact/hooks";
import { Refusal } from "../api";

export interface Act {
    isBusy: boolean;
    refusal: Refusal | undefined;
    // True where it was done.
    run: (what: () => Promise<unknown>) => Promise<boolean>;
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
    return { isBusy, refusal, run };
}
