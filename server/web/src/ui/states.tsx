// What every page looks like before there is something on it, when there is nothing, and when it could not be had.
import type { ComponentChildren } from "preact";
import type { Refusal } from "../api";
import type { Loaded } from "../load";
import { words } from "../words";

export function Loading() {
    return (
        <p class="state" role="status" aria-busy="true">
            {words.value.states.loading}
        </p>
    );
}

export function Empty({ children }: { children?: ComponentChildren }) {
    return <p class="state">{children ?? words.value.states.empty}</p>;
}

export function Refused({ refusal, again }: { refusal: Refusal; again?: () => void }) {
    const w = words.value.states;
    const isOut = refusal.problem.code === "not_logged_in";
    return (
        <div class="state alert" role="alert">
            <p>{isOut ? w.loggedOut : refusal.sentence}</p>
            {isOut ? (
                // Elsewhere, so that what was typed here stays.
                <a href="/login" target="_blank" rel="noopener">
                    {w.logIn}
                </a>
            ) : (
                again && (
                    <button type="button" onClick={again}>
                        {w.again}
                    </button>
                )
            )}
        </div>
    );
}

// The page of what was loaded; above it, where it could not be loaded again, why.
export function Shown<T>({ of, children }: { of: Loaded<T>; children: (value: T) => ComponentChildren }) {
    return (
        <>
            {of.refusal && <Refused refusal={of.refusal} again={of.again} />}
            {of.value !== undefined ? children(of.value) : !of.refusal && <Loading />}
        </>
    );
}
