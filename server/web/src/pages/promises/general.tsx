// What is said of the promise as a whole: titles, area, period, parties, sources, and how far it has come.
import { wordsOf } from "../../reference";
import { promisesWords } from "../promises.words";
import { Choice, Fold, namedOptions, optionsOf, Text, Ticks } from "./inputs";
import { LIVES, PHASES, slug, SOURCES, type PromiseDocument, type Step } from "./promise";

function Steps({ field, name, label, hint, of, options, put }: StepsProps) {
    const w = promisesWords.value;
    const change = (index: number, to: Step) => put(of.map((one, each) => (each === index ? to : one)));
    return (
        <fieldset class="group" id={`at-${field}`} tabIndex={-1}>
            <legend>{label}</legend>
            <p class="quiet">{hint}</p>
            {of.map((one, index) => (
                <div class="form-row" key={index}>
                    <Choice
                        field={`${field}[${index}].${name}`}
                        label={`${label} ${index + 1}`}
                        value={one[name]}
                        options={options}
                        put={(to) => change(index, { ...one, [name]: to })}
                    />
                    <Text
                        field={`${field}[${index}].entered`}
                        type="date"
                        label={w.entered}
                        value={one.entered}
                        put={(entered) => change(index, { ...one, entered })}
                    />
                    <button type="button" onClick={() => put(of.filter((_, each) => each !== index))}>
                        {w.dropNamed(`${label} ${index + 1}`)}
                    </button>
                </div>
            ))}
            <button type="button" onClick={() => put([...of, {}])}>
                {w.addStep(label)}
            </button>
        </fieldset>
    );
}
interface StepsProps {
    field: string;
    name: "state" | "phase";
    label: string;
    hint: string;
    of: Step[];
    options: { id: string; label: string }[];
    put: (value: Step[]) => void;
}

interface Props {
    area: string;
    of: PromiseDocument;
    isNew: boolean;
    areas: { id: string; label: string }[];
    put: (value: PromiseDocument) => void;
    putArea: (area: string) => void;
}

export function General({ area, of, isNew, areas, put, putArea }: Props) {
    const w = promisesWords.value;
    const sources = [...new Set([...SOURCES, ...(of.sources ?? [])])];
    return (
        <section class="card" aria-labelledby="general">
            <h2 id="general">{w.general}</h2>
            <div class="form">
                <div class="form-row">
                    <Text field="title_sv" label={w.titleSv} value={of.title_sv} put={(title_sv) => put({ ...of, title_sv })} />
                    <Text field="title_en" label={w.titleEn} value={of.title_en} put={(title_en) => put({ ...of, title_en })} />
                </div>
                <div class="form-row">
                    {isNew && <Choice field="area" label={w.area} value={area} options={areas} put={putArea} />}
                    <Text
                        field="id"
                        label={w.id}
                        hint={isNew ? w.idHint : w.idFixed}
                        isFixed={!isNew}
                        placeholder={slug(of.title_sv ?? "")}
                        value={of.id}
                        put={(id) => put({ ...of, id })}
                    />
                    <Text
                        field="period.from"
                        type="date"
                        label={w.firstDay}
                        value={of.period?.from}
                        put={(from) => put({ ...of, period: { ...of.period, from } })}
                    />
                    <Text
                        field="period.to"
                        type="date"
                        label={w.lastDay}
                        value={of.period?.to}
                        put={(to) => put({ ...of, period: { ...of.period, to } })}
                    />
                </div>
                <Ticks
                    field="parties"
                    label={w.parties}
                    hint={w.partiesHint}
                    value={of.parties}
                    options={optionsOf(wordsOf("organisation"))}
                    put={(parties) => put({ ...of, parties })}
                />
                <Fold label={w.background} isFilled={!!of.sources?.length || !!of.life?.length || !!of.phases?.length}>
                    <div class="form">
                        <Ticks
                            field="sources"
                            label={w.sources}
                            value={of.sources}
                            options={namedOptions(sources, w.sourceNames)}
                            put={(to) => put({ ...of, sources: to })}
                        />
                        <Steps
                            field="life"
                            name="state"
                            label={w.state}
                            hint={w.stateHint}
                            of={of.life ?? []}
                            options={namedOptions(LIVES, w.states)}
                            put={(life) => put({ ...of, life })}
                        />
                        <Steps
                            field="phases"
                            name="phase"
                            label={w.phase}
                            hint={w.phaseHint}
                            of={of.phases ?? []}
                            options={namedOptions(PHASES, w.phases)}
                            put={(phases) => put({ ...of, phases })}
                        />
                    </div>
                </Fold>
            </div>
        </section>
    );
}
