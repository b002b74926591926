// One period: what is published of it, what it would say now, what changed since, and its publication.
import { useState } from "preact/hooks";
import { get, post } from "../../api";
import { plainDay } from "../../format";
import { useLoaded } from "../../load";
import { link } from "../../router";
import { mayIn } from "../../session";
import { Confirm } from "../../ui/confirm";
import { Page } from "../../ui/page";
import { Loading, Refused } from "../../ui/states";
import { either } from "../../words";
import { followupsWords, periodName } from "../followups.words";
import type { Draft, Promised, Version } from "./document";
import { Changes, Commitments, summaryOf } from "./tables";
import { Versions } from "./versions";

const pathOf = (promise: Promised) => `/promises/${encodeURIComponent(promise.promise)}/followups`;

interface Publishing {
    promise: Promised;
    draft: Draft;
    close: () => void;
    done: () => void;
}

// Names all that is frozen by it.
function Publish({ promise, draft, close, done }: Publishing) {
    const w = followupsWords.value;
    const { period, commitments } = draft.document;
    const isRestated = draft.version > 1;
    const body = { period: period.name, early: period.early, restate: isRestated };
    return (
        <Confirm
            title={w.publishTitle(periodName(period.name), draft.version)}
            action={isRestated ? w.restate : w.publish}
            run={() => post(pathOf(promise), body)}
            close={close}
            done={done}
        >
            <p>
                <strong>{either(promise.title_sv, promise.title_en).text}</strong>
                <br />
                {w.until(plainDay(period.until))} {period.early && <strong>{w.early}</strong>}
            </p>
            <p>{w.freezes}</p>
            <ul>
                {commitments.map((one) => (
                    <li key={one.commitment}>
                        {either(one.title_sv, one.title_en).text}: {summaryOf(one)}
                    </li>
                ))}
            </ul>
            <p>
                {w.readAnew} {isRestated && w.stays(draft.version - 1)} {w.forAll}
            </p>
        </Confirm>
    );
}

function DraftShown({ of, promise, publish }: { of: Draft; promise: Promised; publish: () => void }) {
    const w = followupsWords.value;
    const { period, commitments, changes } = of.document;
    const before = of.version - 1;
    return (
        <>
            <p>
                {w.until(plainDay(period.until))} {period.early && <span class="mark warn">{w.early}</span>}
            </p>
            {before > 0 && (of.differs ? <Changes of={changes ?? []} since={before} /> : <p>{w.unchanged(before)}</p>)}
            <Commitments of={commitments} isWhole={period.name === "final"} />
            {of.differs &&
                (mayIn(promise.area, "area_chief") ? (
                    <div class="actions">
                        <button type="button" class="primary" onClick={publish}>
                            {before > 0 ? w.restate : w.publish}
                        </button>
                    </div>
                ) : (
                    <p class="quiet">{w.whoMay}</p>
                ))}
        </>
    );
}

// Not live: each reading goes through everything that counted.
export function PeriodPage({ promise, period, versions, again }: { promise: Promised; period: string; versions: Version[]; again: () => void }) {
    const w = followupsWords.value;
    const path = `${pathOf(promise)}/${encodeURIComponent(period)}/draft`;
    const draft = useLoaded((signal) => get<Draft>(path, signal), path, false);
    const [isPublishing, setPublishing] = useState(false);
    const [done, setDone] = useState("");
    const mine = versions.filter((one) => one.period === period);
    const publish = (version: number) => {
        setPublishing(false);
        setDone(w.wasPublished(periodName(period), version));
        again();
        draft.again();
    };
    return (
        <Page title={`${periodName(period)}: ${either(promise.title_sv, promise.title_en).text}`}>
            <p>
                <a href={link(["followups", promise.promise])}>{w.backTo(either(promise.title_sv, promise.title_en).text)}</a>
            </p>
            <p class="said" role="status">
                {done}
            </p>
            <Versions of={mine} />
            <section aria-labelledby="draft">
                <h2 id="draft">{mine.length > 0 ? w.nextDraft(mine.length + 1) : w.draft}</h2>
                <p class="actions">
                    <button type="button" disabled={draft.isLoading} onClick={draft.again}>
                        {w.read}
                    </button>
                </p>
                {draft.isLoading && <p role="status">{w.reading}</p>}
                {draft.refusal && <Refused refusal={draft.refusal} again={draft.again} />}
                {draft.value ? (
                    <DraftShown of={draft.value} promise={promise} publish={() => setPublishing(true)} />
                ) : (
                    !draft.refusal && <Loading />
                )}
            </section>
            {isPublishing && draft.value && (
                <Publish
                    promise={promise}
                    draft={draft.value}
                    close={() => setPublishing(false)}
                    done={() => publish(draft.value!.version)}
                />
            )}
        </Page>
    );
}
