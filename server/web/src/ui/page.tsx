// A page's heading, which takes the focus when one comes to it, so that a screen reader says where one is.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { words } from "../words";

export function Page({ title, aside, children }: { title: string; aside?: ComponentChildren; children: ComponentChildren }) {
    const heading = useRef<HTMLHeadingElement>(null);
    useEffect(() => {
        document.title = `${title} · ${words.value.rond}`;
    }, [title]);
    useEffect(() => heading.current?.focus({ preventScroll: true }), []);
    return (
        <>
            <header class="page-head">
                <h1 tabIndex={-1} ref={heading}>
                    {title}
                </h1>
                {aside}
            </header>
            {children}
        </>
    );
}
