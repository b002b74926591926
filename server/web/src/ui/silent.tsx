// Devices that were not heard of: what they hold is not yet known.
import { ago } from "../format";
import { nameOf } from "../reference";
import { link } from "../router";
import { mayAs } from "../session";
import { words } from "../words";

export interface SilentDevice {
    device?: string; // not said to whom it does not concern
    name?: string | null;
    organisation: string | null;
    seen_ms?: number | null;
    since_ms?: number | null;
}

// Of many those that were heard of longest ago are named; the list of devices has all.
export function Silent({ devices, count }: { devices: SilentDevice[]; count: number }) {
    const w = words.value.silent;
    if (count === 0) return null;
    const more = count - devices.length;
    const hasList = mayAs("administrator", "area_chief", "coordinator");
    return (
        <details class="silent">
            <summary>{w.silent(count)}</summary>
            <ul>
                {devices.map((one, index) => {
                    const seen = one.seen_ms ?? one.since_ms;
                    const name = one.name ?? one.device?.slice(0, 8);
                    return (
                        <li key={one.device ?? index}>
                            {name ? `${name}, ` : ""}
                            {one.organisation && nameOf("organisation", one.organisation)}: {seen ? `${w.since} ${ago(seen)}` : w.never}
                        </li>
                    );
                })}
                {more > 0 && (
                    <li>{hasList ? <a href={link(["devices"], { show: "silent" })}>{w.more(more)}</a> : w.more(more)}</li>
                )}
            </ul>
        </details>
    );
}
