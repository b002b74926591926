// What narrows a page: each choice stands in its address at once, so there is nothing to send.
import type { ComponentChildren } from "preact";

interface Props {
    search?: boolean; // among what is on the page
    label?: string;
    children: ComponentChildren;
}

export function FilterForm({ search, label, children }: Props) {
    return (
        <form class="filters" role={search ? "search" : undefined} aria-label={label} onSubmit={(event) => event.preventDefault()}>
            {children}
        </form>
    );
}
