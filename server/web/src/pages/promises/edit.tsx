// The editor: what is typed is kept in this tab, checked and tried at the server, and saved over the version that was seen.
import { useEffect, useState } from "preact/hooks";
import { get, post, Refusal, ROOT } from "../../api";
import { useLoaded } from "../../load";
import { labelOf, useReference, wordsOf } from "../../reference";
import { go, link } from "../../router";
import { mayIn } from "../../session";
import { useAct } from "../../ui/act";
import { download } from "../../ui/download";
import { Page } from "../../ui/page";
import { Refused, Shown } from "../../ui/states";
import { either } from "../../words";
import { promisesWords } from "../promises.words";
import { Changed, type Newer } from "./changes";
import { CommitmentForm } from "./commitment";
import { forget, keep, kept, type Draft } from "./draft";
import { Faults, Summary } from "./faults";
import { General } from "./general";
import { PreviewTable, type Preview } from "./preview";
import { maySave, sent, type Commitment, type Fault, type PromiseDocument } from "./promise";
import { Tried } from "./tried";

export interface Stored extends Newer {
    area: string;
    state: string;
}

const mayTry = (area: string) => mayIn(area, "area_chief", "coordinator");

// By whom the figures are not seen it is checked all the same.
async function ask(draft: Draft, span: { from?: string; to?: string }): Promise<Preview> {
    const body = { area: draft.area, promise: sent(draft.promise) };
    if (mayTry(draft.area)) return post<Preview>("/promises/preview", { ...body, ...span });
    const { good, items } = await post<{ good: boolean; items: Fault[] }>("/promises/check", body);
    return { good, faults: items };
}

const writable = () => wordsOf("area").filter((one) => maySave(one.id) || mayTry(one.id));

function fresh(): Draft {
    const areas = writable();
    const commitments: Commitment[] = [{ measure: "at_least", kind: "check" }];
    return { area: areas[0]?.id ?? "", version: 0, promise: { parties: [], commitments } };
}

interface FormProps {
    name: string; // under which the draft is kept
    stored: Stored | undefined; // none: a new promise
    again: () => void;
}

function Form({ name, stored, again }: FormProps) {
    const w = promisesWords.value;
    const [draft, setDraft] = useState<Draft>(
        () => kept(name) ?? (stored ? { area: stored.area, version: stored.version, promise: stored.promise } : fresh()),
    );
    const [isKept, setKept] = useState(() => kept(name) !== undefined);
    const [preview, setPreview] = useState<Preview | undefined>(undefined);
    const [said, say] = useState("");
    const [key, setKey] = useState(0); // of the form: made anew when all of it is another
    const act = useAct();
    const isNewer = stored !== undefined && stored.version > draft.version;
    const isNew = draft.version === 0;
    const put = (next: Draft) => {
        setDraft(next);
        keep(name, next);
        setKept(true);
        say("");
    };
    const begin = (next: Draft) => {
        forget(name);
        setDraft(next);
        setKept(false);
        setPreview(undefined);
        setKey(key + 1);
    };
    // Nothing was typed yet: the newer one takes its place without a question.
    useEffect(() => {
        if (stored && isNewer && !isKept) begin({ area: stored.area, version: stored.version, promise: stored.promise });
    }, [stored?.version]);
    const change = (promise: PromiseDocument) => put({ ...draft, promise });
    const commitments = draft.promise.commitments ?? [];
    const putAt = (index: number, to: Commitment) =>
        change({ ...draft.promise, commitments: commitments.map((one, each) => (each === index ? to : one)) });
    const check = (span: { from?: string; to?: string }) => act.run(async () => setPreview(await ask(draft, span)));
    const saveIt = async (promise: PromiseDocument): Promise<boolean> => {
        const expected_versions = { [promise.id!]: draft.version };
        try {
            await post("/promises/save", { area: draft.area, promise, expected_versions });
            return true;
        } catch (error) {
            if (!(error instanceof Refusal)) throw error;
            if (error.problem.code === "version_conflict") again();
            if (error.problem.code !== "argument_invalid") throw error;
            const found = await ask(draft, {}); // all that is wrong, where the refusal says the first
            if (found.good) throw error;
            setPreview(found);
            return false;
        }
    };
    const save = async () => {
        const promise = sent(draft.promise);
        const isDone = await act.run(async () => {
            if (!(await saveIt(promise))) return;
            forget(name);
            setKept(false);
            const now = await get<Stored>(`/promises/${encodeURIComponent(promise.id!)}`);
            begin({ area: now.area, version: now.version, promise: now.promise });
            say(w.saved(now.version));
            if (isNew) go(link(["promises", "edit", promise.id!]));
            else again();
        });
        if (isDone) document.getElementById("said")?.focus();
    };
    const faults = preview?.faults ?? [];
    const titleOf = (field: string) => {
        const index = /^commitments\[(\d+)\]/.exec(field)?.[1];
        const one = index === undefined ? undefined : commitments[Number(index)];
        return one
            ? either(one.title_sv, one.title_en).text || w.commitmentNumber(Number(index) + 1)
            : (w.fieldNames[field] ?? w.general);
    };
    const areas = writable().map((one) => ({ id: one.id, label: labelOf(one) }));
    return (
        <Faults.Provider value={faults}>
            <p class="said" role="status" id="said" tabIndex={-1}>
                {said}
            </p>
            {isKept && (
                <p class="quiet">
                    {w.unsaved}{" "}
                    <button
                        type="button"
                        class="plain"
                        onClick={() =>
                            begin(stored ? { area: stored.area, version: stored.version, promise: stored.promise } : fresh())
                        }
                    >
                        {w.throwAway}
                    </button>
                </p>
            )}
            {!maySave(draft.area) && <p class="quiet">{w.onlyDraft}</p>}
            {stored && isNewer && isKept && (
                <Changed
                    newer={stored}
                    own={draft.promise}
                    takeTheirs={() => begin({ area: stored.area, version: stored.version, promise: stored.promise })}
                    keepOwn={() => put({ ...draft, version: stored.version })}
                />
            )}
            <Summary faults={faults} nameOf={titleOf} />
            {act.refusal && !(act.refusal.problem.code === "version_conflict" && isNewer) && <Refused refusal={act.refusal} />}
            <form key={key} class="editor" noValidate onSubmit={(event) => event.preventDefault()}>
                <General
                    area={draft.area}
                    of={draft.promise}
                    isNew={isNew}
                    areas={areas}
                    put={change}
                    putArea={(area) => put({ ...draft, area })}
                />
                <h2>{w.commitments}</h2>
                {commitments.map((one, index) => (
                    <CommitmentForm
                        key={index}
                        index={index}
                        area={draft.area}
                        of={one}
                        promise={draft.promise}
                        isNew={!stored?.promise.commitments?.some((each) => each.id === one.id)}
                        put={(to) => putAt(index, to)}
                        drop={() => change({ ...draft.promise, commitments: commitments.filter((_, each) => each !== index) })}
                    />
                ))}
                <button
                    type="button"
                    onClick={() =>
                        change({ ...draft.promise, commitments: [...commitments, { measure: "at_least", kind: "check" }] })
                    }
                >
                    {w.addCommitment}
                </button>
                <Tried canTry={mayTry(draft.area)} isBusy={act.isBusy} check={(span) => void check(span)} />
                {preview?.good && !preview.commitments && <p role="status">{w.noFaults}</p>}
                {preview?.good && <PreviewTable of={preview} promise={draft.promise} />}
                <div class="actions">
                    {maySave(draft.area) && (
                        <button type="button" class="primary" disabled={act.isBusy} onClick={() => void save()}>
                            {w.save}
                        </button>
                    )}
                    {preview?.file && (
                        <button type="button" onClick={() => download(`${sent(draft.promise).id}.yaml`, [preview.file!], "application/yaml")}>
                            {w.exportDraft}
                        </button>
                    )}
                    {!isNew && (
                        <a class="button" href={`${ROOT}/promises/${encodeURIComponent(draft.promise.id ?? "")}/file`} download>
                            {w.exportSaved}
                        </a>
                    )}
                </div>
            </form>
        </Faults.Provider>
    );
}

export function Edit({ id }: { id: string | undefined }) {
    const w = promisesWords.value;
    const reference = useReference();
    const loaded = useLoaded(
        async (signal) => {
            return id === undefined
                ? { stored: undefined }
                : { stored: await get<Stored>(`/promises/${encodeURIComponent(id)}`, signal) };
        },
        `promise ${id ?? ""}`,
    );
    const promise = loaded.value?.stored?.promise;
    const title = id === undefined ? w.newPromise : promise ? either(promise.title_sv, promise.title_en).text : id;
    return (
        <Page title={title} aside={<a href={link(["promises"])}>{w.toList}</a>}>
            <Shown of={reference}>
                {() => (
                    <Shown of={loaded}>{({ stored }) => <Form name={id ?? "new"} stored={stored} again={loaded.again} />}</Shown>
                )}
            </Shown>
        </Page>
    );
}
