// Reports into SQLite, as many in a transaction as came while the one before was under way. The sqlite3 of the system does it: the library
// that rondd is linked with, and no module to compile.
import { execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { words } from "./house.mjs";

export class SqliteSink {
    #waiting = []; // {body, ...}
    #underWay = null;
    #onCommitted;
    rows = 0;

    // onCommitted is given what was added, once it is committed, that is after its fdatasync (write-ahead log, synchronous = FULL).
    constructor(file, trace, onCommitted) {
        const [program, ...rest] = words(["sqlite3", "-batch", "-bail", file], { trace });
        this.shell = spawn(program, rest, { stdio: ["pipe", "pipe", "inherit"] });
        this.shell.once("exit", (status) => process.exit(status ?? 1));
        this.#onCommitted = onCommitted;
        createInterface({ input: this.shell.stdout }).on("line", (line) => this.#read(line));
        this.shell.stdin.write("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;\n");
        this.shell.stdin.write("CREATE TABLE reports (id TEXT PRIMARY KEY, body TEXT NOT NULL);\n");
    }

    add(item) {
        this.#waiting.push(item);
        if (!this.#underWay) setImmediate(() => this.#commit());
    }

    #commit() {
        if (this.#underWay || this.#waiting.length === 0) return;
        this.#underWay = this.#waiting;
        this.#waiting = [];
        const array = `[${this.#underWay.map((item) => item.body).join(",")}]`.replaceAll("'", "''");
        this.shell.stdin.write(`INSERT OR IGNORE INTO reports SELECT value->>'id', value FROM json_each('${array}');\n`);
        this.shell.stdin.write("SELECT 'committed', changes();\n");
    }

    #read(line) {
        const [word, rows] = line.split("|");
        if (word !== "committed") return;
        this.rows += Number(rows);
        const done = this.#underWay;
        this.#underWay = null;
        this.#onCommitted(done);
        this.#commit();
    }
}

export function sqliteIds(file) {
    return execFileSync("sqlite3", ["-batch", file, "SELECT id FROM reports;"], { encoding: "utf8", maxBuffer: 2 ** 30 }).trim().split("\n");
}
