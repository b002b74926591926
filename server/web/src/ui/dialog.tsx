// A question that is answered before one goes on. The browser keeps the focus inside, closes it on Escape, and gives the focus back.
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";

export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
    const dialog = useRef<HTMLDialogElement>(null);
    const id = useId();
    useLayoutEffect(() => {
        const shown = dialog.current!;
        const before = document.activeElement as HTMLElement | null;
        shown.showModal();
        return () => {
            shown.close();
            if (before?.isConnected) before.focus();
        };
    }, []);
    return (
        <dialog ref={dialog} class="dialog" aria-labelledby={id} onCancel={(event) => (event.preventDefault(), onClose())}>
            <h2 id={id}>{title}</h2>
            {children}
        </dialog>
    );
}
