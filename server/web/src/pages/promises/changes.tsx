// Somebody else saved meanwhile: who, when and what, before anything of either is given up.
import { actorName } from "../../actor";
import { moment, plainDay } from "../../format";
import { nameOf } from "../../reference";
import { either } from "../../words";
import { promisesWords } from "../promises.words";
import { DETAILS, idOf, sent, type PromiseDocument } from "./promise";

type Leaves = Map<string, string>; // by path, "commitments › cykel › target"
type Words = typeof promisesWords.value;

function leavesOf(value: unknown, path: string, into: Leaves): Leaves {
    if (value && typeof value === "object")
        for (const [name, member] of Object.entries(value)) {
            // Commitments are known by their id, so that a new one does not make all behind it another.
            const key = Array.isArray(value) ? ((member as { id?: string } | null)?.id ?? String(Number(name) + 1)) : name;
            leavesOf(member, path ? `${path} › ${key}` : key, into);
        }
    else into.set(path, String(value));
    return into;
}

export interface Newer {
    version: number;
    since_ms: number | null;
    actor: string;
    promise: PromiseDocument;
}

// What the form calls the keys of the file, and what their values are called.
function keyNames(w: Words): Record<string, string> {
    return {
        ...w.details,
        title_sv: w.titleSv,
        title_en: w.titleEn,
        id: w.id,
        period: w.period,
        from: w.from,
        to: w.to,
        sources: w.sources,
        parties: w.parties,
        life: w.state,
        state: w.state,
        phases: w.phase,
        phase: w.phase,
        entered: w.entered,
        commitments: w.commitments,
        measure: w.shape,
        target: w.target,
        per: w.per,
        tolerance: w.tolerance,
        kind: w.kind,
        of: w.of,
        form: w.form,
        items: w.items,
        information: w.information,
        with: w.with,
        places: w.places,
        where: w.narrower,
        season: w.season,
        with_all: w.withAll,
        consists_of: w.parts,
        joint: w.joint,
        roles: w.roles,
        windows: w.windows,
        place: w.place,
        days: w.weekdays,
        minutes: w.minutes,
        follows: w.follows,
        owner: w.owner,
        among_places: w.amongPlaces,
    };
}

const LISTS: Record<string, string[]> = {
    parties: ["organisation"],
    with_all: ["organisation"],
    owner: ["organisation"],
    place: ["place"],
    places: ["place"],
    among_places: ["place"],
    roles: ["role"],
    items: ["item"],
    with: ["counterpart"],
    form: ["form"],
    of: ["check", "inventory", "initiative"],
};

function valueName(path: string[], value: string | undefined, w: Words): string {
    if (value === undefined) return "–";
    const key = path.filter((part) => !/^\d+$/.test(part)).pop() ?? "";
    const words: Record<string, Record<string, string>> = {
        measure: w.shapes,
        per: w.pers,
        kind: w.kinds,
        state: w.states,
        phase: w.phases,
        days: w.days,
        sources: w.sourceNames,
    };
    const lists = LISTS[key] ?? DETAILS.filter((one) => one.field === key).map((one) => one.list);
    const named = lists.map((list) => nameOf(list, value)).find((name) => name !== value);
    return words[key]?.[value] ?? named ?? (/^\d{4}-\d\d-\d\d$/.test(value) ? plainDay(value) : value);
}

interface Props {
    newer: Newer;
    own: PromiseDocument;
    takeTheirs: () => void;
    keepOwn: () => void;
}

export function Changed({ newer, own, takeTheirs, keepOwn }: Props) {
    const w = promisesWords.value;
    const theirs = leavesOf(newer.promise, "", new Map()),
        mine = leavesOf(sent(own), "", new Map());
    const names = keyNames(w);
    const titles = new Map([...(newer.promise.commitments ?? []), ...(own.commitments ?? [])].map((one) => [idOf(one), either(one.title_sv, one.title_en).text]));
    const paths = [...new Set([...theirs.keys(), ...mine.keys()])].filter((path) => theirs.get(path) !== mine.get(path));
    return (
        <section class="state alert" role="alert" aria-labelledby="changed">
            <h2 id="changed">{w.changedElsewhere}</h2>
            <p>{w.changedBy(actorName(newer.actor), newer.version, newer.since_ms ? moment(newer.since_ms) : "")}</p>
            {paths.length > 0 && (
                <div class="table-wrap" tabIndex={0} role="region" aria-label={w.differences}>
                    <table>
                        <caption>{w.differences}</caption>
                        <thead>
                            <tr>
                                <th scope="col">{w.what}</th>
                                <th scope="col">{w.theirs}</th>
                                <th scope="col">{w.own}</th>
                            </tr>
                        </thead>
                        <tbody>
                            {paths.map((path) => {
                                const parts = path.split(" › ");
                                return (
                                    <tr key={path}>
                                        <th scope="row">{parts.map((part) => names[part] ?? titles.get(part) ?? part).join(" › ")}</th>
                                        <td>{valueName(parts, theirs.get(path), w)}</td>
                                        <td>{valueName(parts, mine.get(path), w)}</td>
                                    </tr>
                                );
                            })}
                        </tbody>
                    </table>
                </div>
            )}
            <div class="actions">
                <button type="button" onClick={keepOwn}>
                    {w.keepOwn}
                </button>
                <button type="button" class="danger" onClick={takeTheirs}>
                    {w.takeTheirs}
                </button>
            </div>
        </section>
    );
}
