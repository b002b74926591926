// A choice of readings at random, for review, which can be made again by its seed.
import { useState } from "preact/hooks";
import { get, query } from "../../api";
import { number } from "../../format";
import { useAct } from "../../ui/act";
import { Field, RefusedAsWhole } from "../../ui/field";
import { Empty } from "../../ui/states";
import { auditWords } from "../audit.words";
import { AuditRows, type AuditRow } from "./rows";

interface Drawn {
    items: AuditRow[];
    of: number;
}
const SEED_MAX = 1_000_000_000;

export function Sample({ span }: { span: { from_ms: string; to_ms: string } }) {
    const w = auditWords.value;
    const { isBusy, refusal, run } = useAct();
    const [size, setSize] = useState("20");
    const [seed, setSeed] = useState(() => String(Math.floor(Math.random() * SEED_MAX)));
    const [drawn, setDrawn] = useState<Drawn | undefined>(undefined);
    const draw = (event: Event) => {
        event.preventDefault();
        void run(async () => setDrawn(await get<Drawn>(`/audit/sample${query({ size, seed, ...span, limit: 500 })}`)));
    };
    return (
        <section aria-labelledby="sample">
            <h2 id="sample">{w.sample}</h2>
            <p class="quiet">{w.sampleAbout}</p>
            <form class="filters" onSubmit={draw}>
                <Field label={w.size} name="size" refusal={refusal}>
                    {(given) => (
                        <input
                            {...given}
                            type="number"
                            min={1}
                            max={500}
                            required
                            value={size}
                            onInput={(event) => setSize(event.currentTarget.value)}
                        />
                    )}
                </Field>
                <Field label={w.seed} name="seed" hint={w.seedHint} refusal={refusal}>
                    {(given) => (
                        <input
                            {...given}
                            inputMode="numeric"
                            pattern="[0-9]{1,18}"
                            required
                            value={seed}
                            onInput={(event) => setSeed(event.currentTarget.value)}
                        />
                    )}
                </Field>
                <button type="submit" disabled={isBusy}>
                    {w.draw}
                </button>
            </form>
            <RefusedAsWhole refusal={refusal} shown={["size", "seed"]} />
            <div role="status">
                {drawn &&
                    (drawn.items.length === 0 ? (
                        <Empty>{w.noReadings}</Empty>
                    ) : (
                        <AuditRows rows={drawn.items} caption={w.drawn(drawn.items.length, number(drawn.of))} />
                    ))}
            </div>
        </section>
    );
}
