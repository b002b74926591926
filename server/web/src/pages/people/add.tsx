// A new person, or another grant for one who is there: the same fields but for the name.
import { useState } from "preact/hooks";
import { post } from "../../api";
import { labelOf, type Reference } from "../../reference";
import { roleWords } from "../../roles.words";
import { useAct } from "../../ui/act";
import { reach, type Role } from "../../session";
import { startOf } from "../../stockholm";
import { Dialog } from "../../ui/dialog";
import { FormActions } from "../../ui/form_actions";
import { Field, RefusedAsWhole } from "../../ui/field";
import { peopleWords } from "../people.words";
import type { Code, Person } from "./person";

const ROLES: Role[] = ["area_chief", "coordinator", "partner_viewer", "administrator", "auditor"];
const SHOWN = ["login", "name", "role", "organisation", "area", "from_ms", "to_ms"];

interface Props {
    to: Person | undefined; // undefined: a new one
    names: Reference;
    close: () => void;
    added: (code: Code, name: string) => void;
    granted: (person: Person) => void;
}

export function Add({ to, names, close, added, granted }: Props) {
    const w = peopleWords.value;
    const r = roleWords.value;
    const { isBusy, refusal, run } = useAct();
    const scopes = (list: "organisation" | "area", every: string) => {
        const reaches = reach(list, "administrator");
        return [
            ...names.of(list).filter((one) => reaches(one.id)),
            ...(reaches("*") ? [{ list, id: "*", name: every }] : []),
        ];
    };
    const organisations = scopes("organisation", r.everyOrganisation);
    const areas = scopes("area", r.everyArea);
    const [typed, setTyped] = useState({
        login: "",
        name: "",
        role: to ? (ROLES[0] as string) : "",
        organisation: organisations[0]?.id ?? "",
        area: areas[0]?.id ?? "",
        from: "",
        to: "",
    });
    const type = (name: keyof typeof typed) => (event: { currentTarget: HTMLInputElement | HTMLSelectElement }) =>
        setTyped({ ...typed, [name]: event.currentTarget.value });
    const grant = () => ({
        role: typed.role,
        organisation: typed.organisation,
        area: typed.area,
        ...(typed.from && { from_ms: startOf(typed.from) }),
        ...(typed.to && { to_ms: startOf(typed.to, 1) }),
    });
    const submit = (event: Event) => {
        event.preventDefault();
        void run(async () => {
            if (to) {
                await post(`/people/${encodeURIComponent(to.login)}/grants`, grant());
                granted(to);
            } else {
                const about = typed.role ? grant() : {};
                added(await post<Code>("/people", { login: typed.login, name: typed.name, ...about }), typed.name);
            }
        });
    };
    return (
        <Dialog title={to ? w.grantTo(to.name) : w.addTitle} onClose={close}>
            <form class="form" onSubmit={submit}>
                <RefusedAsWhole refusal={refusal} shown={SHOWN} />
                {!to && (
                    <div class="form-row">
                        <Field label={w.name} name="name" refusal={refusal}>
                            {(given) => <input {...given} required autocomplete="off" value={typed.name} onInput={type("name")} />}
                        </Field>
                        <Field label={w.login} name="login" hint={w.loginHint} refusal={refusal}>
                            {(given) => (
                                <input
                                    {...given}
                                    required
                                    autocomplete="off"
                                    autocapitalize="none"
                                    spellcheck={false}
                                    value={typed.login}
                                    onInput={type("login")}
                                />
                            )}
                        </Field>
                    </div>
                )}
                <Field label={w.role} name="role" hint={typed.role && r.may[typed.role as Role]} refusal={refusal}>
                    {(given) => (
                        <select {...given} value={typed.role} onChange={type("role")}>
                            {!to && <option value="">{w.noRole}</option>}
                            {ROLES.map((one) => (
                                <option key={one} value={one}>
                                    {r[one]}
                                </option>
                            ))}
                        </select>
                    )}
                </Field>
                {typed.role && (
                    <>
                        <div class="form-row">
                            <Field label={w.organisation} name="organisation" refusal={refusal}>
                                {(given) => (
                                    <select {...given} value={typed.organisation} onChange={type("organisation")}>
                                        {organisations.map((one) => (
                                            <option key={one.id} value={one.id}>
                                                {labelOf(one)}
                                            </option>
                                        ))}
                                    </select>
                                )}
                            </Field>
                            <Field label={w.area} name="area" refusal={refusal}>
                                {(given) => (
                                    <select {...given} value={typed.area} onChange={type("area")}>
                                        {areas.map((one) => (
                                            <option key={one.id} value={one.id}>
                                                {labelOf(one)}
                                            </option>
                                        ))}
                                    </select>
                                )}
                            </Field>
                        </div>
                        <div class="form-row">
                            <Field label={w.from} name="from_ms" hint={w.fromHint} refusal={refusal}>
                                {(given) => <input {...given} type="date" value={typed.from} onInput={type("from")} />}
                            </Field>
                            <Field label={w.to} name="to_ms" hint={w.toHint} refusal={refusal}>
                                {(given) => <input {...given} type="date" value={typed.to} onInput={type("to")} />}
                            </Field>
                        </div>
                    </>
                )}
                <FormActions action={to ? w.grant : w.addDo} isBusy={isBusy} close={close} />
            </form>
        </Dialog>
    );
}
