// An enrolment code: for whom it is, then the code itself, with its time running out.
import { useEffect, useState } from "preact/hooks";
import { post } from "../../api";
import type { Reference } from "../../reference";
import { useAct } from "../../ui/act";
import { reach } from "../../session";
import { Dialog } from "../../ui/dialog";
import { Choices, Field, RefusedAsWhole } from "../../ui/field";
import { Qr } from "../../ui/qr";
import { words } from "../../words";
import { optionsOf, Select } from "../../ui/select";
import { devicesWords } from "../devices.words";
import type { Device } from "./device";

interface Issued {
    code: string;
    url: string;
    ends: number; // by the clock of this page, which counts from its opening: nobody's wall clock needs to be right
}
const MINUTES = [15, 60, 240, 1440];

function Left({ of, over }: { of: Issued; over: () => void }) {
    const w = devicesWords.value;
    const secondsLeft = () => Math.ceil((of.ends - performance.now()) / 1000);
    const [left, setLeft] = useState(secondsLeft);
    useEffect(() => {
        const timer = setInterval(() => {
            setLeft(secondsLeft());
            if (secondsLeft() <= 0) over();
        }, 1000);
        return () => clearInterval(timer);
    }, [of]);
    const two = (value: number) => String(value).padStart(2, "0");
    const time = `${Math.floor(left / 3600) > 0 ? `${Math.floor(left / 3600)}:` : ""}${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
    return (
        <p role="timer">
            {w.left(time)}
        </p>
    );
}

function Shown({ of, another }: { of: Issued; another: () => void }) {
    const w = devicesWords.value;
    const [isOver, setOver] = useState(false);
    if (isOver)
        return (
            <>
                <p role="alert" class="fault">
                    {w.over}
                </p>
                <button type="button" class="primary" onClick={another}>
                    {w.another}
                </button>
            </>
        );
    return (
        <>
            <p>{w.codeOnce}</p>
            <p class="secret" role="status">
                {of.code}
            </p>
            <Qr text={of.code} label={w.qr} />
            {of.url && (
                <p class="quiet">
                    {w.server}: <span class="mono">{of.url}</span>
                </p>
            )}
            <Left of={of} over={() => setOver(true)} />
        </>
    );
}

export function EnrolmentCode({ device, names, close }: { device: Device | undefined; names: Reference; close: () => void }) {
    const w = devicesWords.value;
    const { isBusy, refusal, run } = useAct();
    const organisations = names.of("organisation").filter((one) => reach("organisation", "administrator")(one.id));
    const areas = names.of("area").filter((one) => reach("area", "administrator")(one.id));
    const [organisation, setOrganisation] = useState(device?.organisation ?? organisations[0]?.id ?? "");
    const [area, setArea] = useState(device?.area ?? areas[0]?.id ?? "");
    const [roles, setRoles] = useState<string[]>(device?.roles ?? []);
    const [minutes, setMinutes] = useState(MINUTES[0]!);
    const [issued, setIssued] = useState<Issued | undefined>(undefined);
    const issue = (event: Event) => {
        event.preventDefault();
        void run(async () => {
            const asked = performance.now();
            const about = device ? { device: device.device } : {};
            const given = await post<{ code: string; url: string }>("/codes", { organisation, area, roles, minutes, ...about });
            setIssued({ code: given.code, url: given.url, ends: asked + minutes * 60_000 });
        });
    };
    return (
        <Dialog title={device ? w.codeForNamed(device.name) : w.newCode} onClose={close}>
            {issued ? (
                <Shown of={issued} another={() => setIssued(undefined)} />
            ) : (
                <form class="form" id="code" onSubmit={issue}>
                    {device && <p>{w.reattach(device.name)}</p>}
                    <RefusedAsWhole refusal={refusal} shown={["organisation", "area", "roles", "minutes"]} />
                    <div class="form-row">
                        <Field label={w.organisation} name="organisation" refusal={refusal}>
                            {(given) => <Select given={given} value={organisation} options={optionsOf(organisations)} choose={setOrganisation} />}
                        </Field>
                        <Field label={w.area} name="area" refusal={refusal}>
                            {(given) => <Select given={given} value={area} options={optionsOf(areas)} choose={setArea} />}
                        </Field>
                        <Field label={w.minutes} name="minutes" refusal={refusal}>
                            {(given) => (
                                <select
                                    {...given}
                                    value={minutes}
                                    onChange={(event) => setMinutes(Number(event.currentTarget.value))}
                                >
                                    {MINUTES.map((one) => (
                                        <option key={one} value={one}>
                                            {one < 60 ? w.minutesOf(one) : w.hoursOf(one / 60)}
                                        </option>
                                    ))}
                                </select>
                            )}
                        </Field>
                    </div>
                    <Choices
                        label={w.roles}
                        name="roles"
                        refusal={refusal}
                        options={optionsOf(names.of("role"))}
                        chosen={roles}
                        choose={setRoles}
                    />
                </form>
            )}
            <div class="actions">
                {!issued && (
                    <button type="submit" form="code" class="primary" disabled={isBusy}>
                        {w.issue}
                    </button>
                )}
                <button type="button" onClick={close}>
                    {issued ? words.value.dialog.close : words.value.dialog.cancel}
                </button>
            </div>
        </Dialog>
    );
}
