// Figures of the bench: a file of them, and those that are kept.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const fail = (sentence) => {
    console.error(`bench: ${sentence}`);
    process.exit(2);
};

export function read(path) {
    let text;
    try {
        text = readFileSync(path, "utf8");
    } catch {
        fail(`there is no ${path}; run make bench`);
    }
    return text.trim().split("\n").map((line, index) => {
        try {
            return JSON.parse(line);
        } catch {
            return fail(`${path}:${index + 1}: is no JSON`);
        }
    });
}

export const key = (one) => `${one.scenario}\n${one.metric}`;

// Each figure as it was kept last, in the order in which they were first kept: parts of the bench may be kept apart.
export function keptLast(directory) {
    const names = readdirSync(directory).filter((name) => name.endsWith(".jsonl")).sort();
    if (names.length === 0) fail(`nothing is kept in ${directory}; run make bench-record`);
    const last = new Map();
    for (const name of names) for (const one of read(join(directory, name))) last.set(key(one), one);
    return [...last.values()];
}
