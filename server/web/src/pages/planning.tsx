// Joint activities, day by day: what is planned, who has reported of it; planned and cancelled here.
import { useState } from "preact/hooks";
import { all, post } from "../api";
import { plainDay } from "../format";
import { useLoaded } from "../load";
import { Promises, type Promised } from "../promised";
import { useReference, type Reference } from "../reference";
import { place } from "../router";
import { mayAs, reach } from "../session";
import { Confirm } from "../ui/confirm";
import { FilterForm } from "../ui/filter_form";
import { Page } from "../ui/page";
import { FilterSelect } from "../ui/select";
import { Empty, Shown } from "../ui/states";
import { WORDS_OF, type Activity } from "./planning/activity";
import { Plan } from "./planning/plan";
import { planningWords } from "./planning.words";

interface Planning {
    activities: Activity[];
    promises: Promised[];
}

const timeOf = (local: string) => local.slice(11);
const dayOfLocal = (local: string) => local.slice(0, 10);

function when(one: Activity): string {
    const isSameDay = dayOfLocal(one.from_local) === dayOfLocal(one.to_local);
    return `${timeOf(one.from_local)}–${isSameDay ? "" : `${plainDay(dayOfLocal(one.to_local))} `}${timeOf(one.to_local)}`;
}

function Reported({ of, names }: { of: Activity; names: Reference }) {
    const w = planningWords.value;
    const missing = of.missing.map((one) => names.name("organisation", one)).join(", ");
    const isOver = of.to_s * 1000 < Date.now();
    return (
        <p class="quiet">
            {of.reports > 0 ? w.reports(of.reports) : w.noReports}{" "}
            {of.complete ? (
                <span class="mark good">{w.complete}</span>
            ) : (
                isOver && <span class="mark warn">{w.missing(missing)}</span>
            )}
        </p>
    );
}

interface RowProps {
    of: Activity;
    names: Reference;
    promises: Promised[];
    cancel: (activity: Activity) => void;
}

function Row({ of, names, promises, cancel }: RowProps) {
    const w = planningWords.value;
    const wordList = WORDS_OF[of.kind];
    const what = [w.kinds[of.kind] ?? of.kind, wordList && of.of && names.name(wordList, of.of)].filter(Boolean).join(": ");
    const mayCancel = reach("area", "area_chief", "coordinator")(of.area);
    return (
        <li class="card">
            <h3>{of.title}</h3>
            <p>
                <strong>{when(of)}</strong> {of.place && names.name("place", of.place)}
            </p>
            <p class="quiet">{what}</p>
            <p class="quiet">{of.organisations.map((one) => names.name("organisation", one)).join(", ")}</p>
            {of.commitment && <p class="quiet">{w.under(new Promises(promises).commitment(of.commitment).text)}</p>}
            <p class="quiet">
                {w.reference}: <span class="mono">{of.activity}</span>
            </p>
            <Reported of={of} names={names} />
            {mayCancel && (
                <button type="button" class="danger" aria-label={w.cancelNamed(of.title)} onClick={() => cancel(of)}>
                    {w.cancel}
                </button>
            )}
        </li>
    );
}

// By day, the next one first; what is over, the latest first.
function daysOf(activities: Activity[], isPast: boolean): [string, Activity[]][] {
    const days = new Map<string, Activity[]>();
    for (const one of activities) {
        const day = dayOfLocal(one.from_local);
        days.set(day, [...(days.get(day) ?? []), one]);
    }
    const sorted = [...days].sort(([a], [b]) => a.localeCompare(b));
    return isPast ? sorted.reverse() : sorted;
}

function Filters({ areas, names }: { areas: string[]; names: Reference }) {
    const w = planningWords.value;
    return (
        <FilterForm>
            <FilterSelect
                label={w.show}
                name="show"
                none={w.ahead}
                options={[
                    { id: "past", label: w.past },
                    { id: "all", label: w.everything },
                ]}
            />
            {areas.length > 1 && (
                <FilterSelect
                    label={w.area}
                    name="area"
                    none={w.allAreas}
                    options={areas.map((one) => ({ id: one, label: names.name("area", one) }))}
                />
            )}
        </FilterForm>
    );
}

function shownOf(activities: Activity[]): Activity[] {
    const show = place.value.query.get("show");
    const area = place.value.query.get("area");
    const isAhead = (one: Activity) => one.to_s * 1000 >= Date.now();
    return activities.filter((one) => (!area || one.area === area) && (show === "all" || isAhead(one) === (show !== "past")));
}

async function load(signal: AbortSignal): Promise<Planning> {
    const [activities, promises] = await Promise.all([
        all<Activity>("/activities", signal),
        all<Promised>("/promises", signal),
    ]);
    return { activities, promises };
}

export default function PlanningPage() {
    const w = planningWords.value;
    const loaded = useLoaded(load, "planning");
    const reference = useReference();
    const [isPlanning, setPlanning] = useState(false);
    const [cancelling, cancel] = useState<Activity | undefined>(undefined);
    const [said, say] = useState("");
    const names = reference.value;
    return (
        <Page
            title={w.title}
            aside={
                mayAs("area_chief", "coordinator") && (
                    <button type="button" class="primary" onClick={() => setPlanning(true)}>
                        {w.plan}
                    </button>
                )
            }
        >
            <p class="said" role="status">
                {said}
            </p>
            <p class="quiet">{w.about}</p>
            {isPlanning && names && loaded.value && (
                <Plan
                    names={names}
                    promises={loaded.value.promises}
                    close={() => setPlanning(false)}
                    planned={(planned) => {
                        setPlanning(false);
                        say(w.planned(planned));
                        loaded.again();
                    }}
                />
            )}
            {cancelling && (
                <Confirm
                    title={w.cancelNamed(cancelling.title)}
                    action={w.cancel}
                    isDanger
                    close={() => cancel(undefined)}
                    done={() => {
                        cancel(undefined);
                        say(w.cancelled(cancelling.activity));
                        loaded.again();
                    }}
                    run={() => post(`/activities/${encodeURIComponent(cancelling.activity)}/cancel`)}
                >
                    <p>{w.cancelMeans(cancelling.activity)}</p>
                    {cancelling.reports > 0 && <p>{w.cancelReported(cancelling.reports)}</p>}
                </Confirm>
            )}
            <Shown of={reference}>
                {(known) => (
                    <Shown of={loaded}>
                        {({ activities, promises }) => {
                            if (activities.length === 0) return <Empty>{w.none}</Empty>;
                            const shown = shownOf(activities);
                            const isPast = place.value.query.get("show") === "past";
                            return (
                                <>
                                    <Filters areas={[...new Set(activities.map((one) => one.area))]} names={known} />
                                    {shown.length === 0 && <Empty>{w.noneAhead}</Empty>}
                                    {daysOf(shown, isPast).map(([day, those]) => (
                                        <section key={day} aria-labelledby={`day-${day}`}>
                                            <h2 id={`day-${day}`}>{plainDay(day)}</h2>
                                            <ul class="cards plain-list">
                                                {those.map((one) => (
                                                    <Row key={one.activity} of={one} names={known} promises={promises} cancel={cancel} />
                                                ))}
                                            </ul>
                                        </section>
                                    ))}
                                </>
                            );
                        }}
                    </Shown>
                )}
            </Shown>
        </Page>
    );
}
