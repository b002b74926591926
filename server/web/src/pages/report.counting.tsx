// Toward what a report counts and why not elsewhere; and what people decided about it: where it was, and with which others it is one.
import { useState } from "preact/hooks";
import { post } from "../api";
import { moment } from "../format";
import { nameOf } from "../reference";
import { amendment, type Decision, type Stored } from "../report";
import { link } from "../router";
import { mayIn } from "../session";
import { useAct } from "../ui/act";
import { either } from "../words";
import { Refused } from "../ui/states";
import { reportPageWords } from "./report.words";

export interface TowardBrief {
    commitment: string;
    title_sv: string;
    title_en: string;
    counted: boolean;
    reason_sv: string;
    reason_en: string;
    places?: string[];
}
export interface Contribution extends TowardBrief {
    quantity: number;
    places: string[];
    places_open: string[];
}
interface Props {
    of: Stored & { contributions: Contribution[]; decisions: Decision[] };
    again: () => void;
}

function Toward({ of }: { of: TowardBrief }) {
    const w = reportPageWords.value;
    const title = either(of.title_sv, of.title_en);
    const reason = either(of.reason_sv, of.reason_en);
    return (
        <li>
            <a href={link(["commitments", ...of.commitment.split("/")])} lang={title.lang}>
                {title.text}
            </a>
            <br />
            <span class={of.counted ? "counts" : "counts not"}>{of.counted ? w.counts : w.countsNot}</span>{" "}
            {!of.counted && <span lang={reason.lang}>{reason.text}</span>}
            {!!of.places?.length && <span class="quiet"> {of.places.map((one) => nameOf("place", one)).join(", ")}</span>}
        </li>
    );
}

// One line for each commitment and reason, although a patrol may lie in many windows.
function distinct(all: TowardBrief[]): TowardBrief[] {
    return [...new Map(all.map((one) => [`${one.commitment} ${one.reason_en}`, one])).values()];
}

// All that it counts toward, or that it counts toward nothing.
export function TowardAll({ of }: { of: TowardBrief[] }) {
    if (of.length === 0) return <p>{reportPageWords.value.towardNothing}</p>;
    return (
        <ul class="plain-list">
            {distinct(of).map((one) => (
                <Toward key={`${one.commitment} ${one.reason_en}`} of={one} />
            ))}
        </ul>
    );
}

function decided(of: Decision): string {
    const w = reportPageWords.value;
    switch (of.kind) {
        case "join":
            return w.joinedWith(of.reports.length);
        case "part":
            return w.partedAlone;
        case "dismiss":
            return w.toldApart(of.reports.map((one) => one.reference).join(", "));
        case "place":
            return of.value === "yes" ? w.wasAt(nameOf("place", of.place ?? "")) : w.wasNotAt(nameOf("place", of.place ?? ""));
        case "amend":
            return w.amended(amendment(of).label, amendment(of).value);
        case "action":
            return `${amendment(of).label}: ${amendment(of).value || "–"}`;
    }
}

export function Counting({ of, again }: Props) {
    const w = reportPageWords.value;
    const act = useAct();
    const [done, setDone] = useState("");
    const may = mayIn(of.area, "area_chief", "coordinator");
    const open = [...new Set(of.contributions.flatMap((one) => one.places_open))];
    const joint = of.decisions.filter((one) => !one.undone_ms && (one.kind === "join" || one.kind === "part")).pop();
    const isJoint = joint ? joint.kind === "join" : !!of.report?.activity;
    const decide = async (path: string, body: object, said: string) => {
        setDone("");
        if (await act.run(() => post(path, body))) {
            setDone(said);
            again();
        }
    };
    const place = (at: string, value: string) =>
        void decide(`/reports/${of.reference}/place`, { references: [of.reference], place: at, value }, w.saved);
    return (
        <>
            <TowardAll of={of.contributions} />
            {open.map((at) => (
                <div key={at} class="question">
                    <p>{w.wasItAt(nameOf("place", at))}</p>
                    {may && (
                        <div class="actions">
                            <button type="button" disabled={act.isBusy} onClick={() => place(at, "yes")}>
                                {w.yes}
                            </button>
                            <button type="button" disabled={act.isBusy} onClick={() => place(at, "no")}>
                                {w.no}
                            </button>
                        </div>
                    )}
                </div>
            ))}
            <p class="done" role="status">
                {done}
            </p>
            {act.refusal && <Refused refusal={act.refusal} />}
            {may && isJoint && (
                <div class="actions">
                    <button
                        type="button"
                        disabled={act.isBusy}
                        onClick={() => void decide(`/reports/${of.reference}/part`, { references: [of.reference] }, w.saved)}
                    >
                        {w.part}
                    </button>
                </div>
            )}
            {of.decisions.length > 0 && (
                <>
                    <h3>{w.decisions}</h3>
                    <ul class="plain-list">
                        {of.decisions.map((one) => (
                            <li key={one.decision}>
                                <span class={one.undone_ms ? "was" : ""}>{decided(one)}</span>
                                <br />
                                <span class="quiet">
                                    {w.by(one.actor, moment(one.at_ms))}
                                    {one.undone_ms && ` ${w.undoneBy(one.undone_by ?? "", moment(one.undone_ms))}`}
                                </span>{" "}
                                {may && !one.undone_ms && (
                                    <button
                                        type="button"
                                        class="plain"
                                        disabled={act.isBusy}
                                        onClick={() => void decide(`/joins/${one.decision}/undo`, {}, w.undone)}
                                    >
                                        {w.undo}
                                        <span class="unseen"> {decided(one)}</span>
                                    </button>
                                )}
                            </li>
                        ))}
                    </ul>
                </>
            )}
        </>
    );
}
