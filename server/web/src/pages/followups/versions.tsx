// The versions of a period that are published, each with its signed document to fetch.
import { actorName } from "../../actor";
import { get } from "../../api";
import { moment } from "../../format";
import { type Act, useAct } from "../../ui/act";
import { download } from "../../ui/download";
import { Refused } from "../../ui/states";
import { Table, type Column } from "../../ui/table";
import { followupsWords } from "../followups.words";
import type { Version } from "./document";

interface Whole {
    document: string;
    signature: string; // hexadecimal
}

const bytesOf = (hex: string) => new Uint8Array((hex.match(/../g) ?? []).map((byte) => parseInt(byte, 16)));

async function fetchFile(of: Version, isSignature: boolean): Promise<void> {
    const path = `/promises/${encodeURIComponent(of.promise)}/followups/${of.period}?version=${of.version}`;
    const { items } = await get<{ items: Whole[] }>(path);
    const name = `${of.promise}_${of.period}_v${of.version}.json`;
    // Under the names by which `rondctl followup export` would write them.
    if (isSignature) download(name + ".sig", [bytesOf(items[0]!.signature)], "application/octet-stream");
    else download(name, [items[0]!.document], "application/json");
}

function Files({ of, act }: { of: Version; act: Act }) {
    const w = followupsWords.value;
    return (
        <div class="row-actions">
            {[false, true].map((isSignature) => {
                const what = isSignature ? w.signature : w.document;
                return (
                    <button
                        type="button"
                        key={what}
                        aria-label={w.fileOf(what, of.version)}
                        onClick={() => void act.run(() => fetchFile(of, isSignature))}
                    >
                        {what}
                    </button>
                );
            })}
        </div>
    );
}

export function Versions({ of }: { of: Version[] }) {
    const w = followupsWords.value;
    const act = useAct();
    const columns: Column<Version>[] = [
        { label: w.version, isHead: true, cell: (one) => one.version },
        { label: w.when, cell: (one) => moment(one.at_ms) },
        { label: w.by, cell: (one) => actorName(one.actor) },
        { label: w.files, cell: (one) => <Files of={one} act={act} /> },
    ];
    if (of.length === 0) return null;
    return (
        <>
            {act.refusal && <Refused refusal={act.refusal} />}
            <Table caption={w.versions} columns={columns} rows={[...of].reverse()} keyOf={(one) => one.version} />
        </>
    );
}
