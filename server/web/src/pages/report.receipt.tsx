// What the receipt states that the server gives the device for the report's outbox. The devices keep the receipts, the server
// keeps none: so what is said of the one that this device holds is only what follows from when it last spoke.
import { moment } from "../format";
import { Facts } from "../ui/facts";
import { reportPageWords } from "./report.words";

export interface ReceiptOf {
    store: string;
    epoch: number;
    outbox: string;
    watermark: number;
    head: string;
    covers: boolean;
    key: string | null;
    since_ms: number | null;
    met_since: boolean;
}

export function Receipt({ of, seq, seenMs }: { of: ReceiptOf | null; seq: number; seenMs: number | null | undefined }) {
    const w = reportPageWords.value;
    if (!of) return <p>{w.noOutbox}</p>;
    if (!of.key) return <p>{w.noReceipts}</p>;
    return (
        <>
            {of.covers ? <p class={of.met_since ? "counts" : "counts not"}>{w.covered(seq, of.watermark)}</p> : <p class="state alert">{w.notCovered(seq, of.watermark)}</p>}
            <p>{!of.covers ? w.covering : of.met_since ? w.metSince(seenMs ? moment(seenMs) : "") : w.notMetSince}</p>
            <dl class="facts">
                <Facts
                    of={[
                        [w.upTo, w.number(of.watermark)],
                        [w.since, of.since_ms && moment(of.since_ms)],
                        [w.chainHead, <span class="code">{of.head}</span>],
                        [w.outbox, <span class="code">{of.outbox}</span>],
                        [w.store, <span class="code">{of.store}</span>],
                        [w.epoch, of.epoch],
                        [w.receiptKey, <span class="code">{of.key}</span>],
                    ]}
                />
            </dl>
            <p class="quiet">
                {w.keptByDevices} <code>rond receipt</code>, <code>rondctl verify --receipt</code>
            </p>
        </>
    );
}
