// Names with their values; those without one are left out.
import type { ComponentChildren } from "preact";

export function Facts({ of }: { of: [string, ComponentChildren][] }) {
    return (
        <>
            {of.map(
                ([name, value], index) =>
                    value !== undefined &&
                    value !== null &&
                    value !== "" && (
                        <div class="fact" key={index}>
                            <dt>{name}</dt>
                            <dd>{value}</dd>
                        </div>
                    ),
            )}
        </>
    );
}
