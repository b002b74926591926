// Devices that may not send yet: somebody else than the one who issued their code has to let them in ([enrolment] approval).
import { useState } from "preact/hooks";
import { all, post } from "../../api";
import { moment } from "../../format";
import { useLoaded } from "../../load";
import type { Reference } from "../../reference";
import { Confirm } from "../../ui/confirm";
import { ReasonDialog } from "../../ui/reason";
import { type Column, Table } from "../../ui/table";
import { devicesWords } from "../devices.words";

interface Waiting {
    key: string;
    device: string;
    name: string;
    organisation: string;
    area: string;
    roles: string[];
    status: "pending" | "approved";
    issuer: string;
    asked_ms: number;
    ends_ms: number;
}
interface Open {
    what: "approve" | "refuse";
    device: Waiting;
}

function columns(names: Reference, open: (what: Open) => void): Column<Waiting>[] {
    const w = devicesWords.value;
    return [
        {
            label: w.name,
            isHead: true,
            cell: (one) => (
                <>
                    {one.name}
                    <span class="quiet mono">
                        {w.key}: {one.key}
                    </span>
                </>
            ),
        },
        {
            label: w.belongs,
            cell: (one) => (
                <>
                    {names.name("organisation", one.organisation)}, {names.name("area", one.area)}
                    <span class="quiet">{one.roles.map((role) => names.name("role", role)).join(", ")}</span>
                </>
            ),
        },
        { label: w.issuedBy, cell: (one) => one.issuer },
        {
            label: w.asked,
            cell: (one) => (
                <>
                    {moment(one.asked_ms)}
                    <span class="quiet">{w.waitsUntil(moment(one.ends_ms))}</span>
                </>
            ),
        },
        {
            label: w.actions,
            cell: (one) => (
                <span class="actions">
                    {one.status === "approved" ? (
                        w.isApproved
                    ) : (
                        <button type="button" aria-label={w.approveNamed(one.name)} onClick={() => open({ what: "approve", device: one })}>
                            {w.approve}
                        </button>
                    )}
                    <button type="button" class="danger" aria-label={w.refuseNamed(one.name)} onClick={() => open({ what: "refuse", device: one })}>
                        {w.refuse}
                    </button>
                </span>
            ),
        },
    ];
}

export function WaitingDevices({ names, say }: { names: Reference; say: (text: string) => void }) {
    const w = devicesWords.value;
    const loaded = useLoaded((signal) => all<Waiting>("/devices/waiting", signal), "waiting");
    const [open, setOpen] = useState<Open | undefined>(undefined);
    const close = () => setOpen(undefined);
    const done = (text: string) => {
        close();
        say(text);
        loaded.again();
    };
    if (!loaded.value?.length) return null;
    return (
        <section aria-labelledby="waiting">
            <h2 id="waiting">{w.waitingTitle}</h2>
            <p class="quiet">{w.waitingMeans}</p>
            <Table caption={w.caption(loaded.value.length)} columns={columns(names, setOpen)} rows={loaded.value} keyOf={(one) => one.key} />
            {open?.what === "approve" && (
                <Confirm
                    title={w.approveNamed(open.device.name)}
                    action={w.approve}
                    close={close}
                    done={() => done(w.approved(open.device.name))}
                    run={() => post(`/devices/${encodeURIComponent(open.device.key)}/approve`, {})}
                >
                    <p>{w.compare}</p>
                    <p class="secret">{open.device.key}</p>
                </Confirm>
            )}
            {open?.what === "refuse" && (
                <ReasonDialog
                    title={w.refuseNamed(open.device.name)}
                    label={w.refuseWhy}
                    action={w.refuse}
                    isDanger
                    run={(reason) => post(`/devices/${encodeURIComponent(open.device.key)}/refuse`, { reason })}
                    done={() => done(w.refused(open.device.name))}
                    close={close}
                />
            )}
        </section>
    );
}
