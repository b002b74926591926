// Devices that were not heard of: what they hold is not yet known.
import { ago } from "../format";
import { nameOf } from "../reference";
import { words } from "../words";

export interface SilentDevice {
    device?: string; // not said to whom it does not concern
    name?: string | null;
    organisation: string | null;
    seen_ms?: number | null;
    since_ms?: number | null;
}

export function Silent({ devices }: { devices: SilentDevice[] }) {
    const w = words.value.silent;
    if (devices.length === 0) return null;
    return (
        <details class="silent">
            <summary>{w.silent(devices.length)}</summary>
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
            </ul>
        </details>
    );
}
