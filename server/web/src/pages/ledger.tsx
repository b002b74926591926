// The start page: the promises of one's areas, how each commitment stands, and what of it is new.
import { useEffect, useMemo, useState } from "preact/hooks";
import { get } from "../api";
import { number, plainDay } from "../format";
import { useLoaded } from "../load";
import { loadReference, nameOf } from "../reference";
import { link, place } from "../router";
import { session } from "../session";
import { FilterForm } from "../ui/filter_form";
import { Page } from "../ui/page";
import { FilterSelect } from "../ui/select";
import { Silent, type SilentDevice } from "../ui/silent";
import { Empty, Shown } from "../ui/states";
import { Status } from "../ui/status";
import { either, words } from "../words";
import { ledgerWords } from "./ledger.words";

interface Commitment {
    commitment: string;
    title_sv: string;
    title_en: string;
    measure: string;
    owner: string | null;
    done: number;
    target_whole: number;
    status: string;
    summary_sv: string;
    summary_en: string;
    pace: { done: number; due_now: number } | null; // of what has a target in time
    sum: { reports: number };
    places: { place: string; name?: string; met: boolean }[];
    silent: SilentDevice[];
    silent_count: number;
}
interface Promised {
    promise: string;
    title_sv: string;
    title_en: string;
    from: string;
    to: string;
    state: string;
    parties: string[];
    commitments: Commitment[];
}
interface Area {
    area: string;
    name: string | null;
    promises: Promised[];
    silent_devices: SilentDevice[];
    silent_devices_count: number;
}

const NEEDS = new Set(["behind", "missed", "unknown"]);

// What was seen last, in this browser: how many reports stood behind each figure, and how it stood.
interface Stand {
    reports: number;
    done: number;
    status: string;
}
type Seen = Record<string, Stand>;
const isSame = (a: Stand, b: Stand) => a.reports === b.reports && a.done === b.done && a.status === b.status;
const standOf = (of: Commitment): Stand => ({ reports: of.sum.reports, done: of.done, status: of.status });
const seenKey = () => `rond.stood.${session.value?.login}`;
function seenBefore(): Seen {
    try {
        return JSON.parse(localStorage.getItem(seenKey()) ?? "{}") as Seen;
    } catch {
        return {};
    }
}

function Bar({ of }: { of: Commitment }) {
    const w = ledgerWords.value;
    const target = of.target_whole;
    if (!target) return null;
    const due = of.pace?.due_now ?? 0;
    const share = (value: number) => Math.min(100, (100 * value) / target);
    const label = w.progress(number(of.done), number(target));
    return (
        <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={label}>
            <rect class="bar-all" width="100" height="8" />
            <rect class={`bar-done fill-${of.status}`} width={share(of.done)} height="8" />
            {due > 0 && due < target && <rect class="bar-due" x={share(due) - 0.4} width="0.8" height="8" />}
        </svg>
    );
}

function Row({ of, since }: { of: Commitment; since: Stand | undefined }) {
    const w = ledgerWords.value;
    const title = either(of.title_sv, of.title_en);
    const summary = either(of.summary_sv, of.summary_en);
    const news = since === undefined ? 0 : of.sum.reports - since.reports;
    const missing = of.places.filter((one) => !one.met);
    return (
        <li class="commitment">
            <div>
                <a href={link(["commitments", ...of.commitment.split("/")])} lang={title.lang}>
                    {title.text}
                </a>
                {of.owner && (
                    <span class="tag">
                        {w.owner}: {nameOf("organisation", of.owner)}
                    </span>
                )}
            </div>
            <div class="commitment-stand">
                <Status status={of.status} />
                <span class="figure">
                    {of.target_whole ? w.of(number(of.done), number(of.target_whole)) : number(of.done)}
                </span>
                {since && !isSame(since, standOf(of)) && (
                    <span class="new">
                        {news === 0 ? w.changed : w.changedBy(`${news > 0 ? "+" : "−"}${words.value.count.reports(Math.abs(news))}`)}
                    </span>
                )}
            </div>
            <Bar of={of} />
            <p class="quiet" lang={summary.lang}>
                {summary.text}
                {of.status === "behind" && of.measure !== "presence" && !!of.pace?.due_now && <> · {w.due(number(of.pace.due_now))}</>}
            </p>
            {missing.length > 0 && (
                <p class="quiet">
                    {w.places}: {missing.map((one) => one.name ?? one.place).join(", ")}
                </p>
            )}
            <Silent devices={of.silent} count={of.silent_count} />
        </li>
    );
}

function One({ of, seen }: { of: Promised; seen: Seen }) {
    const w = ledgerWords.value;
    const title = either(of.title_sv, of.title_en);
    const id = `promise-${of.promise}`;
    return (
        <section class="card" aria-labelledby={id}>
            <h3 id={id} lang={title.lang}>
                {title.text}
            </h3>
            <p class="quiet">
                <span>
                    {plainDay(of.from)} – {plainDay(of.to)}
                </span>
                {" · "}
                {w.parties}: {of.parties.map((one) => nameOf("organisation", one)).join(", ")}
            </p>
            <ul class="commitments">
                {of.commitments.map((one) => (
                    <Row key={one.commitment} of={one} since={seen[one.commitment]} />
                ))}
            </ul>
        </section>
    );
}

function shownOf(areas: Area[], wanted: string, onlyNeeds: boolean): Area[] {
    return areas
        .filter((area) => !wanted || area.area === wanted)
        .map((area) => ({
            ...area,
            promises: [...area.promises]
                .sort((a, b) => (a.to < b.to ? 1 : a.to > b.to ? -1 : 0)) // what has ended comes last
                .map((one) => ({
                    ...one,
                    commitments: onlyNeeds ? one.commitments.filter((each) => NEEDS.has(each.status)) : one.commitments,
                }))
                .filter((one) => one.commitments.length > 0),
        }));
}

export default function Ledger() {
    const w = ledgerWords.value;
    const loaded = useLoaded((signal) => get<{ areas: Area[] }>("/progress", signal), "progress");
    useEffect(loadReference, []);
    const [seen, setSeen] = useState<Seen>(seenBefore);
    const area = place.value.query.get("area") ?? "";
    const onlyNeeds = place.value.query.get("show") === "attention";
    const areas = loaded.value?.areas;
    const now = useMemo<Seen>(() => {
        const counts: Seen = {};
        for (const one of areas ?? [])
            for (const promise of one.promises)
                for (const each of promise.commitments) counts[each.commitment] = standOf(each);
        return counts;
    }, [areas]);
    const hasNews = Object.entries(now).some(([name, stand]) => seen[name] !== undefined && !isSame(seen[name], stand));
    const keep = (counts: Seen) => {
        localStorage.setItem(seenKey(), JSON.stringify(counts));
        setSeen(counts);
    };
    const markSeen = () => keep(now);
    // The first look at each is what later ones are held against.
    useEffect(() => {
        if (Object.keys(now).some((name) => seen[name] === undefined)) keep({ ...now, ...seen });
    }, [now]);
    return (
        <Page
            title={w.title}
            aside={
                hasNews && (
                    <button type="button" onClick={markSeen}>
                        {w.seen}
                    </button>
                )
            }
        >
            <Shown of={loaded}>
                {(value) => {
                    const shown = shownOf(value.areas, area, onlyNeeds);
                    const isKnown = !area || value.areas.some((one) => one.area === area);
                    return (
                        <>
                            <FilterForm>
                                {value.areas.length > 1 && (
                                    <FilterSelect
                                        label={w.area}
                                        name="area"
                                        none={w.allAreas}
                                        options={value.areas.map((one) => ({ id: one.area, label: one.name ?? one.area }))}
                                    />
                                )}
                                <FilterSelect
                                    label={w.filter}
                                    name="show"
                                    none={w.everything}
                                    options={[
                                        { id: "attention", label: w.attention },
                                    ]}
                                />
                            </FilterForm>
                            {shown.every((one) => one.promises.length === 0) && (
                                <Empty>
                                    {!isKnown ? w.noSuchArea : onlyNeeds ? w.nothingNeedsYou : w.none}{" "}
                                    {!isKnown && <a href="#/">{w.toAll}</a>}
                                </Empty>
                            )}
                            {shown.map(
                                (one) =>
                                    one.promises.length > 0 && (
                                        <section key={one.area} aria-labelledby={`area-${one.area}`}>
                                            <h2 id={`area-${one.area}`}>{one.name ?? one.area}</h2>
                                            <Silent devices={one.silent_devices} count={one.silent_devices_count} />
                                            <div class="cards">
                                                {one.promises.map((each) => (
                                                    <One key={each.promise} of={each} seen={seen} />
                                                ))}
                                            </div>
                                        </section>
                                    ),
                            )}
                        </>
                    );
                }}
            </Shown>
        </Page>
    );
}
