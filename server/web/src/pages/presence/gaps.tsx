// Where and when nobody was seen: hours of the week that were always empty, and the promised times that were, one by one.
import { number, plainDay } from "../../format";
import { presenceWords } from "../presence.words";
import { clock, emptyStretches, type Gap, type Grid } from "./grid";

const AT_ONCE = 12;

function GapList({ of }: { of: Gap[] }) {
    const w = presenceWords.value;
    return (
        <ul class="gaps">
            {of.map((gap) => (
                <li key={`${gap.day} ${gap.opens}`}>{w.gap(w.days[gap.weekday], plainDay(gap.day), gap.opens, gap.closes)}</li>
            ))}
        </ul>
    );
}

function Times({ of }: { of: Grid }) {
    const w = presenceWords.value;
    if (of.gaps_count === 0) return <p class="done">{w.noGaps}</p>;
    const rest = of.gaps.slice(AT_ONCE);
    return (
        <>
            <p class="quiet">{w.gapsOf(number(of.gaps_count), number(of.planned))}</p>
            <GapList of={of.gaps.slice(0, AT_ONCE)} />
            {rest.length > 0 && (
                <details class="more">
                    <summary>{w.earlier(rest.length)}</summary>
                    <GapList of={rest} />
                </details>
            )}
            {of.gaps_count > of.gaps.length && <p class="quiet">{w.onlyLatest(number(of.gaps.length))}</p>}
        </>
    );
}

export function Gaps({ of }: { of: Grid }) {
    const w = presenceWords.value;
    const stretches = emptyStretches(of);
    return (
        <div class="stack">
            <h4>{w.gapsTitle}</h4>
            <div>
                <h5>{w.gapsTimes}</h5>
                <Times of={of} />
            </div>
            <div>
                <h5>{w.gapsHours}</h5>
                {stretches.length === 0 ? (
                    <p class="quiet">{w.noHours}</p>
                ) : (
                    <ul class="gaps">
                        {stretches.map((one) => (
                            <li key={`${one.day}${one.from}`}>{w.stretch(w.days[one.day], clock(one.from), clock(one.to), one.times)}</li>
                        ))}
                    </ul>
                )}
            </div>
        </div>
    );
}
