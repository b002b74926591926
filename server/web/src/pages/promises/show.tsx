// A promise for whoever may look at it and not change it: its versions, and all of it as the file says it.
import { actorName } from "../../actor";
import { get, getText, ROOT } from "../../api";
import { moment } from "../../format";
import { useLoaded } from "../../load";
import { link } from "../../router";
import { Page } from "../../ui/page";
import { Shown } from "../../ui/states";
import { either } from "../../words";
import { promisesWords } from "../promises.words";
import type { Stored } from "./edit";

export function Show({ id }: { id: string }) {
    const w = promisesWords.value;
    const path = `/promises/${encodeURIComponent(id)}`;
    const loaded = useLoaded(async (signal) => {
        const [stored, text] = await Promise.all([get<Stored>(path, signal), getText(`${path}/file`, signal)]);
        return { stored, text };
    }, path);
    const promise = loaded.value?.stored.promise;
    return (
        <Page
            title={promise ? either(promise.title_sv, promise.title_en).text : id}
            aside={<a href={link(["promises"])}>{w.toList}</a>}
        >
            <Shown of={loaded}>
                {({ stored, text }) => (
                    <>
                        <p>{w.versionBy(stored.version, actorName(stored.actor), stored.since_ms ? moment(stored.since_ms) : "–")}</p>
                        <p>
                            <a class="button" href={`${ROOT}${path}/file`} download>
                                {w.exportSaved}
                            </a>
                        </p>
                        <pre class="promise-file" tabIndex={0} role="region" aria-label={w.asFile}>
                            {text}
                        </pre>
                    </>
                )}
            </Shown>
        </Page>
    );
}
