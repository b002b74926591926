// One commitment: its shape, and the fields of that shape alone.
import { wordsOf } from "../../reference";
import { either } from "../../words";
import { promisesWords } from "../promises.words";
import { FilterForm } from "./filter";
import { Choice, Fold, namedOptions, optionsOf, Text, Tick, Ticks } from "./inputs";
import {
    idOf,
    PERS,
    reshaped,
    SHAPES,
    shapeOf,
    slug,
    type Commitment,
    type Filter,
    type PromiseDocument,
    type Shape,
} from "./promise";
import { Windows } from "./windows";

interface Props {
    index: number;
    area: string;
    of: Commitment;
    promise: PromiseDocument;
    isNew: boolean; // it may still be named
    put: (value: Commitment) => void;
    drop: () => void;
}

function Parts({ at, area, of, put }: { at: string; area: string; of: Filter[]; put: (value: Filter[]) => void }) {
    const w = promisesWords.value;
    return (
        <fieldset class="group" id={`at-${at}.consists_of`} tabIndex={-1}>
            <legend>{w.parts}</legend>
            <p class="quiet">{w.partsHint}</p>
            {of.map((part, index) => (
                <fieldset class="group" key={index}>
                    <legend>{w.partNumber(index + 1)}</legend>
                    <FilterForm
                        at={`${at}.consists_of[${index}]`}
                        area={area}
                        of={part}
                        kind={part.kind}
                        hasKind
                        put={(to) => put(of.map((one, each) => (each === index ? to : one)))}
                    />
                    {of.length > 1 && (
                        <button type="button" onClick={() => put(of.filter((_, each) => each !== index))}>
                            {w.dropNamed(w.partNumber(index + 1))}
                        </button>
                    )}
                </fieldset>
            ))}
            <button type="button" onClick={() => put([...of, { kind: "check" }])}>
                {w.addPart}
            </button>
        </fieldset>
    );
}

function Much({ at, shape, of, put }: { at: string; shape: Shape; of: Commitment; put: (value: Commitment) => void }) {
    const w = promisesWords.value;
    if (shape !== "at_least" && shape !== "rate") return null;
    return (
        <div class="form-row">
            <Text
                field={`${at}.target`}
                type="number"
                label={shape === "rate" ? w.targetEach : w.target}
                value={of.target}
                put={(target) => put({ ...of, target })}
            />
            {shape === "rate" && (
                <>
                    <Choice
                        field={`${at}.per`}
                        label={w.per}
                        value={of.per}
                        options={namedOptions(PERS, w.pers)}
                        put={(per) => put({ ...of, per })}
                    />
                    <Choice
                        field={`${at}.tolerance`}
                        label={w.tolerance}
                        value={of.tolerance}
                        none={w.strict}
                        options={[{ id: "about", label: w.average }]}
                        put={(tolerance) => put({ ...of, tolerance })}
                    />
                </>
            )}
        </div>
    );
}

function Who({
    at,
    of,
    promise,
    put,
}: {
    at: string;
    of: Commitment;
    promise: PromiseDocument;
    put: (value: Commitment) => void;
}) {
    const w = promisesWords.value;
    const organisations = optionsOf(wordsOf("organisation"));
    return (
        <Fold label={w.who} isFilled={!!of.owner || !!of.joint || !!of.with_all?.length}>
            <div class="form">
                <Choice
                    field={`${at}.owner`}
                    label={w.owner}
                    hint={w.ownerHint}
                    value={of.owner}
                    none={w.nobodyAlone}
                    options={organisations}
                    put={(owner) => put({ ...of, owner })}
                />
                {(promise.parties?.length ?? 0) > 1 && (
                    <Tick field={`${at}.joint`} label={w.joint} value={of.joint} put={(joint) => put({ ...of, joint })} />
                )}
                <Ticks
                    field={`${at}.with_all`}
                    label={w.withAll}
                    hint={w.withAllHint}
                    value={of.with_all}
                    options={organisations}
                    put={(with_all) => put({ ...of, with_all })}
                />
            </div>
        </Fold>
    );
}

function When({ at, of, put }: { at: string; of: Commitment; put: (value: Commitment) => void }) {
    const w = promisesWords.value;
    return (
        <Fold label={w.season} isFilled={!!of.season?.from || !!of.season?.to}>
            <div class="form-row">
                <Text
                    field={`${at}.season.from`}
                    label={w.seasonFrom}
                    hint={w.seasonHint}
                    value={of.season?.from}
                    put={(from) => put({ ...of, season: { ...of.season, from } })}
                />
                <Text
                    field={`${at}.season.to`}
                    label={w.seasonTo}
                    value={of.season?.to}
                    put={(to) => put({ ...of, season: { ...of.season, to } })}
                />
            </div>
        </Fold>
    );
}

export function CommitmentForm({ index, area, of, promise, isNew, put, drop }: Props) {
    const w = promisesWords.value;
    const at = `commitments[${index}]`;
    const shape = shapeOf(of);
    const title = either(of.title_sv, of.title_en).text || w.commitmentNumber(index + 1);
    const hasKind = shape !== "campaign" && shape !== "presence" && shape !== "actions_closed";
    const kind = hasKind
        ? of.kind
        : shape === "presence"
          ? "visible_patrol"
          : shape === "actions_closed"
            ? "safety_walk"
            : undefined;
    const walks = (promise.commitments ?? [])
        .filter((one) => one !== of && one.kind === "safety_walk")
        .map((one) => ({ id: idOf(one), label: either(one.title_sv, one.title_en).text || idOf(one) }));
    return (
        <section class="card" aria-labelledby={`${at}-title`} id={`at-${at}`} tabIndex={-1}>
            <h3 id={`${at}-title`}>{title}</h3>
            <div class="form">
                <div class="form-row">
                    <Text
                        field={`${at}.title_sv`}
                        label={w.titleSv}
                        value={of.title_sv}
                        put={(title_sv) => put({ ...of, title_sv })}
                    />
                    <Text
                        field={`${at}.title_en`}
                        label={w.titleEn}
                        value={of.title_en}
                        put={(title_en) => put({ ...of, title_en })}
                    />
                </div>
                <div class="form-row">
                    <Choice
                        field={`${at}.measure`}
                        label={w.shape}
                        hint={w.shapeHints[shape]}
                        value={shape}
                        options={namedOptions(SHAPES, w.shapes)}
                        put={(to) => put(reshaped(of, to as Shape))}
                    />
                    <Text
                        field={`${at}.id`}
                        label={w.id}
                        hint={isNew ? w.idHint : w.idFixed}
                        isFixed={!isNew}
                        placeholder={slug(of.title_sv ?? "")}
                        value={of.id}
                        put={(id) => put({ ...of, id })}
                    />
                </div>
                <Much at={at} shape={shape} of={of} put={put} />
                {shape === "actions_closed" && (
                    <Choice
                        field={`${at}.follows`}
                        label={w.follows}
                        value={of.follows}
                        options={walks}
                        put={(follows) => put({ ...of, follows })}
                    />
                )}
                {shape === "campaign" && (
                    <Parts at={at} area={area} of={of.consists_of ?? []} put={(consists_of) => put({ ...of, consists_of })} />
                )}
                {shape === "presence" && (
                    <>
                        <Windows at={at} area={area} of={of.windows ?? [{}]} put={(windows) => put({ ...of, windows })} />
                        <Ticks
                            field={`${at}.roles`}
                            label={w.roles}
                            hint={w.rolesHint}
                            value={of.roles}
                            options={optionsOf(wordsOf("role"))}
                            put={(roles) => put({ ...of, roles })}
                        />
                    </>
                )}
                <FilterForm at={at} area={area} of={of} kind={kind} hasKind={hasKind} put={(to) => put({ ...of, ...to })} />
                {(shape === "at_least" || shape === "once" || shape === "campaign" || shape === "rate") && (
                    <Fold label={w.among} isFilled={!!of.among_places?.length}>
                        <Ticks
                            field={`${at}.among_places`}
                            label={w.amongPlaces}
                            hint={w.amongHint}
                            value={of.among_places}
                            options={optionsOf(wordsOf("place", area))}
                            put={(among_places) => put({ ...of, among_places })}
                        />
                    </Fold>
                )}
                {shape !== "actions_closed" && <Who at={at} of={of} promise={promise} put={put} />}
                <When at={at} of={of} put={put} />
                <div class="actions">
                    <button type="button" class="danger" aria-label={w.dropNamed(title)} onClick={drop}>
                        {w.drop}
                    </button>
                </div>
            </div>
        </section>
    );
}
