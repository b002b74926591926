// Reports that may tell of one activity, side by side, for a person to join or to tell apart; and what was decided.
import { useEffect, useState } from "preact/hooks";
import { post, query } from "../api";
import { number } from "../format";
import { usePaged } from "../paged";
import { usePromises, type Promises } from "../promised";
import { loadReference, nameOf } from "../reference";
import { kindName, when, type Decision } from "../report";
import { link, place, refine } from "../router";
import { mayAs, mayIn } from "../session";
import { useAct } from "../ui/act";
import { FilterForm } from "../ui/filter_form";
import { More } from "../ui/more";
import { Page } from "../ui/page";
import { Empty, Refused, Shown } from "../ui/states";
import { JoinLog } from "./joins.log";
import { joinsWords } from "./joins.words";

interface Offered {
    reference: string;
    organisation: string;
    organisations: string[];
    activity: string;
    place: string;
    occurred_from_s: number;
    occurred_to_s: number;
}
interface Offer {
    area: string;
    kind: string;
    apart_s: number;
    distance_m: number | null;
    near: "same_place" | "distance" | "no_place";
    reports: Offered[];
    commitments: { commitment: string; title_sv: string; title_en: string; done: number; would_be: number; target: number }[];
}

function nearness(of: Offer): string {
    const w = joinsWords.value;
    const time = of.apart_s === 0 ? w.overlap : w.apart(Math.round(of.apart_s / 60));
    const where = of.near === "same_place" ? w.samePlace : of.near === "no_place" ? w.noPlace : w.distance(number(of.distance_m ?? 0));
    return `${time}, ${where}.`;
}

function SideBySide({ of, label }: { of: Offer; label: string }) {
    const w = joinsWords.value;
    const rows: [string, (one: Offered) => string][] = [
        [w.when, (one) => when(one.occurred_from_s, one.occurred_to_s)],
        [w.where, (one) => (one.place ? nameOf("place", one.place) : "–")],
        [w.who, (one) => nameOf("organisation", one.organisation)],
        [w.withOthers, (one) => one.organisations.map((id) => nameOf("organisation", id)).join(", ") || "–"],
        [w.activity, (one) => one.activity || "–"],
    ];
    return (
        <div class="table-wrap" role="region" aria-label={label} tabIndex={0}>
            <table class="compare">
                <caption class="unseen">{label}</caption>
                <thead>
                    <tr>
                        <td />
                        {of.reports.map((one) => (
                            <th scope="col" key={one.reference}>
                                <a class="code" href={link(["reports", one.reference])}>
                                    {one.reference}
                                </a>
                            </th>
                        ))}
                    </tr>
                </thead>
                <tbody>
                    {rows.map(([name, value]) => (
                        <tr key={name} class={of.reports.every((one) => value(one) === value(of.reports[0]!)) ? undefined : "differs"}>
                            <th scope="row">{name}</th>
                            {of.reports.map((one) => (
                                <td key={one.reference}>{value(one)}</td>
                            ))}
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}

interface Decided {
    said: string;
    decision: number;
}

function One({ of, promises, onDecided }: { of: Offer; promises: Promises; onDecided: (decided: Decided) => void }) {
    const w = joinsWords.value;
    const act = useAct();
    const references = of.reports.map((one) => one.reference);
    const may = mayIn(of.area, "area_chief", "coordinator");
    const decide = (path: string, said: string) =>
        void act.run(async () => onDecided({ said, decision: (await post<{ decision: number }>(path, { references })).decision }));
    return (
        <li class="card">
            <h3>{kindName(of.kind)}</h3>
            <p class="quiet">{nearness(of)}</p>
            <SideBySide of={of} label={w.compared(references.join(", "))} />
            <ul class="plain-list">
                {of.commitments.map((one) => {
                    const name = promises.commitment(one.commitment, one);
                    return (
                        <li key={one.commitment}>
                            <a href={link(["commitments", ...one.commitment.split("/")])} lang={name.lang}>
                                {name.text}
                            </a>
                            : {w.wouldBe(number(one.done), number(one.would_be))}
                        </li>
                    );
                })}
            </ul>
            {may && (
                <div class="actions">
                    <button type="button" class="primary" disabled={act.isBusy} onClick={() => decide("/joins", w.joined(references.join(", ")))}>
                        {w.join}
                        <span class="unseen"> {references.join(", ")}</span>
                    </button>
                    <button type="button" disabled={act.isBusy} onClick={() => decide("/joins/dismiss", w.dismissed(references.join(", ")))}>
                        {w.dismiss}
                        <span class="unseen"> {references.join(", ")}</span>
                    </button>
                </div>
            )}
            {act.refusal && <Refused refusal={act.refusal} />}
        </li>
    );
}

function Filters() {
    const w = joinsWords.value;
    const asked = place.value.query;
    return (
        <FilterForm>
            {(["since", "until"] as const).map((name) => (
                <label key={name}>
                    {w[name]}
                    <input type="date" value={asked.get(name) ?? ""} onChange={(event) => refine({ [name]: event.currentTarget.value })} />
                </label>
            ))}
        </FilterForm>
    );
}

export default function Joins() {
    const w = joinsWords.value;
    const asked = place.value.query;
    const paged = usePaged<Offer>(`/joins${query({ since: asked.get("since") ?? "", until: asked.get("until") ?? "" })}`);
    const log = usePaged<Decision>(`/joins/decisions${query({ order: "newest" })}`);
    const [last, setLast] = useState<Decided | undefined>(undefined);
    const promises = usePromises();
    const act = useAct();
    useEffect(loadReference, []);
    const again = () => {
        paged.of.again();
        log.of.again();
    };
    const undo = async (decision: number) => {
        if (await act.run(() => post(`/joins/${decision}/undo`))) {
            setLast(undefined);
            again();
        }
    };
    return (
        <Page title={w.title}>
            <p class="quiet">{w.explained}</p>
            <Filters />
            <p class="quiet">{w.latest}</p>
            <div role="status">
                {last && (
                    <p class="state">
                        <span class="done">{last.said}</span>{" "}
                        <button type="button" onClick={() => void undo(last.decision)} disabled={act.isBusy}>
                            {w.undo}
                        </button>
                    </p>
                )}
            </div>
            {act.refusal && <Refused refusal={act.refusal} />}
            <section aria-labelledby="offers">
                <h2 id="offers">{w.offers}</h2>
                <Shown of={paged.of}>
                    {(value) => (
                        <>
                            {value.items.length === 0 && <Empty>{w.none}</Empty>}
                            <ul class="plain-list">
                                {value.items.map((one) => (
                                    <One
                                        key={one.reports.map((each) => each.reference).join()}
                                        of={one}
                                        promises={promises}
                                        onDecided={(decided) => {
                                            setLast(decided);
                                            again();
                                        }}
                                    />
                                ))}
                            </ul>
                            <More of={paged} />
                        </>
                    )}
                </Shown>
            </section>
            <section aria-labelledby="log">
                <h2 id="log">{w.log}</h2>
                <Shown of={log.of}>
                    {(value) => (
                        <>
                            <JoinLog
                                of={value.items}
                                mayUndo={mayAs("area_chief", "coordinator")}
                                isBusy={act.isBusy}
                                onUndo={(decision) => void undo(decision)}
                            />
                            <More of={log} />
                        </>
                    )}
                </Shown>
            </section>
        </Page>
    );
}
