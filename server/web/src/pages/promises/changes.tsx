// Somebody else saved meanwhile: who, when and what, before anything of either is given up.
import { moment } from "../../format";
import { promisesWords } from "../promises.words";
import { sent, type PromiseDocument } from "./promise";

type Leaves = Map<string, string>;

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
    const paths = [...new Set([...theirs.keys(), ...mine.keys()])].filter((path) => theirs.get(path) !== mine.get(path));
    return (
        <section class="state alert" role="alert" aria-labelledby="changed">
            <h2 id="changed">{w.changedElsewhere}</h2>
            <p>{w.changedBy(newer.actor, newer.version, newer.since_ms ? moment(newer.since_ms) : "")}</p>
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
                            {paths.map((path) => (
                                <tr key={path}>
                                    <th scope="row">{path}</th>
                                    <td>{theirs.get(path) ?? "–"}</td>
                                    <td>{mine.get(path) ?? "–"}</td>
                                </tr>
                            ))}
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
