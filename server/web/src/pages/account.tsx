// One's own account: what one may do, where one is logged in, another password, and the way out everywhere.
import { useState } from "preact/hooks";
import { all, get, post } from "../api";
import { ago, moment, number } from "../format";
import { useLoaded } from "../load";
import { useReference } from "../reference";
import { roleWords } from "../roles.words";
import { useAct } from "../ui/act";
import { closeSession } from "../session";
import { Confirm } from "../ui/confirm";
import { GrantLine, type FullGrant } from "../ui/grant";
import { Page } from "../ui/page";
import { Refused, Shown } from "../ui/states";
import { Table, type Column } from "../ui/table";
import { Password } from "./account/password";
import { accountWords } from "./account.words";

interface Account {
    login: string;
    name: string;
    recovery_codes: number;
    grants: FullGrant[];
}
interface OpenSession {
    id: string;
    began_ms: number;
    seen_ms: number;
    address: string;
    this: boolean;
}
const FEW = 3;

function Who({ of }: { of: Account }) {
    const w = accountWords.value;
    return (
        <section aria-labelledby="who" class="card">
            <h2 id="who">{w.who}</h2>
            <dl class="facts">
                <dt>{w.name}</dt>
                <dd>{of.name}</dd>
                <dt>{w.login}</dt>
                <dd>{of.login}</dd>
                <dt>{w.recovery}</dt>
                <dd>{number(of.recovery_codes)}</dd>
            </dl>
            {of.recovery_codes < FEW && <p class="fault">{w.fewCodes(of.recovery_codes)}</p>}
        </section>
    );
}

function Grants({ of }: { of: FullGrant[] }) {
    const w = accountWords.value;
    const r = roleWords.value;
    const reference = useReference();
    const valid = of.filter((grant) => grant.valid);
    return (
        <section aria-labelledby="grants" class="card">
            <h2 id="grants">{w.grants}</h2>
            {valid.length === 0 ? (
                <p>{w.noGrants}</p>
            ) : (
                <Shown of={reference}>
                    {(names) => (
                        <ul class="plain-list">
                            {valid.map((grant) => (
                                <li key={grant.number}>
                                    <GrantLine of={grant} names={names} />
                                    <span class="quiet">{w.meaning(r[grant.role], r.may[grant.role])}</span>
                                </li>
                            ))}
                        </ul>
                    )}
                </Shown>
            )}
        </section>
    );
}

function Sessions({ say }: { say: (text: string) => void }) {
    const w = accountWords.value;
    const loaded = useLoaded((signal) => all<OpenSession>("/sessions", signal), "sessions");
    const { isBusy, refusal, run } = useAct();
    const end = async (path: string, done: string) => {
        if (await run(() => post(path))) {
            say(done);
            loaded.again();
        }
    };
    const columns: Column<OpenSession>[] = [
        {
            label: w.began,
            isHead: true,
            cell: (one) => (
                <>
                    {moment(one.began_ms)} {one.this && <span class="mark good">{w.thisOne}</span>}
                </>
            ),
        },
        { label: w.seen, cell: (one) => ago(one.seen_ms) },
        { label: w.address, cell: (one) => one.address || w.unknownAddress },
        {
            label: w.actions,
            cell: (one) =>
                !one.this && (
                    <button
                        type="button"
                        disabled={isBusy}
                        aria-label={w.endNamed(moment(one.began_ms))}
                        onClick={() => void end(`/sessions/${one.id}/end`, w.ended)}
                    >
                        {w.end}
                    </button>
                ),
        },
    ];
    return (
        <section aria-labelledby="sessions">
            <h2 id="sessions">{w.sessions}</h2>
            {refusal && <Refused refusal={refusal} />}
            <Shown of={loaded}>
                {(sessions) => (
                    <>
                        <Table
                            caption={w.sessionsCaption(sessions.length)}
                            columns={columns}
                            rows={sessions}
                            keyOf={(one) => one.id}
                        />
                        {sessions.length > 1 && (
                            <div class="actions">
                                <button
                                    type="button"
                                    disabled={isBusy}
                                    onClick={() => void end("/sessions/end-others", w.othersEnded)}
                                >
                                    {w.endOthers}
                                </button>
                            </div>
                        )}
                    </>
                )}
            </Shown>
        </section>
    );
}

export default function Account() {
    const w = accountWords.value;
    const loaded = useLoaded((signal) => get<Account>("/session", signal), "account");
    const [isAsking, ask] = useState(false);
    const [said, say] = useState("");
    return (
        <Page
            title={w.title}
            aside={
                <button type="button" onClick={() => ask(true)}>
                    {w.everywhere}
                </button>
            }
        >
            <p class="said" role="status">
                {said}
            </p>
            {isAsking && (
                <Confirm
                    title={w.everywhere}
                    action={w.everywhere}
                    close={() => ask(false)}
                    done={() => ask(false)}
                    run={() => closeSession(true)}
                >
                    <p>{w.everywhereAsk}</p>
                </Confirm>
            )}
            <Shown of={loaded}>
                {(account) => (
                    <div class="cards">
                        <Who of={account} />
                        <Grants of={account.grants} />
                        <Password login={account.login} done={() => say(w.changed)} />
                    </div>
                )}
            </Shown>
            <Sessions say={say} />
        </Page>
    );
}
