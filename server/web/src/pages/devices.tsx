// The handhelds: which are silent, what each has not sent, and what became of its chain; codes for new ones; revoking.
import { useState } from "preact/hooks";
import { all } from "../api";
import { ago, day, moment } from "../format";
import { useLoaded } from "../load";
import { useReference, type Reference } from "../reference";
import { place, refine } from "../router";
import { mayAs } from "../session";
import { FilterForm } from "../ui/filter_form";
import { Page } from "../ui/page";
import { FilterSelect } from "../ui/select";
import { Empty, Shown } from "../ui/states";
import { Table, type Column } from "../ui/table";
import { EnrolmentCode } from "./devices/code";
import { Revoke } from "./devices/revoke";
import type { Device } from "./devices/device";
import { WaitingDevices } from "./devices/waiting";
import { devicesWords } from "./devices.words";

const FILTERS: Record<string, (device: Device) => boolean> = {
    active: (device) => device.status === "active",
    silent: (device) => device.is_silent,
    waiting: (device) => device.waiting > 0,
    troubled: (device) => device.lost > 0 || device.forks > 0,
    revoked: (device) => device.status !== "active",
};
const ORDERS: Record<string, (a: Device, b: Device) => number> = {
    name: (a, b) => a.name.localeCompare(b.name),
    seen: (a, b) => (a.seen_ms ?? 0) - (b.seen_ms ?? 0),
    waiting: (a, b) => b.waiting - a.waiting,
};

function State({ of }: { of: Device }) {
    const w = devicesWords.value;
    const state = of.is_silent ? "silent" : of.status;
    const look = { active: "good", silent: "unsure", retired: "past", lost: "bad" }[state];
    return (
        <>
            <span class={`mark ${look}`}>{w.status[state]}</span>
            {of.revoked_ms !== null && <span class="quiet">{w.since(day(of.revoked_ms))}</span>}
        </>
    );
}

function Queue({ of }: { of: Device }) {
    const w = devicesWords.value;
    if (of.waiting === 0) return <span class="quiet">{w.nothingWaiting}</span>;
    return (
        <>
            {w.waiting(of.waiting)}
            {of.waiting_since_ms !== null && <span class="quiet">{w.atLeast(moment(of.waiting_since_ms))}</span>}
        </>
    );
}

function Gaps({ of }: { of: Device }) {
    const w = devicesWords.value;
    if (of.lost === 0 && of.forks === 0) return <span class="quiet">{w.noGaps}</span>;
    return (
        <>
            {of.lost > 0 && <span class="mark warn">{w.lost(of.lost)}</span>}{" "}
            {of.forks > 0 && <span class="mark bad">{w.forks(of.forks)}</span>}
        </>
    );
}

function Program({ of }: { of: Device }) {
    const w = devicesWords.value;
    const end = of.certificate_ends_ms;
    return (
        <>
            {of.client || w.unknownProgram}
            {end !== null && of.status === "active" && (
                <span class={end < Date.now() ? "fault" : "quiet"}>
                    {end < Date.now() ? w.certificateOver(day(end)) : w.certificate(day(end))}
                </span>
            )}
        </>
    );
}

type Open = { what: "revoke"; device: Device } | { what: "code"; device?: Device };

function columns(names: Reference, open: (what: Open) => void): Column<Device>[] {
    const w = devicesWords.value;
    const mayRevoke = mayAs("administrator", "area_chief");
    const mayIssue = mayAs("administrator");
    const shown: Column<Device>[] = [
        {
            label: w.name,
            isHead: true,
            cell: (one) => (
                <>
                    {one.name}
                    <span class="quiet mono">
                        {w.key}: {one.key ?? w.noKey}
                    </span>
                    {one.name_kinds.length > 0 && <span class="mark warn">{w.personal}</span>}
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
        { label: w.state, cell: (one) => <State of={one} /> },
        {
            label: w.seen,
            cell: (one) =>
                one.seen_ms === null ? (
                    w.never
                ) : (
                    <>
                        {ago(one.seen_ms)}
                        <span class="quiet">{moment(one.seen_ms)}</span>
                    </>
                ),
        },
        { label: w.queue, cell: (one) => <Queue of={one} /> },
        { label: w.gaps, cell: (one) => <Gaps of={one} /> },
        { label: w.program, cell: (one) => <Program of={one} /> },
    ];
    if (mayRevoke || mayIssue)
        shown.push({
            label: w.actions,
            cell: (one) => (
                <div class="row-actions">
                    {mayRevoke && one.status !== "lost" && (
                        <button
                            type="button"
                            class="danger"
                            aria-label={w.revokeNamed(one.name)}
                            onClick={() => open({ what: "revoke", device: one })}
                        >
                            {w.revoke}
                        </button>
                    )}
                    {mayIssue && one.status !== "lost" && (
                        <button
                            type="button"
                            aria-label={w.codeForNamed(one.name)}
                            onClick={() => open({ what: "code", device: one })}
                        >
                            {w.codeFor}
                        </button>
                    )}
                </div>
            ),
        });
    return shown;
}

function Filters({ organisations, names }: { organisations: string[]; names: Reference }) {
    const w = devicesWords.value;
    const query = place.value.query;
    const chosen = (name: string) => query.get(name) ?? "";
    return (
        <FilterForm search>
            <label>
                {w.find}
                <input
                    type="search"
                    placeholder={w.findHint}
                    value={chosen("find")}
                    onInput={(event) => refine({ find: event.currentTarget.value })}
                />
            </label>
            {organisations.length > 1 && (
                <FilterSelect
                    label={w.organisation}
                    name="organisation"
                    none={w.allOrganisations}
                    options={organisations.map((one) => ({ id: one, label: names.name("organisation", one) }))}
                />
            )}
            <FilterSelect
                label={w.show}
                name="show"
                none={w.everything}
                options={[
                    { id: "active", label: w.active },
                    { id: "silent", label: w.silentOnly },
                    { id: "waiting", label: w.waitingOnly },
                    { id: "troubled", label: w.troubled },
                    { id: "revoked", label: w.revokedOnly },
                ]}
            />
            <FilterSelect
                label={w.order}
                name="order"
                none={w.byName}
                options={[
                    { id: "seen", label: w.bySeen },
                    { id: "waiting", label: w.byWaiting },
                ]}
            />
        </FilterForm>
    );
}

function shownOf(devices: Device[], names: Reference): Device[] {
    const query = place.value.query;
    const find = (query.get("find") ?? "").trim().toLowerCase();
    const organisation = query.get("organisation");
    const fits = FILTERS[query.get("show") ?? ""];
    const textOf = (one: Device) =>
        [one.name, one.device, one.key, names.name("organisation", one.organisation), ...one.roles.map((role) => names.name("role", role))]
            .join(" ")
            .toLowerCase();
    return devices
        .filter((one) => (!organisation || one.organisation === organisation) && (!fits || fits(one)) && textOf(one).includes(find))
        .sort(ORDERS[query.get("order") ?? ""] ?? ORDERS.name);
}

export default function Devices() {
    const w = devicesWords.value;
    const loaded = useLoaded((signal) => all<Device>("/devices", signal), "devices");
    const words = useReference();
    const [open, setOpen] = useState<Open | undefined>(undefined);
    const [said, say] = useState("");
    const names = words.value;
    const latest = open?.device && loaded.value?.find((one) => one.device === open.device?.device);
    return (
        <Page
            title={w.title}
            aside={
                mayAs("administrator") && (
                    <button type="button" class="primary" onClick={() => setOpen({ what: "code" })}>
                        {w.newCode}
                    </button>
                )
            }
        >
            <p class="said" role="status">
                {said}
            </p>
            {open?.what === "revoke" && (
                <Revoke
                    device={open.device}
                    latest={latest}
                    close={() => setOpen(undefined)}
                    done={() => {
                        setOpen(undefined);
                        say(w.revoked(open.device.name));
                        loaded.again();
                    }}
                />
            )}
            {open?.what === "code" && names && (
                <EnrolmentCode device={open.device} names={names} close={() => setOpen(undefined)} />
            )}
            {names && mayAs("administrator") && <WaitingDevices names={names} say={say} />}
            <Shown of={words}>
                {(known) => (
                    <Shown of={loaded}>
                        {(devices) => {
                            if (devices.length === 0) return <Empty>{w.none}</Empty>;
                            const shown = shownOf(devices, known);
                            return (
                                <>
                                    <Filters organisations={[...new Set(devices.map((one) => one.organisation))]} names={known} />
                                    {shown.length === 0 ? (
                                        <Empty>{w.noMatch}</Empty>
                                    ) : (
                                        <Table
                                            caption={w.caption(shown.length)}
                                            columns={columns(known, setOpen)}
                                            rows={shown}
                                            keyOf={(one) => one.device}
                                        />
                                    )}
                                </>
                            );
                        }}
                    </Shown>
                )}
            </Shown>
        </Page>
    );
}
