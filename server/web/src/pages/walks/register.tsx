// The places themselves, a row each, with what was decided about each.
import { actorName } from "../../actor";
import { day, moment, plainDay } from "../../format";
import { nameOf } from "../../reference";
import { link } from "../../router";
import { mayIn } from "../../session";
import { Table } from "../../ui/table";
import { walksWords } from "../walks.words";
import { byUrgency, keyOf, promisedOf, whereOf, type Decided, type Unsafe } from "./place";

export type Doing = "change" | "close" | "reopen";
interface Props {
    of: Unsafe[];
    doing: (what: Doing, of: Unsafe) => void;
}

function decidedText(of: Decided): string {
    const w = walksWords.value;
    const labels = { responsible: w.responsible, promised_action: w.promised, due: w.due, closed: w.closedFor };
    const value = of.value === null ? "–" : of.field === "responsible" ? nameOf("organisation", of.value) : of.field === "due" ? plainDay(of.value) : of.value;
    return w.decided(labels[of.field], value || "–");
}

function History({ of }: { of: Decided[] }) {
    const w = walksWords.value;
    if (of.length === 0) return null;
    return (
        <details class="more">
            <summary>
                {w.history} ({of.length})
            </summary>
            <ul class="plain-list">
                {[...of].reverse().map((one) => (
                    <li key={one.decision}>
                        <span class={one.undone_ms ? "was" : ""}>{decidedText(one)}</span>
                        <span class="quiet">
                            {actorName(one.actor)}, {moment(one.at_ms)}
                            {one.undone_ms ? ` · ${w.undoneBy(actorName(one.undone_by ?? ""), moment(one.undone_ms))}` : ""}
                        </span>
                    </li>
                ))}
            </ul>
        </details>
    );
}

function Place({ of }: { of: Unsafe }) {
    const w = walksWords.value;
    return (
        <>
            {whereOf(of)}
            {of.cause && <span class="quiet">{of.cause}</span>}
            {of.erased && <span class="quiet">{w.erased}</span>}
            {of.withheld && <span class="quiet">{w.withheld}</span>}
            {!of.texts_shown && !of.erased && <span class="quiet">{w.textsNotShown(nameOf("organisation", of.organisation))}</span>}
            <span class="quiet">
                {w.found(day(of.found_s * 1000))}, {nameOf("organisation", of.organisation)}{" "}
                <a class="code" href={link(["reports", of.reference])}>
                    {of.reference}
                </a>
            </span>
            {of.looks > 1 && (
                <span class="quiet">
                    {w.looks(of.looks, day(of.latest_s * 1000))}{" "}
                    <a class="code" href={link(["reports", of.latest_reference])}>
                        {of.latest_reference}
                    </a>
                </span>
            )}
        </>
    );
}

const MARKS = { open: "warn", safe: "good", closed: "past" } as const;
const SIGNS = { open: "○", safe: "✓", closed: "■" } as const;

function State({ of }: { of: Unsafe }) {
    const w = walksWords.value;
    return (
        <>
            <span class={`mark ${MARKS[of.status]}`}>
                <span aria-hidden="true">{SIGNS[of.status]}</span> {w.statuses[of.status]}
            </span>{" "}
            {of.overdue && (
                <span class="mark bad">
                    <span aria-hidden="true">!</span> {w.overdue}
                </span>
            )}
            <History of={of.decisions} />
        </>
    );
}

function Buttons({ of, doing }: { of: Unsafe; doing: Props["doing"] }) {
    const w = walksWords.value;
    if (!mayIn(of.area, "area_chief", "coordinator")) return null;
    const button = (what: Doing, label: string) => (
        <button type="button" aria-label={w.named(label, whereOf(of))} onClick={() => doing(what, of)}>
            {label}
        </button>
    );
    return (
        <div class="row-actions">
            {button("change", w.change)}
            {of.status === "open" && button("close", w.close)}
            {of.status === "closed" && button("reopen", w.reopen)}
        </div>
    );
}

export function Register({ of, doing }: Props) {
    const w = walksWords.value;
    return (
        <Table
            caption={w.caption}
            rows={[...of].sort(byUrgency)}
            keyOf={keyOf}
            columns={[
                { label: w.place, isHead: true, cell: (one) => <Place of={one} /> },
                { label: w.responsible, cell: (one) => (one.responsible ? nameOf("organisation", one.responsible) : <span class="quiet">{w.nobody}</span>) },
                { label: w.promised, cell: (one) => one.promised_action ?? <span class="quiet">{promisedOf(one)}</span> },
                { label: w.due, cell: (one) => (one.due ? plainDay(one.due) : <span class="quiet">{w.noDay}</span>) },
                { label: w.status, cell: (one) => <State of={one} /> },
                { label: w.actions, cell: (one) => <Buttons of={one} doing={doing} /> },
            ]}
        />
    );
}
