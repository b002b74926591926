// A person as the server lists them (server/read/people.h).
import type { FullGrant } from "../../ui/grant";

export interface Person {
    login: string;
    name: string;
    state: "active" | "locked" | "waiting" | "not_set_up";
    blocked_until_ms: number | null;
    second_factor: boolean;
    recovery_codes: number;
    failures: number;
    sessions: number;
    grants: FullGrant[];
}
export interface Code {
    login: string;
    code: string;
    expires_ms: number;
}
