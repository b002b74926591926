// Promised presence: place, weekdays, hours, and the minutes in each.
import { wordsOf } from "../../reference";
import { promisesWords } from "../promises.words";
import { Choice, namedOptions, optionsOf, Text, Ticks } from "./inputs";
import { DAYS, type Window } from "./promise";

interface Props {
    at: string;
    area: string;
    of: Window[];
    put: (value: Window[]) => void;
}

export function Windows({ at, area, of, put }: Props) {
    const w = promisesWords.value;
    const change = (index: number, to: Window) => put(of.map((one, each) => (each === index ? to : one)));
    return (
        <fieldset class="group" id={`at-${at}.windows`} tabIndex={-1}>
            <legend>{w.windows}</legend>
            <p class="quiet">{w.windowsHint}</p>
            {of.map((one, index) => {
                const path = `${at}.windows[${index}]`;
                return (
                    <fieldset class="group" key={index} id={`at-${path}`} tabIndex={-1}>
                        <legend>{w.windowNumber(index + 1)}</legend>
                        <div class="form-row">
                            <Choice
                                field={`${path}.place`}
                                label={w.place}
                                value={one.place}
                                options={optionsOf(wordsOf("place", area))}
                                put={(place) => change(index, { ...one, place })}
                            />
                            <Text
                                field={`${path}.from`}
                                type="time"
                                label={w.from}
                                value={one.from}
                                put={(from) => change(index, { ...one, from })}
                            />
                            <Text
                                field={`${path}.to`}
                                type="time"
                                label={w.to}
                                value={one.to}
                                put={(to) => change(index, { ...one, to })}
                            />
                            <Text
                                field={`${path}.minutes`}
                                type="number"
                                label={w.minutes}
                                value={one.minutes}
                                put={(minutes) => change(index, { ...one, minutes })}
                            />
                        </div>
                        <Ticks
                            field={`${path}.days`}
                            label={w.weekdays}
                            value={one.days}
                            options={namedOptions(DAYS, w.days)}
                            put={(days) => change(index, { ...one, days: DAYS.filter((day) => days.includes(day)) })}
                        />
                        {of.length > 1 && (
                            <button type="button" onClick={() => put(of.filter((_, each) => each !== index))}>
                                {w.dropNamed(w.windowNumber(index + 1))}
                            </button>
                        )}
                    </fieldset>
                );
            })}
            <button type="button" onClick={() => put([...of, {}])}>
                {w.addWindow}
            </button>
        </fieldset>
    );
}
