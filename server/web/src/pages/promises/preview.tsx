// What would have counted: the figure of each commitment, and the reports behind it and beside it.
import { useState } from "preact/hooks";
import { number, plainDay } from "../../format";
import { nameOf } from "../../reference";
import { link } from "../../router";
import { either } from "../../words";
import { Status } from "../../ui/status";
import { promisesWords } from "../promises.words";
import { idOf, type Fault, type PromiseDocument } from "./promise";

interface Because {
    reason: string;
    reason_sv: string;
    reason_en: string;
}
interface Example extends Because {
    reference: string;
    organisation: string;
    kind: string;
    local_from: string;
    counted: boolean;
}
export interface Tried {
    commitment: string;
    fault: string | null;
    done: number;
    status: string;
    summary_sv: string;
    summary_en: string;
    reports: number;
    not_counted: (Because & { reports: number })[];
    examples: Example[];
}
export interface Preview {
    good: boolean;
    faults: Fault[];
    commitments?: Tried[];
    looked?: number;
    whole?: boolean;
    from?: string;
    to?: string;
    file?: string;
}

function Examples({ of, title }: { of: Example[]; title: string }) {
    const w = promisesWords.value;
    const [isOpen, open] = useState(false);
    if (of.length === 0) return null;
    return (
        <details onToggle={(event) => open(event.currentTarget.open)}>
            <summary aria-label={w.examplesOf(title)}>{w.examples}</summary>
            {isOpen && (
                <ul class="plain-list">
                    {of.map((one) => {
                        const why = either(one.reason_sv, one.reason_en);
                        return (
                            <li key={one.reference}>
                                <a href={link(["reports", one.reference])}>{one.reference}</a>{" "}
                                {plainDay(one.local_from.slice(0, 10))} {one.local_from.slice(11)},{" "}
                                {w.kinds[one.kind] ?? one.kind}, {nameOf("organisation", one.organisation)}
                                <span class="quiet" lang={why.lang}>
                                    {why.text}
                                </span>
                            </li>
                        );
                    })}
                </ul>
            )}
        </details>
    );
}

export function PreviewTable({ of, promise }: { of: Preview; promise: PromiseDocument }) {
    const w = promisesWords.value;
    const titleOf = (id: string) => {
        const found = (promise.commitments ?? []).find((one) => idOf(one) === id);
        return either(found?.title_sv, found?.title_en).text || id;
    };
    if (!of.commitments) return null;
    return (
        <>
            <p>{w.previewLooked(of.looked ?? 0, plainDay(of.from!), plainDay(of.to!))}</p>
            {!of.whole && <p class="mark warn">{w.previewPart}</p>}
            <div class="table-wrap" tabIndex={0} role="region" aria-label={w.preview}>
                <table class="rows" role="table">
                    <caption>{w.preview}</caption>
                    <thead role="rowgroup">
                        <tr role="row">
                            {[w.commitment, w.wouldBe, w.counted, w.notCounted].map((label) => (
                                <th key={label} scope="col" role="columnheader">
                                    {label}
                                </th>
                            ))}
                        </tr>
                    </thead>
                    <tbody role="rowgroup">
                        {of.commitments.map((one) => (
                            <tr key={one.commitment} role="row" data-commitment={one.commitment}>
                                <th scope="row" role="rowheader">
                                    {titleOf(one.commitment)}
                                </th>
                                {one.fault !== null ? (
                                    <td role="cell" colSpan={3} data-label={w.wouldBe}>
                                        {w.cannotTry} <span lang="en">{one.fault}</span>
                                    </td>
                                ) : (
                                    <>
                                        <td role="cell" data-label={w.wouldBe}>
                                            {either(one.summary_sv, one.summary_en).text} <Status status={one.status} />
                                        </td>
                                        <td role="cell" data-label={w.counted}>
                                            {number(one.reports)}
                                            <Examples of={one.examples} title={titleOf(one.commitment)} />
                                        </td>
                                        <td role="cell" data-label={w.notCounted}>
                                            {one.not_counted.length === 0 ? (
                                                w.nothing
                                            ) : (
                                                <ul class="plain-list">
                                                    {one.not_counted.map((each) => (
                                                        <li key={each.reason}>
                                                            {number(each.reports)}: {either(each.reason_sv, each.reason_en).text}
                                                        </li>
                                                    ))}
                                                </ul>
                                            )}
                                        </td>
                                    </>
                                )}
                            </tr>
                        ))}
                    </tbody>
                </table>
            </div>
        </>
    );
}
