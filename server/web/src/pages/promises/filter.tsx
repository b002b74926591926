// Which reports count: the kind, its words, places, and conditions on any detail.
import { useReference, wordsOf } from "../../reference";
import { promisesWords } from "../promises.words";
import { Choice, Fold, namedOptions, optionsOf, Text, Tick, Ticks } from "./inputs";
import { DETAILS, KINDS, WORDS_OF, type Filter } from "./promise";

interface Props {
    at: string; // its path in the promise
    area: string;
    of: Filter;
    kind: string | undefined; // that it has, or that its measure implies
    hasKind: boolean;
    put: (value: Filter) => void;
}

function Detail({ at, area, field, words, put, drop }: DetailProps) {
    const w = promisesWords.value;
    const detail = DETAILS.find((one) => one.field === field);
    const label = w.details[field] ?? field;
    return (
        <div class="detail">
            {detail?.list ? (
                <Ticks
                    field={`${at}.where.${field}`}
                    label={label}
                    hint={w.anyOfThese}
                    value={words}
                    options={optionsOf(wordsOf(detail.list, area))}
                    put={put}
                />
            ) : (
                <Text field={`${at}.where.${field}`} label={label} value={words[0]} put={(value) => put(value ? [value] : [])} />
            )}
            <button type="button" onClick={drop}>
                {w.dropNamed(label)}
            </button>
        </div>
    );
}
interface DetailProps {
    at: string;
    area: string;
    field: string;
    words: string[];
    put: (words: string[]) => void;
    drop: () => void;
}

function Details({ at, area, of, kind, put }: Props) {
    const w = promisesWords.value;
    const where = of.where ?? {};
    const shown = Object.keys(where).filter((field) =>
        DETAILS.some((one) => one.field === field && (!one.kind || one.kind === kind)),
    );
    const free = DETAILS.filter((one) => (!one.kind || one.kind === kind) && !(one.field in where));
    const change = (field: string, words: string[] | undefined) => {
        const { [field]: _, ...rest } = where;
        put({ ...of, where: words ? { ...where, [field]: words } : rest });
    };
    return (
        <div class="form">
            {shown.map((field) => (
                <Detail
                    key={field}
                    at={at}
                    area={area}
                    field={field}
                    words={where[field] ?? []}
                    put={(words) => change(field, words)}
                    drop={() => change(field, undefined)}
                />
            ))}
            {free.length > 0 && (
                <Choice
                    field={`${at}.where`}
                    label={w.addDetail}
                    hint={w.detailHint}
                    value=""
                    none={w.chooseDetail}
                    options={namedOptions(
                        free.map((one) => one.field),
                        w.details,
                    )}
                    put={(field) => field && change(field, [])}
                />
            )}
        </div>
    );
}

export function FilterForm(props: Props) {
    const { at, area, of, kind, hasKind, put } = props;
    const w = promisesWords.value;
    useReference();
    const words = kind ? WORDS_OF[kind] : undefined;
    return (
        <>
            <div class="form-row">
                {hasKind && (
                    <Choice
                        field={`${at}.kind`}
                        label={w.kind}
                        value={of.kind}
                        options={namedOptions(KINDS, w.kinds)}
                        put={(to) => put({ ...of, kind: to })}
                    />
                )}
                {words && (
                    <Choice
                        field={`${at}.of`}
                        label={w.of}
                        value={of.of}
                        none={w.any}
                        options={optionsOf(wordsOf(words))}
                        put={(to) => put({ ...of, of: to })}
                    />
                )}
                {kind === "check" && (
                    <Choice
                        field={`${at}.form`}
                        label={w.form}
                        value={of.form}
                        none={w.any}
                        options={optionsOf(wordsOf("form"))}
                        put={(to) => put({ ...of, form: to })}
                    />
                )}
                {kind === "meeting" && (
                    <Choice
                        field={`${at}.with`}
                        label={w.with}
                        value={of.with}
                        none={w.any}
                        options={optionsOf(wordsOf("counterpart"))}
                        put={(to) => put({ ...of, with: to })}
                    />
                )}
            </div>
            {kind === "campaign_handout" && (
                <>
                    <Ticks
                        field={`${at}.items`}
                        label={w.items}
                        hint={w.itemsHint}
                        value={of.items}
                        options={optionsOf(wordsOf("item"))}
                        put={(to) => put({ ...of, items: to })}
                    />
                    <Tick
                        field={`${at}.information`}
                        label={w.information}
                        value={of.information}
                        put={(to) => put({ ...of, information: to })}
                    />
                </>
            )}
            <Fold label={w.narrower} isFilled={!!of.places?.length || !!Object.keys(of.where ?? {}).length}>
                <div class="form">
                    <Ticks
                        field={`${at}.places`}
                        label={w.places}
                        hint={w.anyOfThese}
                        value={of.places}
                        options={optionsOf(wordsOf("place", area))}
                        put={(to) => put({ ...of, places: to })}
                    />
                    <Details {...props} />
                </div>
            </Fold>
        </>
    );
}
