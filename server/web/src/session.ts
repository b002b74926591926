// Who is logged in, and what for.
import { signal } from "@preact/signals";
import { csrfIs, get, post, Refusal, renewBy } from "./api";
import { listen, stopListening } from "./live";

export type Role = "administrator" | "area_chief" | "coordinator" | "partner_viewer" | "auditor";
export interface Grant {
    number: number;
    role: Role;
    organisation: string;
    area: string;
    to: string | null;
    valid: boolean;
}
export interface Session {
    login: string;
    name: string;
    csrf: string;
    map: { tiles: string; attribution: string; zooms: { first: number; last: number } | null } | null; // null: the map has no ground
    grants: Grant[];
}

export const session = signal<Session | undefined>(undefined);
export const sessionRefusal = signal<Refusal | undefined>(undefined);

// Whoever opens a page and is not logged in goes to the log-in, and comes back to the same page.
const WHERE = "rond.where";
function logIn(): void {
    sessionStorage.setItem(WHERE, location.hash);
    location.assign("/login");
}
function goBack(): void {
    const where = sessionStorage.getItem(WHERE);
    sessionStorage.removeItem(WHERE);
    if (where && !location.hash) location.hash = where;
}

export async function openSession(): Promise<void> {
    sessionRefusal.value = undefined;
    try {
        const found = await get<Session>("/session");
        csrfIs(found.csrf);
        goBack();
        session.value = found;
        listen();
    } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        if (error.problem.code === "not_logged_in") logIn();
        else sessionRefusal.value = error;
    }
}

// The same person only: what somebody filled in is not sent in another's name.
renewBy(async () => {
    const found = await get<Session>("/session");
    if (found.login !== session.value?.login) return false;
    csrfIs(found.csrf);
    session.value = found;
    return true;
});

export async function closeSession(everywhere: boolean): Promise<void> {
    try {
        await post(everywhere ? "/session/end-all" : "/session/end");
    } catch (error) {
        if (!(error instanceof Refusal) || error.problem.code !== "not_logged_in") throw error; // it has ended already
    }
    stopListening();
    location.assign("/login");
}

const covers = (granted: string, asked: string) => granted === "*" || granted === asked;
const valid = (roles: Role[]) => session.value?.grants.filter((grant) => grant.valid && roles.includes(grant.role)) ?? [];

// Where a role reaches what is in its area, whichever organisation's it is.
export function mayIn(area: string, ...roles: Role[]): boolean {
    return valid(roles).some((grant) => covers(grant.area, area));
}

// Where it reaches its own organisation's things only.
export function mayFor(organisation: string, area: string, ...roles: Role[]): boolean {
    return valid(roles).some((grant) => covers(grant.organisation, organisation) && covers(grant.area, area));
}

export function mayAs(...roles: Role[]): boolean {
    return valid(roles).length > 0;
}

// Who looks after the whole installation.
export function mayAll(role: Role): boolean {
    return valid([role]).some((grant) => grant.organisation === "*" && grant.area === "*");
}

// Whether there may be a promise that this person writes, saved by them or not.
export const writesPromises = () => mayAll("administrator") || mayAs("area_chief", "coordinator");

// For which organisations or areas ("*": every one) a role was granted.
export function reach(of: "organisation" | "area", ...roles: Role[]): (id: string) => boolean {
    const granted = (session.value?.grants ?? []).filter((grant) => grant.valid && roles.includes(grant.role)).map((grant) => grant[of]);
    return (id) => granted.includes("*") || granted.includes(id);
}
