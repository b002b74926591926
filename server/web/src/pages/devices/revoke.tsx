import { useState } from "preact/hooks";
import { post } from "../../api";
import { Confirm } from "../../ui/confirm";
import { devicesWords } from "../devices.words";
import type { Device } from "./device";

interface Props {
    device: Device; // as it was when this was opened
    latest: Device | undefined;
    close: () => void;
    done: () => void;
}

export function Revoke({ device, latest, close, done }: Props) {
    const w = devicesWords.value;
    const choices = [
        ...(device.status === "active" ? [{ how: "retired", label: w.isRetired, means: w.isRetiredMeans }] : []),
        { how: "lost", label: w.isLost, means: w.isLostMeans },
    ];
    const [how, setHow] = useState(choices[0]!.how);
    const waiting = (latest ?? device).waiting;
    return (
        <Confirm
            title={w.revokeNamed(device.name)}
            action={w.revoke}
            isDanger
            close={close}
            done={done}
            run={() => post(`/devices/${device.device}/revoke`, { how })}
        >
            {latest && latest.status !== device.status && (
                <p class="fault" role="alert">
                    {w.changedElsewhere(w.status[latest.status])}
                </p>
            )}
            <p>{waiting > 0 ? w.queueNow(waiting) : w.queueEmpty}</p>
            <fieldset class="choices">
                <legend>{w.how}</legend>
                {choices.map((one) => (
                    <div key={one.how}>
                        <label>
                            <input
                                type="radio"
                                name="how"
                                value={one.how}
                                checked={how === one.how}
                                aria-describedby={`means-${one.how}`}
                                onChange={() => setHow(one.how)}
                            />{" "}
                            {one.label}
                        </label>
                        <p id={`means-${one.how}`} class="quiet">
                            {one.means}
                        </p>
                    </div>
                ))}
            </fieldset>
            <p>{w.stays}</p>
        </Confirm>
    );
}
