import { useState } from "preact/hooks";
import { post } from "../../api";
import { commitmentName, type Promised } from "../../promised";
import type { Reference } from "../../reference";
import { useAct } from "../../ui/act";
import { reach } from "../../session";
import { Dialog } from "../../ui/dialog";
import { FormActions } from "../../ui/form_actions";
import { Choices, Field, RefusedAsWhole } from "../../ui/field";
import { optionsOf, Select } from "../../ui/select";
import { planningWords } from "../planning.words";
import { WORDS_OF } from "./activity";

const SHOWN = ["area", "kind", "of", "title", "place", "from", "to", "organisations", "commitment"];

interface Props {
    names: Reference;
    promises: Promised[];
    close: () => void;
    planned: (reference: string) => void;
}

export function Plan({ names, promises, close, planned }: Props) {
    const w = planningWords.value;
    const { isBusy, refusal, run } = useAct();
    const areas = names.of("area").filter((one) => reach("area", "area_chief", "coordinator")(one.id));
    const [typed, setTyped] = useState({ area: areas[0]?.id ?? "", kind: "check", of: "", title: "", place: "", from: "", to: "", commitment: "" });
    const [organisations, setOrganisations] = useState<string[]>([]);
    const set = (name: keyof typeof typed) => (value: string) => setTyped({ ...typed, [name]: value });
    const type = (name: keyof typeof typed) => (event: { currentTarget: HTMLInputElement }) => set(name)(event.currentTarget.value);
    const setFrom = (event: { currentTarget: HTMLInputElement }) => {
        const from = event.currentTarget.value;
        // An end on the same day, so that it is not a day off by a slip.
        setTyped({ ...typed, from, to: typed.to || from });
    };
    const wordsOf = WORDS_OF[typed.kind];
    const commitments = promises
        .filter((one) => one.area === typed.area)
        .flatMap((one) => one.commitments.map((each) => ({ id: each.commitment, label: commitmentName(each, one).text })));
    const submit = (event: Event) => {
        event.preventDefault();
        void run(async () => {
            const { area, kind, title, from, to } = typed;
            const optional = {
                ...(wordsOf && typed.of && { of: typed.of }),
                ...(typed.place && { place: typed.place }),
                ...(typed.commitment && { commitment: typed.commitment }),
            };
            const answer = await post<{ activity: string }>("/activities", { area, kind, title, from, to, organisations, ...optional });
            planned(answer.activity);
        });
    };
    return (
        <Dialog title={w.planTitle} onClose={close}>
            <form class="form" onSubmit={submit}>
                <RefusedAsWhole refusal={refusal} shown={SHOWN} />
                <div class="form-row">
                    <Field label={w.kind} name="kind" refusal={refusal}>
                        {(given) => (
                            <Select
                                given={given}
                                value={typed.kind}
                                options={Object.entries(w.kinds).map(([id, label]) => ({ id, label }))}
                                choose={(kind) => setTyped({ ...typed, kind, of: "" })}
                            />
                        )}
                    </Field>
                    {wordsOf && (
                        <Field label={w.of} name="of" refusal={refusal}>
                            {(given) => (
                                <Select given={given} value={typed.of} none={w.anyOf} options={optionsOf(names.of(wordsOf))} choose={set("of")} />
                            )}
                        </Field>
                    )}
                </div>
                <Field label={w.name} name="title" hint={w.nameHint} refusal={refusal}>
                    {(given) => <input {...given} required maxLength={200} autocomplete="off" value={typed.title} onInput={type("title")} />}
                </Field>
                <div class="form-row">
                    <Field label={w.area} name="area" refusal={refusal}>
                        {(given) => (
                            <Select
                                given={given}
                                value={typed.area}
                                options={optionsOf(areas)}
                                choose={(area) => setTyped({ ...typed, area, place: "", commitment: "" })}
                            />
                        )}
                    </Field>
                    <Field label={w.place} name="place" refusal={refusal}>
                        {(given) => (
                            <Select
                                given={given}
                                value={typed.place}
                                none={w.noPlace}
                                options={optionsOf(names.of("place").filter((one) => one.area === typed.area))}
                                choose={set("place")}
                            />
                        )}
                    </Field>
                </div>
                <div class="form-row">
                    <Field label={w.from} name="from" hint={w.timeHint} refusal={refusal}>
                        {(given) => <input {...given} type="datetime-local" required value={typed.from} onChange={setFrom} />}
                    </Field>
                    <Field label={w.to} name="to" refusal={refusal}>
                        {(given) => <input {...given} type="datetime-local" required value={typed.to} onInput={type("to")} />}
                    </Field>
                </div>
                <Choices
                    label={w.organisations}
                    name="organisations"
                    refusal={refusal}
                    options={optionsOf(names.of("organisation"))}
                    chosen={organisations}
                    choose={setOrganisations}
                />
                <Field label={w.commitment} name="commitment" refusal={refusal}>
                    {(given) => (
                        <Select
                            given={given}
                            value={typed.commitment}
                            none={w.anyCommitment}
                            options={commitments}
                            choose={set("commitment")}
                        />
                    )}
                </Field>
                <FormActions action={w.planDo} isBusy={isBusy} close={close} />
            </form>
        </Dialog>
    );
}
