#!/usr/bin/env node
// Figures of the bench that are kept, and those of the last run beside them.
//
//   recorded.mjs record RESULTS DIRECTORY [PART]  keeps RESULTS as DIRECTORY/TIME-COMMIT.jsonl, or TIME-COMMIT-PART.jsonl
//   recorded.mjs compare RESULTS DIRECTORY        RESULTS beside what was kept last of each figure
//
// A change is called better or worse only where the two spreads do not touch. A ratio to a floor or a peer of the same run says more than
// the figure itself: what else the machine does slows both.
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fail, keptLast, key, read } from "./kept.mjs";

function record(results, directory, part) {
    const lines = read(results);
    const commit = lines[0].commit;
    if (!/^[0-9a-f]+$/.test(commit)) fail(`the figures are of ${commit}, which nobody can look up; commit, and measure again`);
    mkdirSync(directory, { recursive: true });
    const to = join(directory, `${new Date().toISOString().slice(0, 16).replace(":", "")}-${commit}${part ? `-${part}` : ""}.jsonl`);
    copyFileSync(results, to);
    console.log(`${lines.length} figures in ${to}`);
}

const HIGHER_IS_BETTER = new Set(["/s"]);
const LOWER_IS_BETTER = new Set(["ms", "us", "s", "B", "MiB", "MB", "KiB"]);

function judge(unit, before, now) {
    const [low, high] = before.spread ?? [before.value, before.value];
    const [nowLow, nowHigh] = now.spread ?? [now.value, now.value];
    const isMore = nowLow > high, isLess = nowHigh < low;
    if (!isMore && !isLess) return "";
    if (HIGHER_IS_BETTER.has(unit)) return isMore ? "better" : "worse";
    if (LOWER_IS_BETTER.has(unit)) return isMore ? "worse" : "better";
    return "changed";
}

const show = (value) => (value === undefined ? "-" : value < 100 ? value.toFixed(2) : Math.round(value).toLocaleString("en"));
const change = (before, now) => (before ? `${now >= before ? "+" : ""}${((100 * (now - before)) / before).toFixed(0)} %` : "");

function compare(results, directory) {
    const kept = keptLast(directory);
    const before = new Map(kept.map((one) => [key(one), one]));
    const now = read(results);
    console.log(`${kept.at(-1).commit} (${kept.at(-1).machine}), beside ${now[0].commit} (${now[0].machine})`);
    let scenario = "";
    for (const one of now) {
        if (one.scenario !== scenario) console.log(`\n${(scenario = one.scenario)}`.padEnd(51), ["then", "now", "change", "ratio then", "now"].map((head) => head.padStart(11)).join(""));
        const old = before.get(key(one));
        const cells = [show(old?.value), show(one.value), old ? change(old.value, one.value) : "new", show(old?.ratio), show(one.ratio)];
        console.log(`  ${`${one.metric} ${one.unit}`.padEnd(48)} ${cells.map((cell) => cell.padStart(11)).join("")}  ${old ? judge(one.unit, old, one) : ""}`.trimEnd());
    }
}

const [what, results, directory, part] = process.argv.slice(2);
if (what === "record" && directory) record(results, directory, part);
else if (what === "compare" && directory) compare(results, directory);
else fail("usage: recorded.mjs record RESULTS DIRECTORY [PART] | compare RESULTS DIRECTORY");
