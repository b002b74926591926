// A device as the server lists it (server/read/devices.h).
export interface Device {
    device: string;
    name: string;
    name_kinds: string[];
    organisation: string;
    area: string;
    roles: string[];
    status: "active" | "retired" | "lost";
    revoked_ms: number | null;
    seen_ms: number | null;
    is_silent: boolean;
    waiting: number;
    waiting_since_ms: number | null;
    lost: number;
    forks: number;
    client: string;
    key: string | null;
    certificate_ends_ms: number | null;
}
