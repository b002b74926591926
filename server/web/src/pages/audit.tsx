// The log of who did what, the newest first; filtered, page by page; saved whole; and a sample of readings for review.
import { useEffect, useState } from "preact/hooks";
import { all, get, query, type Page as ListPage } from "../api";
import { useLoaded } from "../load";
import { place, refine } from "../router";
import { dayOf, startOf } from "../stockholm";
import { useAct } from "../ui/act";
import { download } from "../ui/download";
import { Page } from "../ui/page";
import { Empty, Refused, Shown } from "../ui/states";
import { auditWords } from "./audit.words";
import { AuditRows, type AuditRow } from "./audit/rows";
import { Sample } from "./audit/sample";

const FILTERS = ["from", "to", "actor", "action"] as const;
type Filter = Record<(typeof FILTERS)[number], string>;
const PAGE_ROWS = 100;
const SAVED_ROWS_MAX = 1_000_000;

function filterOf(): Filter {
    const asked = place.value.query;
    return Object.fromEntries(FILTERS.map((name) => [name, asked.get(name) ?? ""])) as Filter;
}

// As it is asked for: days are those of Sweden, as on every page.
const spanOf = ({ from, to }: { from: string; to: string }) => ({
    from_ms: from && String(startOf(from)),
    to_ms: to && String(startOf(to, 1)),
});
const askedOf = ({ actor, action, ...days }: Filter) => ({ actor, action, ...spanOf(days) });

// What is typed is asked for when it is sent off: a log is not searched letter by letter.
function Filters({ filter }: { filter: Filter }) {
    const w = auditWords.value;
    const [typed, setTyped] = useState(filter);
    const type = (name: keyof Filter) => (event: { currentTarget: HTMLInputElement }) =>
        setTyped({ ...typed, [name]: event.currentTarget.value.trim() });
    const clear = () => {
        const none = { from: "", to: "", actor: "", action: "" };
        setTyped(none);
        refine(none);
    };
    return (
        <form
            class="filters"
            role="search"
            onSubmit={(event) => {
                event.preventDefault();
                refine(typed);
            }}
        >
            <label>
                {w.from}
                <input type="date" value={typed.from} onInput={type("from")} />
            </label>
            <label>
                {w.to}
                <input type="date" value={typed.to} onInput={type("to")} />
            </label>
            <label>
                {w.actor}
                <input placeholder={w.actorHint} value={typed.actor} onInput={type("actor")} />
            </label>
            <label>
                {w.action}
                <input placeholder={w.actionHint} value={typed.action} onInput={type("action")} />
            </label>
            <button type="submit" class="primary">
                {w.apply}
            </button>
            <button type="button" onClick={clear}>
                {w.clear}
            </button>
        </form>
    );
}

// The rows as the server's own tool writes them, one object a line, the oldest first.
function Save({ filter }: { filter: Filter }) {
    const w = auditWords.value;
    const { isBusy, refusal, run } = useAct();
    const [count, setCount] = useState<number | undefined>(undefined);
    const save = () =>
        run(async () => {
            const rows = await all<AuditRow>(`/audit${query(askedOf(filter))}`, undefined, SAVED_ROWS_MAX);
            const lines = rows.map((row) => JSON.stringify(row) + "\n");
            download(`rond-audit-${dayOf(Date.now())}.jsonl`, lines, "application/x-ndjson");
            setCount(rows.length);
        });
    return (
        <div>
            <button type="button" disabled={isBusy} onClick={() => void save()}>
                {w.save}
            </button>
            <span role="status" class="quiet">
                {isBusy ? w.saving : count !== undefined && w.saved(count)}
            </span>
            {refusal && <Refused refusal={refusal} />}
        </div>
    );
}

function Log({ filter }: { filter: Filter }) {
    const w = auditWords.value;
    const asked = `/audit${query({ ...askedOf(filter), order: "newest", limit: PAGE_ROWS })}`;
    const loaded = useLoaded((signal) => get<ListPage<AuditRow>>(asked, signal), asked, false);
    const [older, setOlder] = useState<ListPage<AuditRow> | undefined>(undefined);
    const { isBusy, refusal, run } = useAct();
    // Rows that one reads do not move away under the eye: what is new is told, and shown when it is asked for.
    const latest = `/audit${query({ ...askedOf(filter), order: "newest", limit: 1 })}`;
    const newest = useLoaded((signal) => get<ListPage<AuditRow>>(latest, signal), latest).value?.items[0];
    useEffect(() => setOlder(undefined), [loaded.value]);
    return (
        <>
            {loaded.value && newest && newest.id > (loaded.value.items[0]?.id ?? 0) && (
                <p class="said" role="status">
                    {w.fresh}{" "}
                    <button type="button" onClick={loaded.again}>
                        {w.showFresh}
                    </button>
                </p>
            )}
            <Shown of={loaded}>
                {(first) => {
                    const rows = [...first.items, ...(older?.items ?? [])];
                    const next = older ? older.next : first.next;
                    const more = () =>
                        run(async () => {
                            const page = await get<ListPage<AuditRow>>(`${asked}&after=${next}`);
                            setOlder({ items: [...(older?.items ?? []), ...page.items], next: page.next });
                        });
                    if (rows.length === 0) return <Empty>{w.none}</Empty>;
                    return (
                        <>
                            <AuditRows rows={rows} caption={next === null ? w.rows(rows.length) : w.newest(rows.length)} />
                            {refusal && <Refused refusal={refusal} />}
                            {next === null ? (
                                <p class="quiet">{w.noOlder}</p>
                            ) : (
                                <button type="button" disabled={isBusy} onClick={() => void more()}>
                                    {w.older}
                                </button>
                            )}
                        </>
                    );
                }}
            </Shown>
        </>
    );
}

export default function Audit() {
    const w = auditWords.value;
    const filter = filterOf();
    const key = FILTERS.map((name) => filter[name]).join("\n");
    return (
        <Page title={w.title} aside={<Save filter={filter} />}>
            <p class="quiet">{w.about}</p>
            <Filters filter={filter} />
            <Log key={key} filter={filter} />
            <Sample span={spanOf(filter)} />
        </Page>
    );
}
