// Follow-ups: of which promises, of which periods; drafted, published and restated (docs/follow-up.md).
import { all } from "../api";
import { plainDay } from "../format";
import { useLoaded } from "../load";
import { link } from "../router";
import { Page } from "../ui/page";
import { Empty, Shown } from "../ui/states";
import { dayOf } from "../stockholm";
import { Table, type Column } from "../ui/table";
import { either, words } from "../words";
import { periodsOf, type Period, type Promised, type Version } from "./followups/document";
import { PeriodPage } from "./followups/period";
import { followupsTitle, followupsWords, periodName } from "./followups.words";

const today = () => dayOf(Date.now());
const isActive = (promise: Promised) => ["active", "followed_up", "closed"].includes(promise.state ?? "");
const titleOf = (promise: Promised) => either(promise.title_sv, promise.title_en);

function PeriodState({ of, versions }: { of: Period; versions: Version[] }) {
    const w = followupsWords.value;
    const newest = versions.filter((one) => one.period === of.name).pop();
    if (newest) return <span class="mark good">{w.published(newest.version)}</span>;
    if (of.to < today()) return <span class="mark warn">{w.ready}</span>;
    return <span class="mark past">{of.from > today() ? w.ahead : w.running}</span>;
}

function Periods({ promise, versions }: { promise: Promised; versions: Version[] }) {
    const w = followupsWords.value;
    const columns: Column<Period>[] = [
        { label: w.period, isHead: true, cell: (one) => <a href={link(["followups", promise.promise, one.name])}>{periodName(one.name)}</a> },
        { label: w.days, cell: (one) => `${plainDay(one.from)} – ${plainDay(one.to)}` },
        { label: w.state, cell: (one) => <PeriodState of={one} versions={versions} /> },
    ];
    return (
        <Page title={titleOf(promise).text}>
            <p>
                <a href={link(["followups"])}>{w.back}</a>
            </p>
            {isActive(promise) ? (
                <Table caption={w.periods} columns={columns} rows={periodsOf(promise)} keyOf={(one) => one.name} />
            ) : (
                <Empty>{w.notActive}</Empty>
            )}
        </Page>
    );
}

function OfPromise({ promise, period }: { promise: Promised; period: string | undefined }) {
    const path = `/promises/${encodeURIComponent(promise.promise)}/followups`;
    const versions = useLoaded((signal) => all<Version>(path, signal), path);
    return (
        <Shown of={versions}>
            {(value) =>
                period ? (
                    <PeriodPage key={period} promise={promise} period={period} versions={value} again={versions.again} />
                ) : (
                    <Periods promise={promise} versions={value} />
                )
            }
        </Shown>
    );
}

// What is over and not published yet stands in the list of promises already.
function Due({ promise }: { promise: Promised }) {
    const w = followupsWords.value;
    const path = `/promises/${encodeURIComponent(promise.promise)}/followups`;
    const over = periodsOf(promise).filter((one) => one.to < today());
    const versions = useLoaded(async (signal) => (over.length > 0 ? all<Version>(path, signal) : []), path);
    const due = over.filter((one) => versions.value?.every((each) => each.period !== one.name));
    if (due.length === 0) return null;
    return (
        <p>
            <span class="mark warn">{w.ready}</span>{" "}
            {due.map((one, index) => (
                <span key={one.name}>
                    {index > 0 && ", "}
                    <a href={link(["followups", promise.promise, one.name])}>{periodName(one.name)}</a>
                </span>
            ))}
        </p>
    );
}

function Promises({ of }: { of: Promised[] }) {
    const w = followupsWords.value;
    return (
        <Page title={followupsTitle()}>
            <p class="quiet">{w.explained}</p>
            {of.length === 0 && <Empty>{w.none}</Empty>}
            <ul class="plain-list">
                {of.map((promise) => {
                    const title = titleOf(promise);
                    return (
                        <li class="card" key={promise.promise}>
                            <a href={link(["followups", promise.promise])} lang={title.lang}>
                                {title.text}
                            </a>
                            <span class="quiet">
                                {plainDay(promise.from)} – {plainDay(promise.to)}
                            </span>
                            {isActive(promise) && <Due promise={promise} />}
                        </li>
                    );
                })}
            </ul>
        </Page>
    );
}

export default function Followups({ path: [, id, period] }: { path: string[] }) {
    const promises = useLoaded((signal) => all<Promised>("/promises", signal), "promises");
    return (
        <Shown of={promises}>
            {(value) => {
                const found = value.find((one) => one.promise === id);
                if (id && !found) return <Page title={words.value.states.notFound}>{<Empty>{followupsWords.value.none}</Empty>}</Page>;
                return found ? <OfPromise key={found.promise} promise={found} period={period} /> : <Promises of={value} />;
            }}
        </Shown>
    );
}
