// On which days the promise is tried: its own, or others, for one of next year has no reports yet.
import { useState } from "preact/hooks";
import { promisesWords } from "../promises.words";
import { Text } from "./inputs";

interface Props {
    canTry: boolean;
    isBusy: boolean;
    check: (span: { from?: string; to?: string }) => void;
}

export function Tried({ canTry, isBusy, check }: Props) {
    const w = promisesWords.value;
    const [span, setSpan] = useState({ from: "", to: "" });
    const asked = () => check(span.from || span.to ? span : {});
    return (
        <section class="card" aria-labelledby="try">
            <h2 id="try">{w.try}</h2>
            <p class="quiet">{canTry ? w.tryAbout : w.tryNot}</p>
            {canTry && (
                <div class="form-row">
                    <Text
                        field="from"
                        type="date"
                        label={w.tryFrom}
                        hint={w.tryHint}
                        value={span.from}
                        put={(from) => setSpan({ ...span, from })}
                    />
                    <Text field="to" type="date" label={w.tryTo} value={span.to} put={(to) => setSpan({ ...span, to })} />
                </div>
            )}
            <div class="actions">
                <button type="button" disabled={isBusy} onClick={asked}>
                    {canTry ? w.tryDo : w.checkDo}
                </button>
            </div>
        </section>
    );
}
