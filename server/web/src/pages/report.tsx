// One report: what it says, what it counts toward, how it was corrected, and how it came here. Its text is read for a reason.
import { useEffect } from "preact/hooks";
import { get } from "../api";
import { day, moment } from "../format";
import { useLoaded } from "../load";
import { loadReference, nameOf } from "../reference";
import { changesBetween, factsOf, kindName, type Decision, type Stored } from "../report";
import { link } from "../router";
import { Facts } from "../ui/facts";
import { Page } from "../ui/page";
import { Shown } from "../ui/states";
import { Why } from "../ui/why";
import { either } from "../words";
import { Counting, type Contribution } from "./report.counting";
import { Reading } from "./report.reading";
import { Receipt, type ReceiptOf } from "./report.receipt";
import { reportPageWords } from "./report.words";

interface Revision extends Stored {
    standing: string;
    standing_sv: string;
    standing_en: string;
}
interface Device {
    device?: string;
    name?: string;
    organisation: string;
    roles: string[];
    status: string;
    seen_ms: number | null;
}
export interface Trace extends Stored {
    devices: Device[];
    batch: { first_seq: number; last_seq: number; head: string; signature: string; received_ms: number } | null;
    chain: { watermark: number; last_seq: number; lost: number; forked: boolean } | null;
    receipt: ReceiptOf | null;
    history: Revision[];
    contributions: Contribution[];
    decisions: Decision[];
}

// What must be known before anything else about it.
function Notices({ of }: { of: Trace }) {
    const w = reportPageWords.value;
    const own = of.history.find((one) => one.row === of.row);
    const standing = own && either(own.standing_sv, own.standing_en);
    return (
        <>
            {of.verdict === "quarantined" && !of.released && (
                <p class="state alert">
                    {of.discarded ? w.discarded : w.quarantined} {of.field && <span class="code">{of.field}: </span>}
                    <Why of={of} />
                    {!of.discarded && (
                        <>
                            {" "}
                            <a href="#/quarantine">{w.toQuarantine}</a>
                        </>
                    )}
                </p>
            )}
            {of.erased && (
                <p class="state">
                    {of.erased_at_ms ? w.erasedOn(day(of.erased_at_ms), w.rule(of.erased_rule ?? "")) : w.erased}
                </p>
            )}
            {of.no_text && <p class="state">{w.noText[of.no_text]}</p>}
            {standing && own.standing !== "counted" && own.standing !== "quarantined" && (
                <p class="state" lang={standing.lang}>
                    {standing.text}
                </p>
            )}
        </>
    );
}

function Step({ of, before }: { of: Revision; before: Revision | undefined }) {
    const w = reportPageWords.value;
    const standing = either(of.standing_sv, of.standing_en);
    const changes = before?.report && of.report && !of.withdraws ? changesBetween(before.report, of.report) : [];
    return (
        <li>
            <h3>
                {of.withdraws ? w.withdrawal : of.corrects ? w.correction : w.original}{" "}
                <a class="code" href={link(["reports", of.reference])}>
                    {of.reference}
                </a>
            </h3>
            <p class="quiet">
                {w.receivedAt(moment(of.received_ms))} <span lang={standing.lang}>{standing.text}</span>
            </p>
            {changes.length > 0 && (
                <dl class="facts">
                    {changes.map((change, index) => (
                        <div class="fact" key={index}>
                            <dt>{change.label}</dt>
                            <dd>
                                {change.before !== undefined && (
                                    <>
                                        <span class="unseen">{w.before}: </span>
                                        <del class="was">{change.before}</del>{" "}
                                    </>
                                )}
                                <span class="unseen">{w.after}: </span>
                                <ins class="now">{change.after ?? w.leftOut}</ins>
                            </dd>
                        </div>
                    ))}
                </dl>
            )}
            {of.corrects && before && changes.length === 0 && <p class="quiet">{of.texts_left_out ? w.textOnly : w.nothingChanged}</p>}
        </li>
    );
}

function History({ of }: { of: Trace }) {
    const w = reportPageWords.value;
    if (of.history.length < 2) return <p>{w.neverChanged}</p>;
    const byReference = new Map(of.history.map((one) => [one.reference, one]));
    return (
        <ol class="history">
            {of.history.map((one) => (
                <Step key={one.row} of={one} before={one.corrects && byReference.get(one.corrects.reference)} />
            ))}
        </ol>
    );
}

function Came({ of }: { of: Trace }) {
    const w = reportPageWords.value;
    const device = of.devices[0];
    return (
        <dl class="facts">
            <Facts
                of={[
                    [w.organisation, nameOf("organisation", of.organisation)],
                    [
                        w.device,
                        device &&
                            [device.name, device.roles.map((role) => nameOf("role", role)).join(", "), w.deviceStatus(device.status)]
                                .filter(Boolean)
                                .join(" · "),
                    ],
                    [w.deviceId, of.device && <span class="code">{of.device}</span>],
                    [w.outbox, <span class="code">{of.outbox}</span>],
                    [w.seq, w.seqOf(of.seq, of.chain?.last_seq)],
                    [w.claimed, moment(of.claimed_ms)],
                    [w.received, moment(of.received_ms)],
                    [w.verdict, of.verdict === "applied" ? w.applied : of.released ? w.released : of.discarded ? w.wasDiscarded : w.inQuarantine],
                    [w.sent, of.batch ? w.batch(of.batch.first_seq, of.batch.last_seq) : w.noBatch],
                    [w.head, of.batch && <span class="code">{of.batch.head}</span>],
                    [w.signature, of.batch && <span class="code">{of.batch.signature}</span>],
                    [w.chain, of.chain && (of.chain.forked ? w.forked : w.whole(of.chain.watermark, of.chain.lost))],
                ]}
            />
        </dl>
    );
}

export default function ReportPage({ path }: { path: string[] }) {
    const w = reportPageWords.value;
    const reference = path[1] ?? "";
    const loaded = useLoaded((signal) => get<Trace>(`/reports/${encodeURIComponent(reference)}`, signal), reference);
    useEffect(loadReference, []);
    return (
        <Page title={loaded.value ? `${kindName(loaded.value.kind)} ${reference}` : `${w.title} ${reference}`}>
            <Shown of={loaded}>
                {(value) => (
                    <div class="stack">
                        <Notices of={value} />
                        <div class="columns">
                            <section class="card" aria-labelledby="says">
                                <h2 id="says">{w.says}</h2>
                                {value.report ? (
                                    <dl class="facts">
                                        <Facts of={factsOf(value.report).map((fact) => [fact.label, fact.value])} />
                                    </dl>
                                ) : (
                                    <p>{value.erased || value.no_text ? w.nothingLeft : w.unreadable}</p>
                                )}
                                <Reading of={value} />
                            </section>
                            <section class="card" aria-labelledby="counting">
                                <h2 id="counting">{w.counting}</h2>
                                <Counting of={value} again={loaded.again} />
                            </section>
                            <section class="card whole-row" aria-labelledby="history">
                                <h2 id="history">{w.history}</h2>
                                <History of={value} />
                            </section>
                            <section class="card" aria-labelledby="came">
                                <h2 id="came">{w.came}</h2>
                                <Came of={value} />
                            </section>
                            <section class="card" aria-labelledby="receipt">
                                <h2 id="receipt">{w.receipt}</h2>
                                <Receipt of={value.receipt} seq={value.seq} seenMs={value.devices[0]?.seen_ms} />
                            </section>
                        </div>
                    </div>
                )}
            </Shown>
        </Page>
    );
}
