// The text of a report is read for a reason, and that it was read is kept.
import { useState } from "preact/hooks";
import { post } from "../api";
import { factsOf, type Fact, type Report, type Stored } from "../report";
import { mayFor } from "../session";
import { Facts } from "../ui/facts";
import { ReasonDialog } from "../ui/reason";
import { reportPageWords } from "./report.words";

interface Read {
    items: { row: number; report: Report | null; unreadable?: string; found?: { field: string | null; kind: string }[] }[];
}

// What is there only with the texts.
function textsOf(whole: Report, without: Report | null): Fact[] {
    const known = new Set(without ? factsOf(without).map((fact) => fact.field) : []);
    return factsOf(whole).filter((fact) => !known.has(fact.field));
}

export function Reading({ of }: { of: Stored }) {
    const w = reportPageWords.value;
    const [isAsking, ask] = useState(false);
    const [read, setRead] = useState<Read["items"][0] | undefined>(undefined);
    if (!of.texts_left_out) return null;
    if (read)
        return (
            <div role="status">
                {read.report ? (
                    <dl class="facts">
                        <Facts of={textsOf(read.report, of.report).map((fact) => [fact.label, fact.value])} />
                    </dl>
                ) : (
                    <p class="code">{read.unreadable}</p>
                )}
                {read.found && read.found.length > 0 && <p class="fault">{w.found}</p>}
                <p class="quiet">{w.readingKept}</p>
            </div>
        );
    if (!mayFor(of.organisation, of.area, "area_chief", "coordinator", "partner_viewer")) return <p class="quiet">{w.textNotYours}</p>;
    return (
        <>
            <p class="quiet">{w.textLeftOut}</p>
            <button type="button" onClick={() => ask(true)}>
                {w.read}
            </button>
            {isAsking && (
                <ReasonDialog
                    title={w.readTitle}
                    label={w.readWhy}
                    action={w.read}
                    run={async (reason) => {
                        const answer = await post<Read>(`/reports/${of.reference}/reading`, { reason });
                        setRead(answer.items.find((one) => one.row === of.row) ?? answer.items[0]);
                    }}
                    done={() => ask(false)}
                    close={() => ask(false)}
                >
                    <p>{w.readNote}</p>
                </ReasonDialog>
            )}
        </>
    );
}
