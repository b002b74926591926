// A promise file from outside: looked at first, with every fault's line and field, and put only after that.
import { useState } from "preact/hooks";
import { post } from "../../api";
import { link } from "../../router";
import { useAct } from "../../ui/act";
import { Page } from "../../ui/page";
import { Refused } from "../../ui/states";
import { promisesWords } from "../promises.words";
import { FaultText } from "./faults";
import type { Fault } from "./promise";

const BYTES_MAX = 60_000; // of a body, at most, and what stands around the text

interface Found {
    good: boolean;
    more: number;
    items: Fault[];
    promises?: { promise: string; title_sv: string; is_new: boolean; version: number; commitments: number }[];
}
interface File {
    name: string;
    text: string;
}

export function Import() {
    const w = promisesWords.value;
    const act = useAct();
    const [file, setFile] = useState<File | undefined>(undefined);
    const [found, setFound] = useState<Found | undefined>(undefined);
    const [said, say] = useState("");
    const look = (next: File) =>
        act.run(async () => {
            setFile(next);
            setFound(undefined);
            say("");
            if (new Blob([JSON.stringify(next)]).size > BYTES_MAX) say(w.tooLarge);
            else setFound(await post<Found>("/promises/check", { ...next }));
        });
    const choose = async (event: { currentTarget: HTMLInputElement }) => {
        const chosen = event.currentTarget.files?.[0];
        if (chosen) await look({ name: chosen.name, text: await chosen.text() });
    };
    const put = () =>
        act.run(async () => {
            const expected_versions = Object.fromEntries(found!.promises!.map((one) => [one.promise, one.version]));
            await post("/promises", { ...file!, expected_versions });
            say(w.imported(found!.promises!.length));
            setFound(undefined);
        });
    return (
        <Page title={w.importTitle} aside={<a href={link(["promises"])}>{w.toList}</a>}>
            <p class="said" role="status">
                {said}
            </p>
            <p class="quiet">{w.importAbout}</p>
            <div class="field">
                <label for="import-file">{w.file}</label>
                <input id="import-file" type="file" accept=".yaml,.yml" onChange={(event) => void choose(event)} />
            </div>
            {act.refusal && <Refused refusal={act.refusal} />}
            {found && !found.good && (
                <div class="table-wrap" tabIndex={0} role="region" aria-label={w.faultsIn(file!.name)}>
                    <table>
                        <caption>{w.faultsIn(file!.name)}</caption>
                        <thead>
                            <tr>
                                <th scope="col" class="number">
                                    {w.line}
                                </th>
                                <th scope="col">{w.field}</th>
                                <th scope="col">{w.fault}</th>
                            </tr>
                        </thead>
                        <tbody>
                            {found.items.map((one) => (
                                <tr key={one.fault}>
                                    <td class="number">{one.line}</td>
                                    <td class="mono">{one.field || "–"}</td>
                                    <td>
                                        <FaultText of={one} />
                                    </td>
                                </tr>
                            ))}
                        </tbody>
                    </table>
                    {found.more > 0 && <p class="quiet">{w.moreFaults(found.more)}</p>}
                </div>
            )}
            {found?.good && (
                <section class="card" aria-labelledby="brings">
                    <h2 id="brings">{w.brings}</h2>
                    <ul>
                        {found.promises!.map((one) => (
                            <li key={one.promise}>
                                {one.title_sv} <span class="quiet">{one.is_new ? w.isNew : w.replaces(one.version)}</span>
                            </li>
                        ))}
                    </ul>
                    <div class="actions">
                        <button type="button" class="primary" disabled={act.isBusy} onClick={() => void put()}>
                            {w.importDo}
                        </button>
                    </div>
                </section>
            )}
        </Page>
    );
}
