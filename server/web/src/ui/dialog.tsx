// A dialog above the page. Whoever opened it has the focus again when it is gone.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
    const dialog = useRef<HTMLDialogElement>(null);
    const id = useId();
    useEffect(() => {
        const before = document.activeElement;
        dialog.current?.showModal();
        return () => {
            if (before instanceof HTMLElement && before.isConnected) before.focus();
        };
    }, []);
    return (
        <dialog
            ref={dialog}
            class="dialog"
            aria-labelledby={id}
            onCancel={(event) => {
                event.preventDefault(); // it goes with its state, not by itself
                close();
            }}
        >
            <h2 id={id}>{title}</h2>
            {children}
        </dialog>
    );
}
