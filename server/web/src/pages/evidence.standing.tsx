// How a commitment stands: the figure, its course over time, and its parts by period, time and place.
import { useMemo } from "preact/hooks";
import { get } from "../api";
import { number, plainDay } from "../format";
import { useLoaded } from "../load";
import { nameOf } from "../reference";
import { Chart, type ChartPoint } from "../ui/chart";
import { Silent, type SilentDevice } from "../ui/silent";
import { Refused } from "../ui/states";
import { Status } from "../ui/status";
import { either } from "../words";
import { Behind } from "./evidence.part";
import { evidenceWords } from "./evidence.words";

interface Period {
    period: string;
    count: number;
    person_minutes: number;
    covered_minutes: number;
    reports: number;
}
interface Window {
    place: string;
    days: string[];
    from: string;
    to: string;
    minutes: number;
    planned: number;
    planned_whole: number;
    kept: number;
    planned_minutes: number;
    covered_minutes: number;
    person_minutes: number;
}
export interface Commitment {
    commitment: string;
    title_sv: string;
    title_en: string;
    measure: string;
    per: string | null;
    owner: string | null;
    done: number;
    target_whole: number;
    status: string;
    summary_sv: string;
    summary_en: string;
    pace: { done: number; target: number; due_now: number; remaining: number; days_left: number; line: { day: string; due: number }[] } | null;
    forecast: { at_end: number; text_sv: string; text_en: string } | null;
    windows: Window[];
    periods: Period[];
    places: { place: string; name?: string; count: number; open: number; met?: boolean }[];
    silent: SilentDevice[];
    silent_count: number;
}
interface Course {
    points: { day: string; done: number; due: number | null }[];
    too_many: boolean;
}

function pointsOf(course: Course, of: Commitment): ChartPoint[] {
    const last = course.points[course.points.length - 1]?.day ?? "";
    const ahead = of.pace?.line.filter((one) => one.day > last) ?? [];
    return [...course.points, ...ahead.map((one) => ({ day: one.day, done: null, due: one.due }))];
}

function Curve({ of, path }: { of: Commitment; path: string }) {
    const w = evidenceWords.value;
    const loaded = useLoaded((signal) => get<Course>(`/commitments/${path}/course`, signal), path);
    const points = useMemo(() => (loaded.value ? pointsOf(loaded.value, of) : []), [loaded.value, of]);
    if (loaded.refusal && !loaded.value) return <Refused refusal={loaded.refusal} again={loaded.again} />;
    if (loaded.value?.too_many) return <p class="quiet">{w.tooMany}</p>;
    if (points.length < 2) return null;
    return <Chart points={points} target={of.pace?.target ?? of.target_whole} label={w.chart} />;
}

function Periods({ of }: { of: Commitment }) {
    const w = evidenceWords.value;
    const rows = of.periods.filter((one) => one.period && !/^w\d+$/.test(one.period));
    if (rows.length === 0) return null;
    return (
        <div class="table-wrap" role="region" aria-label={w.periods} tabIndex={0}>
            <table>
                <caption>{w.periods}</caption>
                <thead>
                    <tr>
                        <th scope="col">{w.period}</th>
                        <th scope="col" class="number">
                            {w.done}
                        </th>
                        <th scope="col" class="number">
                            {w.reportCount}
                        </th>
                    </tr>
                </thead>
                <tbody>
                    {rows.map((one) => (
                        <tr key={one.period}>
                            <th scope="row">{w.periodName(one.period)}</th>
                            <td class="number">{number(one.count)}</td>
                            <td class="number">
                                <Behind commitment={of.commitment} part={{ period: one.period }} of={number(one.reports)} name={w.periodName(one.period)} />
                            </td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}

export function windowName(of: Window): string {
    const days = of.days.map((day) => evidenceWords.value.days[day as "mon"]).join(", ");
    return `${nameOf("place", of.place)}, ${days} ${of.from}–${of.to}`;
}

function Windows({ of }: { of: Commitment }) {
    const w = evidenceWords.value;
    if (of.windows.length === 0) return null;
    return (
        <div class="table-wrap" role="region" aria-label={w.windows} tabIndex={0}>
            <table>
                <caption>{w.windows}</caption>
                <thead>
                    <tr>
                        <th scope="col">{w.window}</th>
                        <th scope="col" class="number">
                            {w.kept}
                        </th>
                        <th scope="col" class="number">
                            {w.covered}
                        </th>
                        <th scope="col" class="number">
                            {w.personMinutes}
                        </th>
                    </tr>
                </thead>
                <tbody>
                    {of.windows.map((one, index) => (
                        <tr key={index}>
                            <th scope="row">
                                {windowName(one)}
                            </th>
                            <td class="number">
                                <Behind commitment={of.commitment} part={{ period: `w${index}` }} of={w.ofTotal(number(one.kept), number(one.planned))} name={windowName(one)} />
                            </td>
                            <td class="number">{w.ofTotal(number(one.covered_minutes), number(one.planned_minutes))}</td>
                            <td class="number">{number(one.person_minutes)}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}

function Places({ of }: { of: Commitment }) {
    const w = evidenceWords.value;
    if (of.places.length === 0) return null;
    return (
        <div class="table-wrap" role="region" aria-label={w.places} tabIndex={0}>
            <table>
                <caption>{w.places}</caption>
                <thead>
                    <tr>
                        <th scope="col">{w.place}</th>
                        <th scope="col" class="number">
                            {w.there}
                        </th>
                        <th scope="col" class="number">
                            {w.open}
                        </th>
                    </tr>
                </thead>
                <tbody>
                    {of.places.map((one) => (
                        <tr key={one.place}>
                            <th scope="row">{nameOf("place", one.place)}</th>
                            <td class="number">
                                <Behind commitment={of.commitment} part={{ place: one.place }} of={number(one.count)} name={nameOf("place", one.place)} />
                            </td>
                            <td class="number">{number(one.open)}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}

export function Standing({ of, path }: { of: Commitment; path: string }) {
    const w = evidenceWords.value;
    const summary = either(of.summary_sv, of.summary_en);
    const forecast = of.forecast && either(of.forecast.text_sv, of.forecast.text_en);
    const last = of.pace?.line[of.pace.line.length - 1];
    return (
        <section class="card stack" aria-labelledby="standing">
            <div>
                <h2 id="standing">{w.standing}</h2>
                <p class="commitment-stand">
                    <span class="figure-big">
                        {of.target_whole ? w.ofTotal(number(of.done), number(of.target_whole)) : number(of.done)}
                    </span>
                    <Status status={of.status} />
                </p>
                <p lang={summary.lang}>{summary.text}</p>
                {of.pace && (
                    <p>
                        {/* of presence the sentence above says how many windows have been */}
                        {of.measure !== "presence" && `${w.dueNow(number(of.pace.due_now))} `}
                        {of.pace.remaining > 0 && `${w.remaining(number(of.pace.remaining), of.pace.days_left)} `}
                        {last && w.lastDay(plainDay(last.day))}
                    </p>
                )}
                {forecast && <p lang={forecast.lang}>{forecast.text}</p>}
                {of.owner && (
                    <p class="quiet">
                        {w.owner} {nameOf("organisation", of.owner)}
                    </p>
                )}
                <Silent devices={of.silent} count={of.silent_count} />
            </div>
            <Curve of={of} path={path} />
            <Periods of={of} />
            <Windows of={of} />
            <Places of={of} />
        </section>
    );
}
