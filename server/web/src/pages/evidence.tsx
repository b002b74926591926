// What is behind one figure: how it came about, and each report that counted or did not, with the reason.
import { useEffect } from "preact/hooks";
import { get, query } from "../api";
import { plainDay } from "../format";
import { useLoaded } from "../load";
import { usePaged } from "../paged";
import { usePromises } from "../promised";
import { loadReference, nameOf } from "../reference";
import { kindName, when } from "../report";
import { link, place } from "../router";
import { FilterForm } from "../ui/filter_form";
import { More } from "../ui/more";
import { Page } from "../ui/page";
import { FilterSelect } from "../ui/select";
import { Empty, Shown } from "../ui/states";
import { either } from "../words";
import { evidenceWords } from "./evidence.words";
import { PARTS, type Part } from "./evidence.part";
import { Standing, windowName, type Commitment } from "./evidence.standing";
import { clock } from "./presence/grid";

interface Row {
    reference: string;
    row: number;
    organisation: string;
    kind: string | null;
    occurred_from_s: number;
    occurred_to_s: number;
    late: boolean;
    late_s: number;
    counted: boolean;
    reason_sv: string;
    reason_en: string;
    quantity: number;
    time_unsure: boolean;
    places: string[];
    places_open: string[];
    ruling: { kind: string } | null;
}
const WHICH = ["", "counted", "not_counted", "late"] as const;

function Tags({ of }: { of: Row }) {
    const w = evidenceWords.value;
    return (
        <>
            {of.late && <span class="tag">{w.lateBy(Math.round(of.late_s / 86_400))}</span>}
            {of.ruling && <span class="tag">{of.ruling.kind === "join" ? w.joined : w.parted}</span>}
            {of.time_unsure && <span class="tag">{w.timeUnsure}</span>}
            {of.places_open.length > 0 && <span class="tag">{w.placeOpen}</span>}
        </>
    );
}

function Report({ of }: { of: Row }) {
    const w = evidenceWords.value;
    const reason = either(of.reason_sv, of.reason_en);
    return (
        <li>
            <p class="tagged">
                <a class="code" href={link(["reports", of.reference])}>
                    {of.reference}
                </a>
                <Tags of={of} />
            </p>
            <p>
                {kindName(of.kind)}, {when(of.occurred_from_s, of.occurred_to_s)}
                <br />
                <span class="quiet">{nameOf("organisation", of.organisation)}</span>
            </p>
            <p>
                <span class={of.counted ? "counts" : "counts not"}>
                    {of.counted ? w.counts(of.quantity) : w.countsNot}
                </span>
                {!of.counted && (
                    <>
                        {" "}
                        <span lang={reason.lang}>{reason.text}</span>
                    </>
                )}
            </p>
        </li>
    );
}

function partAsked(): Part {
    const asked = place.value.query;
    return Object.fromEntries(PARTS.map((name) => [name, asked.get(name)]).filter(([, value]) => value)) as Part;
}

function partName(part: Part, of: Commitment): string {
    const w = evidenceWords.value;
    const window = /^w(\d+)$/.exec(part.period ?? "");
    const named = window ? of.windows[Number(window[1])] : undefined;
    return [
        part.period && (named ? windowName(named) : w.periodName(part.period)),
        part.place && nameOf("place", part.place),
        part.weekday && `${w.days[part.weekday as "mon"] ?? part.weekday} ${clock(Number(part.hour))}–${clock(Number(part.hour) + 1)}`,
        (part.from || part.to) && `${part.from ? plainDay(part.from) : ""} – ${part.to ? plainDay(part.to) : ""}`,
    ]
        .filter(Boolean)
        .join(", ");
}

function Reports({ path, of }: { path: string; of: Commitment }) {
    const w = evidenceWords.value;
    const which = place.value.query.get("which") ?? "";
    const part = partAsked();
    const name = partName(part, of);
    const paged = usePaged<Row>(`/commitments/${path}/evidence${query({ which, order: "newest", ...part })}`);
    useEffect(() => {
        if (name) document.getElementById("reports")?.scrollIntoView();
    }, [name]);
    return (
        <section aria-labelledby="reports">
            <h2 id="reports">{w.reports}</h2>
            <p class="quiet">{w.ordered}</p>
            <p role="status">
                {name && (
                    <>
                        {w.onlyPart(name)} <a href={link(["commitments", ...of.commitment.split("/")], { which })}>{w.allParts}</a>
                    </>
                )}
            </p>
            <FilterForm>
                <FilterSelect
                    label={w.show}
                    name="which"
                    options={WHICH.map((one) => ({ id: one, label: w.which[one || "all"] }))}
                />
            </FilterForm>
            <Shown of={paged.of}>
                {(value) => (
                    <>
                        {value.items.length === 0 ? (
                            <Empty>{value.next === null ? w.noReports : w.notYet}</Empty>
                        ) : (
                            <ul class="rows">
                                {value.items.map((one, index) => (
                                    <Report key={`${one.row}-${index}`} of={one} />
                                ))}
                            </ul>
                        )}
                        <More of={paged} />
                    </>
                )}
            </Shown>
        </section>
    );
}

export default function Evidence({ path }: { path: string[] }) {
    const w = evidenceWords.value;
    const of = path.slice(1, 3).map(encodeURIComponent).join("/");
    const loaded = useLoaded((signal) => get<Commitment>(`/commitments/${of}`, signal), of);
    useEffect(loadReference, []);
    const promise = usePromises().promise(path[1] ?? "");
    const title = loaded.value && either(loaded.value.title_sv, loaded.value.title_en).text;
    return (
        <Page title={title ?? w.title}>
            <p class="quiet">
                <a href="#/ledger">{w.back}</a> <span lang={promise.lang}>{promise.text}</span>
            </p>
            <Shown of={loaded}>
                {(value) => (
                    <>
                        <Standing of={value} path={of} />
                        <Reports path={of} of={value} />
                    </>
                )}
            </Shown>
        </Page>
    );
}
