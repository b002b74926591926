import { useState } from "preact/hooks";
import { post } from "../../api";
import { useAct } from "../../ui/act";
import { Field, RefusedAsWhole } from "../../ui/field";
import { accountWords } from "../account.words";

export function Password({ login, done }: { login: string; done: () => void }) {
    const w = accountWords.value;
    const { isBusy, refusal, run } = useAct();
    const [typed, setTyped] = useState({ present: "", another: "", again: "" });
    const [differ, setDiffer] = useState(false);
    const type = (name: keyof typeof typed) => (event: { currentTarget: HTMLInputElement }) =>
        setTyped({ ...typed, [name]: event.currentTarget.value });
    const change = async (event: Event) => {
        event.preventDefault();
        setDiffer(typed.another !== typed.again);
        if (typed.another !== typed.again) return;
        if (await run(() => post("/session/password", { password: typed.present, new_password: typed.another }))) {
            setTyped({ present: "", another: "", again: "" });
            done();
        }
    };
    return (
        <section aria-labelledby="password" class="card">
            <h2 id="password">{w.password}</h2>
            <form class="form" onSubmit={(event) => void change(event)}>
                <RefusedAsWhole refusal={refusal} shown={["password", "new_password"]} />
                {/* For what keeps passwords: whose it is. */}
                <input class="unseen" type="text" autocomplete="username" value={login} readOnly tabIndex={-1} aria-hidden="true" />
                <Field label={w.present} name="password" refusal={refusal}>
                    {(given) => (
                        <input
                            {...given}
                            type="password"
                            autocomplete="current-password"
                            required
                            value={typed.present}
                            onInput={type("present")}
                        />
                    )}
                </Field>
                <Field label={w.another} name="new_password" hint={w.anotherHint} refusal={refusal}>
                    {(given) => (
                        <input
                            {...given}
                            type="password"
                            autocomplete="new-password"
                            required
                            value={typed.another}
                            onInput={type("another")}
                        />
                    )}
                </Field>
                <Field label={w.again} name="again" hint={differ && <span class="fault" role="alert">{w.notSame}</span>} refusal={refusal}>
                    {(given) => (
                        <input
                            {...given}
                            type="password"
                            autocomplete="new-password"
                            required
                            value={typed.again}
                            onInput={type("again")}
                        />
                    )}
                </Field>
                <button type="submit" class="primary" disabled={isBusy}>
                    {w.change}
                </button>
            </form>
        </section>
    );
}
