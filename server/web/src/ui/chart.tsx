// What was done over time against the pace; the same as a table for whoever does not see it.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { number, plainDay } from "../format";
import { theme } from "../theme";
import { words } from "../words";
import { chartWords } from "./chart.words";

export interface ChartPoint {
    day: string; // "2015-05-08"
    done: number | null; // null: still to come
    due: number | null;
}

const seconds = (day: string) => Date.parse(day + "T00:00:00Z") / 1000;
const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function optionsOf(width: number, target: number): uPlot.Options {
    const locale = words.value.locale;
    const months = new Intl.DateTimeFormat(locale, { month: "short", timeZone: "UTC" });
    const days = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" });
    const axis = { stroke: colour("--ink"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
    return {
        width,
        height: 256,
        tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "UTC"),
        cursor: { show: false },
        legend: { show: false },
        scales: { y: { range: (_, __, most) => [0, Math.max(target, most, 1) * 1.08] } },
        axes: [
            {
                ...axis,
                space: 60,
                values: (_, splits, __, ___, apart) =>
                    splits.map((at) => (apart > 20 * 86_400 ? months : days).format(new Date(at * 1000))),
            },
            { ...axis, size: 46, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000], values: (_, splits) => splits.map(number) },
        ],
        series: [
            {},
            {
                stroke: colour("--accent"),
                width: 3,
                paths: uPlot.paths.stepped!({ align: 1 }),
                points: { show: false },
                fill: colour("--accent") + "22",
            },
            { stroke: colour("--ink"), width: 2, dash: [5, 4], points: { show: false }, spanGaps: true },
        ],
    };
}

export function Chart({ points, target, label }: { points: ChartPoint[]; target: number; label: string }) {
    const place = useRef<HTMLDivElement>(null);
    const shown = theme.value;
    const w = chartWords.value;
    useEffect(() => {
        const data: uPlot.AlignedData = [
            points.map((one) => seconds(one.day)),
            points.map((one) => one.done),
            points.map((one) => one.due),
        ];
        const box = place.current!;
        const draw = () => new uPlot(optionsOf(box.clientWidth, target), data, box);
        let chart = draw();
        const sizes = new ResizeObserver(([of]) => chart.setSize({ width: of!.contentRect.width, height: 256 }));
        sizes.observe(box);
        // The colours of a canvas do not follow by themselves.
        const system = matchMedia("(prefers-color-scheme: dark)");
        const again = () => {
            chart.destroy();
            chart = draw();
        };
        system.addEventListener("change", again);
        return () => {
            system.removeEventListener("change", again);
            sizes.disconnect();
            chart.destroy();
        };
    }, [points, target, shown, words.value.locale]);
    return (
        <figure class="figure-chart">
            <div class="chart" ref={place} role="img" aria-label={label} />
            <ul class="legend" aria-hidden="true">
                <li>
                    <svg viewBox="0 0 28 12">
                        <line class="stroke-done" x1="0" x2="28" y1="6" y2="6" />
                    </svg>
                    {w.done}
                </li>
                <li>
                    <svg viewBox="0 0 28 12">
                        <line class="stroke-due" x1="0" x2="28" y1="6" y2="6" />
                    </svg>
                    {w.due}
                </li>
            </ul>
            <details>
                <summary>{w.table}</summary>
                <table>
                    <caption>{label}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{w.day}</th>
                            <th scope="col" class="number">
                                {w.done}
                            </th>
                            <th scope="col" class="number">
                                {w.due}
                            </th>
                        </tr>
                    </thead>
                    <tbody>
                        {points.map((one) => (
                            <tr key={one.day}>
                                <th scope="row">{plainDay(one.day)}</th>
                                <td class="number">{one.done === null ? "–" : number(one.done)}</td>
                                <td class="number">{one.due === null ? "–" : number(one.due)}</td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            </details>
        </figure>
    );
}
