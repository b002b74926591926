// Who may do what here, since when and until when; and what an administrator changes about it.
import { useState } from "preact/hooks";
import { all, post } from "../api";
import { moment } from "../format";
import { useLoaded } from "../load";
import { useReference, type Reference } from "../reference";
import { place, refine } from "../router";
import { mayAs, session } from "../session";
import { Confirm } from "../ui/confirm";
import { FilterForm } from "../ui/filter_form";
import { GrantLine, grantText, type FullGrant } from "../ui/grant";
import { Page } from "../ui/page";
import { FilterSelect } from "../ui/select";
import { Empty, Shown } from "../ui/states";
import { Table, type Column } from "../ui/table";
import { Add } from "./people/add";
import { Ask, CodeShown, type What } from "./people/ask";
import type { Code, Person } from "./people/person";
import { peopleWords } from "./people.words";

type Open =
    | { kind: "add" }
    | { kind: "grant"; person: Person }
    | { kind: "end"; person: Person; grant: FullGrant }
    | { kind: "ask"; person: Person; what: What }
    | { kind: "code"; code: Code; name: string };

const FILTERS: Record<string, (person: Person) => boolean> = {
    granted: (person) => person.grants.some((grant) => grant.valid),
    without: (person) => !person.grants.some((grant) => grant.valid),
    inactive: (person) => person.state !== "active",
};
const LOOKS = { active: "good", locked: "bad", waiting: "warn", not_set_up: "past" };

function Grants({ of, names, end }: { of: Person; names: Reference; end?: (grant: FullGrant) => void }) {
    const w = peopleWords.value;
    const now = of.grants.filter((grant) => grant.valid);
    const other = of.grants.filter((grant) => !grant.valid);
    return (
        <>
            {now.length === 0 && <span class="quiet">{w.noGrant}</span>}
            <ul class="plain-list">
                {now.map((grant) => (
                    <li key={grant.number}>
                        <GrantLine of={grant} names={names} />
                        {end && (
                            <button
                                type="button"
                                class="plain"
                                aria-label={w.endGrantOf(of.name, grantText(grant, names))}
                                onClick={() => end(grant)}
                            >
                                {w.endGrant}
                            </button>
                        )}
                    </li>
                ))}
            </ul>
            {other.length > 0 && (
                <details>
                    <summary>{w.past(other.length)}</summary>
                    <ul class="plain-list">
                        {other.map((grant) => (
                            <li key={grant.number}>
                                <GrantLine of={grant} names={names} />
                            </li>
                        ))}
                    </ul>
                </details>
            )}
        </>
    );
}

function State({ of }: { of: Person }) {
    const w = peopleWords.value;
    return (
        <>
            <span class={`mark ${LOOKS[of.state]}`}>{w.states[of.state]}</span>
            {of.blocked_until_ms !== null && <span class="quiet">{w.until(moment(of.blocked_until_ms))}</span>}
            {of.failures > 0 && <span class="quiet">{w.failures(of.failures)}</span>}
            <span class="quiet">{w.sessions(of.sessions)}</span>
        </>
    );
}

function Actions({ of, open }: { of: Person; open: (what: Open) => void }) {
    const w = peopleWords.value;
    if (of.login === session.value?.login) return <span class="quiet">{w.self}</span>;
    const actions: [What, string][] = [
        of.state === "locked" || of.state === "waiting" ? ["unlock", w.unlock] : ["lock", w.lock],
        ["log-out", w.logOut],
        ["reset-password", w.resetPassword],
        ["reset-second-factor", w.reset],
    ];
    return (
        <div class="row-actions" role="group" aria-label={w.choose(of.name)}>
            <button type="button" onClick={() => open({ kind: "grant", person: of })}>
                {w.grant}
            </button>
            <details class="more">
                <summary>{w.more}</summary>
                <div class="row-actions">
                    {actions.map(([what, label]) => (
                        <button type="button" key={what} onClick={() => open({ kind: "ask", person: of, what })}>
                            {label}
                        </button>
                    ))}
                </div>
            </details>
        </div>
    );
}

function columns(names: Reference, open: (what: Open) => void): Column<Person>[] {
    const w = peopleWords.value;
    const mayChange = mayAs("administrator");
    const shown: Column<Person>[] = [
        {
            label: w.person,
            isHead: true,
            cell: (one) => (
                <>
                    {one.name}
                    <span class="quiet mono">{one.login}</span>
                </>
            ),
        },
        { label: w.state, cell: (one) => <State of={one} /> },
        {
            label: w.grants,
            cell: (one) => (
                <Grants
                    of={one}
                    names={names}
                    {...(mayChange &&
                        one.login !== session.value?.login && {
                            end: (grant: FullGrant) => open({ kind: "end", person: one, grant }),
                        })}
                />
            ),
        },
        {
            label: w.secrets,
            cell: (one) => (
                <>
                    {one.second_factor ? w.hasFactor : w.noFactor}
                    {one.second_factor && <span class="quiet">{w.codes(one.recovery_codes)}</span>}
                </>
            ),
        },
    ];
    if (mayChange) shown.push({ label: w.actions, cell: (one) => <Actions of={one} open={open} /> });
    return shown;
}

function Filters() {
    const w = peopleWords.value;
    const query = place.value.query;
    return (
        <FilterForm search>
            <label>
                {w.find}
                <input
                    type="search"
                    placeholder={w.findHint}
                    value={query.get("find") ?? ""}
                    onInput={(event) => refine({ find: event.currentTarget.value })}
                />
            </label>
            <FilterSelect
                label={w.show}
                name="show"
                none={w.everybody}
                options={[
                    { id: "granted", label: w.withGrant },
                    { id: "without", label: w.withoutGrant },
                    { id: "inactive", label: w.notActive },
                ]}
            />
        </FilterForm>
    );
}

function shownOf(people: Person[]): Person[] {
    const find = (place.value.query.get("find") ?? "").trim().toLowerCase();
    const fits = FILTERS[place.value.query.get("show") ?? ""];
    return people
        .filter((one) => (!fits || fits(one)) && `${one.name} ${one.login}`.toLowerCase().includes(find))
        .sort((a, b) => a.name.localeCompare(b.name));
}

export default function People() {
    const w = peopleWords.value;
    const loaded = useLoaded((signal) => all<Person>("/people", signal), "people");
    const reference = useReference();
    const [open, setOpen] = useState<Open | undefined>(undefined);
    const [said, say] = useState("");
    const close = () => setOpen(undefined);
    const done = (text: string) => {
        close();
        say(text);
        loaded.again();
    };
    const coded = (code: Code, name: string) => {
        setOpen({ kind: "code", code, name });
        loaded.again();
    };
    const names = reference.value;
    return (
        <Page
            title={w.title}
            aside={
                mayAs("administrator") && (
                    <button type="button" class="primary" onClick={() => setOpen({ kind: "add" })}>
                        {w.add}
                    </button>
                )
            }
        >
            <p class="said" role="status">
                {said}
            </p>
            {names && open?.kind === "add" && <Add to={undefined} names={names} close={close} added={coded} granted={() => {}} />}
            {names && open?.kind === "grant" && (
                <Add to={open.person} names={names} close={close} added={coded} granted={(person) => done(w.granted(person.name))} />
            )}
            {names && open?.kind === "end" && (
                <Confirm
                    title={w.endTitle(open.person.name)}
                    action={w.endGrant}
                    isDanger
                    close={close}
                    done={() => done(w.ended(open.person.name))}
                    run={() => post(`/people/${encodeURIComponent(open.person.login)}/grants/${open.grant.number}/end`)}
                >
                    <p>{w.endMeans(grantText(open.grant, names))}</p>
                </Confirm>
            )}
            {open?.kind === "ask" && <Ask what={open.what} person={open.person} close={close} done={done} coded={coded} />}
            {open?.kind === "code" && <CodeShown code={open.code} name={open.name} close={close} />}
            <Shown of={reference}>
                {(known) => (
                    <Shown of={loaded}>
                        {(people) => {
                            if (people.length === 0) return <Empty>{w.none}</Empty>;
                            const shown = shownOf(people);
                            return (
                                <>
                                    <Filters />
                                    {shown.length === 0 ? (
                                        <Empty>{w.noMatch}</Empty>
                                    ) : (
                                        <Table
                                            caption={w.caption(shown.length)}
                                            columns={columns(known, setOpen)}
                                            rows={shown}
                                            keyOf={(one) => one.login}
                                        />
                                    )}
                                </>
                            );
                        }}
                    </Shown>
                )}
            </Shown>
        </Page>
    );
}
