// Everything that the pages ask the server: JSON over fetch, refusals as Problem. Answers tell of persons, so no cache keeps
// them (no-store); the page itself remembers the last ones while it is open, and their ETags, so that whatever is asked again
// at each change and is the same is not sent again.
import { language } from "./words";

export interface Problem {
    status: number; // 0: the server was not reached
    code: string;
    title: string;
    title_sv: string;
    detail: string;
    detail_sv: string;
    field?: string;
}

export class Refusal extends Error {
    constructor(readonly problem: Problem) {
        super(problem.title);
    }
    // The same with words of the page's own.
    saying(text: string): Refusal {
        return new Refusal({ ...this.problem, title: text, title_sv: text, detail: "", detail_sv: "" });
    }
    // In the page's language, with the detail where it tells more than the title.
    get sentence(): string {
        const { title, title_sv, detail, detail_sv } = this.problem;
        const [said, more] = language.value === "sv" ? [title_sv, detail_sv] : [title, detail];
        return more && more !== said ? `${said} ${more}` : said;
    }
}

const UNREACHED: Problem = {
    status: 0,
    code: "unreached",
    title: "The server cannot be reached. What you wrote is still here; try again when you have a connection.",
    title_sv: "Servern går inte att nå. Det du skrivit finns kvar; försök igen när du har förbindelse.",
    detail: "",
    detail_sv: "",
};

async function problemOf(response: Response): Promise<Problem> {
    try {
        return (await response.json()) as Problem;
    } catch {
        return {
            status: response.status,
            code: "failed",
            title: `The server answered with ${response.status}.`,
            title_sv: `Servern svarade med ${response.status}.`,
            detail: "",
            detail_sv: "",
        };
    }
}

let csrf = "";
export function csrfIs(token: string): void {
    csrf = token;
}

export const ROOT = "/api/v1";
async function ask(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
        response = await fetch(ROOT + path, { credentials: "same-origin", ...init });
    } catch (error) {
        if (init.signal?.aborted) throw error;
        throw new Refusal(UNREACHED);
    }
    if (!response.ok && response.status !== 304) throw new Refusal(await problemOf(response));
    return response;
}

// Questions that a page asks by itself: by them nobody is there, and a session that nobody uses ends.
export const automatic = new WeakSet<AbortSignal>();

const REMEMBERED = 30;
const remembered = new Map<string, { tag: string; text: string }>(); // the one asked for last comes last

function remember(path: string, tag: string, text: string): void {
    remembered.delete(path);
    remembered.set(path, { tag, text });
    for (const oldest of remembered.keys()) {
        if (remembered.size <= REMEMBERED) return;
        remembered.delete(oldest);
    }
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
    const known = remembered.get(path);
    const headers = {
        ...(known && { "If-None-Match": known.tag }),
        ...(signal && automatic.has(signal) && { "X-Rond-Auto": "1" }),
    };
    const response = await ask(path, { signal: signal ?? null, headers });
    const text = known && response.status === 304 ? known.text : await response.text();
    const tag = response.headers.get("ETag");
    if (tag) remember(path, tag, text);
    return JSON.parse(text) as T;
}

// Whether the session's word for changes could be had anew: who logged in again, in another tab, has another one.
let renew = async (): Promise<boolean> => false;
export function renewBy(how: () => Promise<boolean>): void {
    renew = how;
}

async function send<T>(path: string, body: object): Promise<T> {
    const response = await ask(path, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Rond-CSRF": csrf },
        body: JSON.stringify(body),
    });
    return (await response.json()) as T;
}

export async function post<T>(path: string, body: object = {}): Promise<T> {
    try {
        return await send<T>(path, body);
    } catch (error) {
        if (!(error instanceof Refusal) || error.problem.code !== "csrf_refused" || !(await renew())) throw error;
        return send<T>(path, body);
    }
}

const ALL_ROWS_MAX = 20_000;
const TOO_MANY: Problem = {
    status: 0,
    code: "too_many",
    title: "The list is longer than this page can show. Narrow it, or ask the operator for a file of all of it (rondctl).",
    title_sv: "Listan är längre än sidan kan visa. Begränsa urvalet, eller be driften om en fil med allt (rondctl).",
    detail: "",
    detail_sv: "",
};
// A text that is no JSON.
export async function getText(path: string, signal?: AbortSignal): Promise<string> {
    return (await ask(path, { signal: signal ?? null })).text();
}

export interface Page<T> {
    items: T[];
    next: number | null;
}

// A whole list, page by page. More rows than a page can show are refused: nothing is left out without a word.
export async function all<T>(path: string, signal?: AbortSignal, most = ALL_ROWS_MAX): Promise<T[]> {
    const rows: T[] = [];
    const mark = path.includes("?") ? "&" : "?";
    let after: number | null = 0;
    while (after !== null) {
        if (rows.length >= most) throw new Refusal(TOO_MANY);
        const page: Page<T> = await get<Page<T>>(`${path}${mark}limit=500&after=${after}`, signal);
        rows.push(...page.items);
        after = page.next;
    }
    return rows;
}

export function query(values: Record<string, string | number | undefined>): string {
    const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
    return given.length ? "?" + given.map(([name, value]) => `${name}=${encodeURIComponent(value!)}`).join("&") : "";
}
