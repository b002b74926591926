#!/usr/bin/env node
// What is kept of the bench, drawn: the last figures of each scenario in DIRECTORY (docs/bench), as SVG beside them, by gnuplot; and the
// table of docs/performance.md, between its two marks.
//
//   plots.mjs DIRECTORY DOCUMENT
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail, keptLast } from "./kept.mjs";

const number = (value) => (value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en"));
const quoted = (text) => `"${text.replace(/["\\]/g, "")}"`;

// ---- Drawing ----

// One picture: `before` are gnuplot's settings, `series` [{title, rows, style}] of rows of numbers and quoted texts.
function draw(path, title, before, series) {
    const blocks = series.map((one, i) => `$d${i} << EOD\n${one.rows.map((row) => row.join(" ")).join("\n")}\nEOD\n`).join("");
    const plots = series.map((one, i) => `$d${i} using ${one.using} with ${one.style} title ${quoted(one.title)}`).join(", \\\n  ");
    const script =
        `set terminal svg size 760,420 dynamic font "sans-serif,13" background rgb "white"\nset output ${quoted(path)}\n` +
        `set title ${quoted(title)}\nset grid ytics lc rgb "#dddddd"\nset border 3\nset tics nomirror\nset key outside top center horizontal\n` +
        `set style fill solid 0.8\n${before}\n${blocks}plot ${plots}\n`;
    try {
        execFileSync("gnuplot", { input: script });
    } catch (error) {
        fail(error.code === "ENOENT" ? "gnuplot is not installed; run make bench-plots" : `gnuplot: ${error.stderr}`);
    }
}

const fitting = (figures, scenario, pattern) =>
    figures.filter((one) => one.scenario === scenario).flatMap((one) => {
        const match = pattern.exec(one.metric);
        return match ? [{ ...match.groups, value: one.value }] : [];
    });

// Of figures whose metric tells an x: a line for each name.
function lines(figures, scenario, pattern) {
    const by = new Map();
    for (const one of fitting(figures, scenario, pattern)) by.set(one.name, [...(by.get(one.name) ?? []), one]);
    return [...by].map(([title, all]) => ({
        title,
        rows: all.map((one) => [Number(one.x.replaceAll(",", "")), one.value]).sort((a, b) => a[0] - b[0]),
        using: "1:2",
        style: "linespoints lw 2 pt 7 ps 0.6",
    }));
}

// Lying, so that their names have room.
const bars = (rows) =>
    rows.length
        ? [{ title: "", rows: rows.map(([name, value]) => [quoted(name), value]), using: "(0.5*$2):0:(0.5*$2):(0.35):yticlabels(1)", style: "boxxyerrorbars lc rgb '#2b6cb0'" }]
        : [];
const LYING = 'set yrange [*:*] reverse\nset xrange [0:*]\nset offsets 0, 0, 0.6, 0.6\nset grid noytics xtics lc rgb "#dddddd"\nunset key';

const PICTURES = [
    {
        file: "bytes.svg",
        title: "Bytes up a report, on the socket",
        before: 'set logscale xy\nset xlabel "reports in a batch"\nset ylabel "bytes"\nset yrange [10:400]',
        series: (figures) => lines(figures, "bytes", /^(?<name>.+), up, a report, batches of (?<x>\d+)$/),
    },
    {
        file: "latency.svg",
        title: "Acknowledged after, at parts of the greatest rate (50 devices, batches of 100)",
        before: 'set logscale y\nset xlabel "% of the greatest rate"\nset ylabel "ms"\nset xrange [0:100]',
        series: (figures) => lines(figures, "ingest latency", /^acknowledged, (?<name>p\d+), at (?<x>\d+) % of the greatest rate$/),
    },
    {
        file: "idle.svg",
        title: "Memory of the server beside idle connections",
        before: 'set xlabel "idle device connections"\nset ylabel "MiB"\nset yrange [0:*]\nunset key',
        series: (figures) => lines(figures, "idle", /^(?<name>server memory), (?<x>\d+) idle$/),
    },
    {
        file: "ratios.svg",
        title: "What is reached of the floor, where more is better",
        before: `${LYING}\nset xlabel "share of the floor"`,
        series: (figures) => bars(figures.filter((one) => one.floor && one.unit === "/s").map((one) => [`${one.metric}, ${one.scenario}`, one.ratio])),
    },
    {
        file: "growth.svg",
        title: "What one more report costs the server, by how many are stored",
        before: 'set logscale x\nset xlabel "stored reports"\nset ylabel "us of processor time"\nset yrange [0:*]\nunset key',
        series: (figures) => lines(figures, "growth", /^(?<name>server CPU of taking one in), (?<x>\d+) stored$/),
    },
    {
        file: "windows.svg",
        title: "200 reports acknowledged after, nothing lost, full handshake; and the floor",
        before: 'set logscale y\nset ylabel "s"\nset style data histogram\nset style histogram clustered gap 1\nset boxwidth 0.9',
        series: (figures) => {
            const of = figures.filter((one) => one.scenario === "windows" && / 0 % lost, full handshake: last acknowledgement$/.test(one.metric));
            const rows = (value) => of.map((one) => [quoted(one.metric.replace(/,.*/, "")), value(one)]);
            return of.length ? [["Rond", (one) => one.value], ["four round trips and the bytes", (one) => one.value / one.ratio]].map(([title, value]) => ({ title, rows: rows(value), using: "2:xtic(1)", style: "histograms" })) : [];
        },
    },
    {
        file: "peers.svg",
        title: "Durable reports a second, in the same run",
        before: `${LYING}\nset format x "%.0s%c"\nset xlabel "reports a second"`,
        series: (figures) => {
            const of = figures.filter((one) => one.scenario === "peers" && one.unit === "/s" && one.peer);
            return of.length ? bars([["Rond", of[0].value], ...of.map((one) => [one.peer.name, one.peer.value])]) : [];
        },
    },
];

// ---- The table ----

const MARKS = ["<!-- figures: make bench-plots -->", "<!-- end of figures -->"];

function table(figures) {
    const rows = figures.map((one) => {
        const beside = one.floor ?? one.peer;
        const spread = one.spread ? ` (${number(one.spread[0])} to ${number(one.spread[1])})` : "";
        return `| ${one.scenario} | ${one.metric} | ${number(one.value)}${spread} ${one.unit} | ${beside ? `${number(beside.value)} (${beside.name})` : ""} | ${beside ? one.ratio.toFixed(2) : ""} |`;
    });
    return ["| scenario | what | median (range) | floor or peer | ratio |", "| --- | --- | ---: | ---: | ---: |", ...rows].join("\n");
}

function replaceTable(path, text) {
    const document = readFileSync(path, "utf8");
    const [from, to] = MARKS.map((mark) => document.indexOf(mark));
    if (from < 0 || to < from) fail(`${path} has no place for the table: ${MARKS.join(" … ")}`);
    writeFileSync(path, `${document.slice(0, from + MARKS[0].length)}\n\n${text}\n\n${document.slice(to)}`);
}

const [directory, document] = process.argv.slice(2);
if (!document) fail("usage: plots.mjs DIRECTORY DOCUMENT");
const figures = keptLast(directory);
for (const picture of PICTURES) {
    const series = picture.series(figures);
    if (series.length === 0) continue;
    draw(join(directory, picture.file), picture.title, picture.before, series);
    console.log(join(directory, picture.file));
}
replaceTable(document, table(figures.filter((one) => one.ratio !== undefined)));
console.log(document);
