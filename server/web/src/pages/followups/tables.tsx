// What a follow-up says of each commitment, and what became another since the version before.
import { number } from "../../format";
import { Status } from "../../ui/status";
import { Table, type Column } from "../../ui/table";
import { either } from "../../words";
import { followupsWords } from "../followups.words";
import type { Change, Side, Stated } from "./document";

function Title({ of }: { of: { title_sv: string; title_en: string | null } }) {
    const title = either(of.title_sv, of.title_en);
    return <span lang={title.lang}>{title.text}</span>;
}

function Standing({ of }: { of: Side }) {
    const other = of.status_by_reports;
    return (
        <>
            <Status status={of.status} />
            {other && other !== of.status && (
                <span class="quiet">
                    {followupsWords.value.byReports} <Status status={other} />
                </span>
            )}
        </>
    );
}

export const summaryOf = (side: Side): string => either(side.figure.summary_sv, side.figure.summary_en).text;

function partOf(stated: Stated): string {
    if (stated.measure === "presence") return number(stated.part.windows_met);
    return number(stated.measure === "actions_closed" ? stated.part.done : stated.part.count);
}

function sureOf({ sureness: { devices, silent } }: Side): string {
    const w = followupsWords.value;
    return devices === 0 ? w.noDevice : silent === 0 ? w.allHeard(devices) : w.silentOf(silent, devices);
}

export function Commitments({ of, isWhole }: { of: Stated[]; isWhole: boolean }) {
    const w = followupsWords.value;
    const columns: Column<Stated>[] = [
        { label: w.commitment, isHead: true, cell: (one) => <Title of={one} /> },
        { label: w.status, cell: (one) => <Standing of={one} /> },
        { label: w.figure, cell: summaryOf },
        ...(isWhole ? [] : [{ label: w.part, cell: partOf }]),
        { label: w.sure, cell: sureOf },
    ];
    return <Table caption={w.commitments} columns={columns} rows={of} keyOf={(one) => one.commitment} />;
}

function SideCell({ of }: { of: Side | null }) {
    return of ? (
        <>
            <Standing of={of} />
            <span class="quiet">{summaryOf(of)}</span>
        </>
    ) : (
        <>{followupsWords.value.absent}</>
    );
}

function whyOf(change: Change): string {
    const said = Object.entries(change.why).flatMap(([name, value]) => {
        const reason = followupsWords.value.reasons[name];
        if (!value || !reason) return [];
        return [typeof reason === "string" ? reason : reason(Number(value))];
    });
    return said.join("; ");
}

export function Changes({ of, since }: { of: Change[]; since: number }) {
    const w = followupsWords.value;
    const columns: Column<Change>[] = [
        { label: w.commitment, isHead: true, cell: (one) => <Title of={one} /> },
        { label: w.before, cell: (one) => <SideCell of={one.from} /> },
        { label: w.now, cell: (one) => <SideCell of={one.to} /> },
        { label: w.why, cell: whyOf },
    ];
    if (of.length === 0) return <p>{w.noFigure}</p>;
    return <Table caption={w.changes(since)} columns={columns} rows={of} keyOf={(one) => one.commitment} />;
}
