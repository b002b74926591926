// Where people were in a period, and where it is unsafe still: on a map, and as tables beneath it.
import { useMemo, useState } from "preact/hooks";
import { all, get, getText, query, type Page as Part } from "../api";
import { number } from "../format";
import { useLoaded } from "../load";
import { nameOf, useReference, wordsOf } from "../reference";
import { kindName } from "../report";
import { place, refine } from "../router";
import { reach, session } from "../session";
import { Page } from "../ui/page";
import { useAct } from "../ui/act";
import { Empty, Refused, Shown } from "../ui/states";
import { language } from "../words";
import { dayOf } from "../stockholm";
import { download } from "../ui/download";
import { FilterForm } from "../ui/filter_form";
import { FilterSelect, optionsOf } from "../ui/select";
import { Behind, Count } from "./map/behind";
import { Ground } from "./map/ground";
import { behindLink, byUrgency, extentOf, rowsPath, spotsOf, unsafePath, UNSAFE, type Filter, type MapRow, type Spot, type UnsafePlace } from "./map/rows";
import { MapTable, UnsafeTable } from "./map/tables";
import { mapWords } from "./map.words";

const KINDS = ["check", "campaign_handout", "visible_patrol", "safety_walk", "meeting", "inventory", "initiative"];
const DAYS = 30;

// Without a period that of the last month.
function filterOf(): Filter {
    const asked = place.value.query;
    const now = Date.now();
    return {
        from: asked.get("from") ?? dayOf(now - DAYS * 86_400_000),
        to: asked.get("to") ?? dayOf(now),
        area: asked.get("area") ?? "",
        kind: asked.get("kind") ?? "",
        organisation: asked.get("organisation") ?? "",
    };
}

function Filters({ filter }: { filter: Filter }) {
    const w = mapWords.value;
    const mine = reach("area", "area_chief", "coordinator", "partner_viewer");
    const areas = wordsOf("area").filter((word) => mine(word.id));
    const kinds = [...KINDS.map((id) => ({ id, label: kindName(id) })), { id: UNSAFE, label: w.unsafePlaces }];
    const day = (name: "from" | "to") => (event: { currentTarget: HTMLInputElement }) => refine({ [name]: event.currentTarget.value });
    return (
        <FilterForm search label={w.title}>
            <label>
                {w.from}
                <input type="date" value={filter.from} onChange={day("from")} />
            </label>
            <label>
                {w.to}
                <input type="date" value={filter.to} onChange={day("to")} />
            </label>
            {areas.length > 1 && <FilterSelect label={w.area} name="area" none={w.allAreas} options={optionsOf(areas)} />}
            <FilterSelect label={w.kind} name="kind" none={w.allKinds} options={kinds} />
            <FilterSelect label={w.organisation} name="organisation" none={w.allOrganisations} options={optionsOf(wordsOf("organisation"))} />
        </FilterForm>
    );
}

// What a marker stands for, place by place.
function Chosen({ spots, filter, closer }: { spots: Spot[]; filter: Filter; closer: () => void }) {
    const w = mapWords.value;
    return (
        <section class="map-chosen" aria-live="polite" aria-label={w.chosen}>
            {spots.length > 1 && (
                <button type="button" onClick={closer}>
                    {w.closer}
                </button>
            )}
            {spots.slice(0, 20).map((spot) => (
                <div key={spot.key}>
                    <h2>{spot.name}</h2>
                    <ul class="plain-list">
                        {spot.rows.map((row) => (
                            <li key={row.kind + row.organisation + row.place}>
                                {kindName(row.kind)}, {nameOf("organisation", row.organisation)}:{" "}
                                <Count row={row} of={number(row.reports)} href={behindLink(row, filter)} />
                                {extentOf(row) && ` (${extentOf(row)})`}
                            </li>
                        ))}
                        {spot.unsafe.length > 0 && <li class="late">{w.unsafeMarker(spot.name, spot.unsafe.length)}</li>}
                    </ul>
                </div>
            ))}
        </section>
    );
}

function Save({ filter }: { filter: Filter }) {
    const { isBusy, refusal, run } = useAct();
    const save = () =>
        run(async () => download("rond-map.geojson", [await getText(`/map${query({ ...filter, format: "geojson" })}`)], "application/geo+json"));
    return (
        <div>
            <button type="button" disabled={isBusy} onClick={() => void save()}>
                {mapWords.value.save}
            </button>
            {refusal && <Refused refusal={refusal} />}
        </div>
    );
}

// names: another once the words are there, so that ids become names.
function MapOf({ filter, rows, unsafe, names }: { filter: Filter; rows: MapRow[]; unsafe: UnsafePlace[]; names: unknown }) {
    const w = mapWords.value;
    const spots = useMemo(() => spotsOf(rows, unsafe), [rows, unsafe, names, language.value]);
    const [chosen, choose] = useState<string[]>([]);
    const [near, lookCloser] = useState<Spot[]>([]);
    const count = (list: MapRow[]) => list.reduce((sum, row) => sum + row.reports, 0);
    const without = count(rows.filter((row) => row.latitude_e6 === null && !row.place));
    const unplaced = unsafe.filter((one) => one.latitude_e6 === null).length;
    const shown = spots.filter((spot) => chosen.includes(spot.key));
    const tiles = session.value?.map;
    return (
        <>
            <p role="status">
                {filter.kind !== UNSAFE && w.sum(count(rows), spots.filter((spot) => spot.reports > 0).length)}{" "}
                {without > 0 && w.without(without)} {unplaced > 0 && w.unplaced(unplaced)}
            </p>
            {!tiles && <p class="quiet">{w.noGround}</p>}
            <Ground spots={spots} fitsTo={[filter.area, filter.from, filter.to, filter.kind].join(" ")} near={near} choose={choose} />
            {tiles?.attribution && <p class="quiet">{tiles.attribution}</p>}
            {shown.length > 0 && <Chosen spots={shown} filter={filter} closer={() => lookCloser([...shown])} />}
            {rows.length === 0 && unsafe.length === 0 && <Empty>{w.none}</Empty>}
            {unsafe.length > 0 && <UnsafeTable rows={unsafe} />}
            {rows.length > 0 && (
                <>
                    <MapTable rows={rows} filter={filter} />
                    <Save filter={filter} />
                </>
            )}
        </>
    );
}

function Whole() {
    const w = mapWords.value;
    const filter = filterOf();
    const key = Object.values(filter).join("\n");
    const names = useReference().value;
    const loaded = useLoaded(async (signal) => {
        const isUnsafe = filter.kind === UNSAFE, isAll = filter.kind === "";
        const [rows, open] = await Promise.all([
            isUnsafe ? [] : get<Part<MapRow>>(rowsPath(filter), signal).then(({ items }) => items),
            isUnsafe || isAll ? all<UnsafePlace>(unsafePath(filter), signal) : [],
        ]);
        const unsafe = open.filter((one) => !filter.organisation || one.responsible === filter.organisation).sort(byUrgency);
        return { rows, unsafe };
    }, key);
    return (
        <Page title={w.title}>
            <p class="quiet">{w.about}</p>
            <Filters filter={filter} />
            <Shown of={loaded}>{({ rows, unsafe }) => <MapOf filter={filter} rows={rows} unsafe={unsafe} names={names} />}</Shown>
        </Page>
    );
}

export default function MapPage({ path }: { path: string[] }) {
    return path[1] === "reports" ? <Behind /> : <Whole />;
}
