// Presence by the hours of the week: a heat map for each place, and beside it where and when nobody was seen.
import { useEffect } from "preact/hooks";
import { all, get, query, Refusal } from "../api";
import { number, plainDay } from "../format";
import { useLoaded, type Loaded } from "../load";
import { Promises, type Promised } from "../promised";
import { loadReference, nameOf } from "../reference";
import { link, place, refine } from "../router";
import { Field } from "../ui/field";
import { FilterForm } from "../ui/filter_form";
import { Page } from "../ui/page";
import { FilterSelect } from "../ui/select";
import { Silent } from "../ui/silent";
import { Empty, Shown } from "../ui/states";
import { Gaps } from "./presence/gaps";
import type { Grid } from "./presence/grid";
import { Figures, Heat, Legend } from "./presence/heat";
import { presenceWords } from "./presence.words";

interface Presence {
    from: string;
    to: string;
    cut: boolean;
    areas: { area: string; name: string | null; grids: Grid[] }[];
}
function One({ of, promises, days }: { of: Grid; promises: Promises; days: { from: string; to: string } }) {
    const w = presenceWords.value;
    const title = promises.commitment(of.commitment, of);
    const where = of.place ? nameOf("place", of.place) : w.anywhere;
    const id = `${of.commitment}-${of.place}`.replace(/[^\w-]/g, "-");
    return (
        <section class="card stack" aria-labelledby={id}>
            <div>
                <h3 id={id}>{where}</h3>
                <p class="quiet" lang={title.lang}>
                    {title.text}{" "}
                    <a href={link(["commitments", ...of.commitment.split("/")])}>
                        {w.evidence}
                        <span class="unseen">
                            : {title.text}, {where}
                        </span>
                    </a>
                </p>
            </div>
            {of.planned === 0 ? (
                <p class="quiet">{w.nothingDue}</p>
            ) : (
                <>
                    <p>{w.kept(number(of.kept), of.planned)}</p>
                    {of.silent_count > 0 && (
                        <div class="question">
                            <p>{w.unsure}</p>
                            <Silent devices={of.silent} count={of.silent_count} />
                        </div>
                    )}
                    <div class="columns">
                        <Heat of={of} place={where} days={days} />
                        <Gaps of={of} />
                    </div>
                    <Figures of={of} place={where} />
                </>
            )}
        </section>
    );
}

const FIELDS = ["from", "to"];

// The server's sentence about a period is English alone in its detail; there are but three things that can be wrong with it.
function faultOf(of: Loaded<Presence>): Refusal | undefined {
    const w = presenceWords.value;
    const asked = place.value.query;
    const { refusal } = of;
    if (!refusal || !FIELDS.includes(refusal.problem.field ?? "")) return undefined;
    const isOrder = refusal.problem.field === "to" && !!asked.get("from") && !!asked.get("to");
    const said = isOrder ? w.wrongOrder : /^\d{4}-\d\d-\d\d$/.test(asked.get(refusal.problem.field!) ?? "") ? w.tooLong : w.noDay;
    return refusal.saying(said);
}

function Filters({ areas, area, promises, of }: { areas: string[]; area: string; promises: Promises; of: Loaded<Presence> }) {
    const w = presenceWords.value;
    const asked = place.value.query;
    const fault = faultOf(of);
    const among = [...new Set((of.value?.areas[0]?.grids ?? []).map((grid) => grid.promise))];
    return (
        <FilterForm>
            {areas.length > 1 && (
                <label>
                    {w.area}
                    <select value={area} onChange={(event) => refine({ area: event.currentTarget.value, promise: "" })}>
                        {areas.map((one) => (
                            <option key={one} value={one}>
                                {nameOf("area", one)}
                            </option>
                        ))}
                    </select>
                </label>
            )}
            {among.length > 1 && (
                <FilterSelect
                    label={w.promise}
                    name="promise"
                    none={w.allPromises}
                    options={among.map((id) => ({ id, label: promises.promise(id).text }))}
                />
            )}
            {(["from", "to"] as const).map((name) => (
                <Field key={name} label={w[name]} name={name} refusal={fault}>
                    {(given) => (
                        <input
                            {...given}
                            type="date"
                            value={asked.get(name) ?? of.value?.[name] ?? ""}
                            onChange={(event) => refine({ [name]: event.currentTarget.value })}
                        />
                    )}
                </Field>
            ))}
        </FilterForm>
    );
}

function Area({ areas, area, promises }: { areas: string[]; area: string; promises: Promises }) {
    const w = presenceWords.value;
    const asked = place.value.query;
    const path = `/presence${query({ area, from: asked.get("from") ?? "", to: asked.get("to") ?? "" })}`;
    const loaded = useLoaded((signal) => get<Presence>(path, signal), path);
    const promise = asked.get("promise");
    return (
        <>
            <Filters areas={areas} area={area} promises={promises} of={loaded} />
            {faultOf(loaded) && !loaded.value ? null : (
                <Shown of={loaded}>
                    {(value) => {
                        const grids = value.areas.flatMap((one) => one.grids).filter((one) => !promise || one.promise === promise);
                        return grids.length === 0 ? (
                            <Empty>{w.noGrids}</Empty>
                        ) : (
                            <>
                                <h2>{nameOf("area", area)}</h2>
                                <p class="quiet">{w.spread}</p>
                                {value.cut && <p class="state">{w.cut(plainDay(value.from))}</p>}
                                <Legend />
                                <div class="stack">
                                    {grids.map((one) => (
                                        <One key={`${one.commitment} ${one.place}`} of={one} promises={promises} days={{ from: value.from, to: value.to }} />
                                    ))}
                                </div>
                            </>
                        );
                    }}
                </Shown>
            )}
        </>
    );
}

export default function PresencePage() {
    const w = presenceWords.value;
    const promises = useLoaded((signal) => all<Promised>("/promises", signal), "promises", false);
    useEffect(loadReference, []);
    return (
        <Page title={w.title}>
            <p class="quiet">{w.about}</p>
            <Shown of={promises}>
                {(value) => {
                    const areas = [...new Set(value.map((one) => one.area))];
                    const area = place.value.query.get("area") || areas[0];
                    return area === undefined ? <Empty>{w.noAreas}</Empty> : <Area areas={areas} area={area} promises={new Promises(value)} />;
                }}
            </Shown>
        </Page>
    );
}
