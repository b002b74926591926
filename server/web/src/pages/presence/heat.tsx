// The heat map of one place: a table, whose cells say in figures what their shade says.
import { number } from "../../format";
import { Table } from "../../ui/table";
import { partLink } from "../evidence.part";
import { presenceWords } from "../presence.words";
import { clock, DAYS, hoursOf, levelOf, shareOf, type Cell, type Grid, type Level } from "./grid";

const LEVELS: Level[] = ["none", "low", "mid", "full"];

function sentence(cell: Cell): string {
    const w = presenceWords.value;
    return w.cell(number(cell.covered_minutes), number(cell.promised_minutes), number(cell.seen), cell.times);
}

function HeatCell({ of, to }: { of: Cell | undefined; to: (cell: Cell) => string }) {
    const w = presenceWords.value;
    if (!of)
        return (
            <td class="heat-off">
                <span class="unseen">{w.notPromised}</span>
            </td>
        );
    const level = levelOf(of);
    return (
        <td class={`heat heat-${level}`} title={sentence(of)}>
            {level === "none" ? (
                <>
                    <span aria-hidden="true">✕</span>
                    <span class="unseen">{`${w.nobody}, ${sentence(of)}`}</span>
                </>
            ) : (
                <a href={to(of)}>
                    {w.percent(shareOf(of))}
                    <span class="unseen">{`, ${sentence(of)}`}</span>
                </a>
            )}
        </td>
    );
}

// days: the period that the grid is of.
export function Heat({ of, place, days }: { of: Grid; place: string; days: { from: string; to: string } }) {
    const w = presenceWords.value;
    const to = (cell: Cell) => partLink(of.commitment, { place: of.place, weekday: cell.day, hour: String(cell.hour % 24), ...days }, "counted");
    const cells = new Map(of.cells.map((cell) => [`${cell.day}${cell.hour}`, cell]));
    const label = w.caption(place);
    return (
        <div class="table-wrap" role="region" aria-label={label} tabIndex={0}>
            <table class="heat-map">
                <caption>{label}</caption>
                <thead>
                    <tr>
                        <th scope="col">{w.hour}</th>
                        {DAYS.map((day) => (
                            <th scope="col" key={day}>
                                <span aria-hidden="true">{w.short[day]}</span>
                                <span class="unseen">{w.days[day]}</span>
                            </th>
                        ))}
                    </tr>
                </thead>
                <tbody>
                    {hoursOf(of).map((hour) => (
                        <tr key={hour}>
                            <th scope="row">{clock(hour)}</th>
                            {DAYS.map((day) => (
                                <HeatCell key={day} of={cells.get(`${day}${hour}`)} to={to} />
                            ))}
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}

export function Legend() {
    const w = presenceWords.value;
    const samples: Record<Level, string> = { none: "✕", low: w.percent(20), mid: w.percent(70), full: w.percent(100) };
    return (
        <ul class="legend">
            {LEVELS.map((level) => (
                <li key={level}>
                    <span class={`heat heat-${level}`} aria-hidden="true">
                        {samples[level]}
                    </span>{" "}
                    {w.legend[level]}
                </li>
            ))}
        </ul>
    );
}

export function Figures({ of, place }: { of: Grid; place: string }) {
    const w = presenceWords.value;
    return (
        <details class="more">
            <summary>{w.figures}</summary>
            <Table
                caption={`${w.figures}, ${place}`}
                rows={of.cells}
                keyOf={(cell) => `${cell.day}${cell.hour}`}
                columns={[
                    { label: w.day, isHead: true, cell: (cell) => `${w.days[cell.day]} ${clock(cell.hour)}` },
                    { label: w.times, isNumber: true, cell: (cell) => number(cell.times) },
                    { label: w.seen, isNumber: true, cell: (cell) => number(cell.seen) },
                    { label: w.promised, isNumber: true, cell: (cell) => number(cell.promised_minutes) },
                    { label: w.covered, isNumber: true, cell: (cell) => number(cell.covered_minutes) },
                    { label: w.persons, isNumber: true, cell: (cell) => (cell.person_minutes === null ? w.rough : number(cell.person_minutes)) },
                ]}
            />
        </details>
    );
}
