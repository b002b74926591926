// A change on its way to the server. What was typed is the caller's and stays whatever comes of it.
import { useState } from "preact/hooks";
import { Refusal } from "./api";

export interface Sending {
    isSending: boolean;
    refusal: Refusal | undefined;
    // True where it was done.
    send: (change: () => Promise<unknown>) => Promise<boolean>;
}

export function useSending(): Sending {
    const [state, set] = useState<{ isSending: boolean; refusal?: Refusal }>({ isSending: false });
    const send = async (change: () => Promise<unknown>) => {
        set({ isSending: true });
        try {
            await change();
            set({ isSending: false });
            return true;
        } catch (error) {
            if (!(error instanceof Refusal)) throw error;
            set({ isSending: false, refusal: error });
            return false;
        }
    };
    return { isSending: state.isSending, refusal: state.refusal, send };
}
