// What somebody may: the role, for whom, where, since and until when.
import { day } from "../format";
import type { Reference } from "../reference";
import type { Role } from "../session";
import { roleWords } from "../roles.words";
import { words } from "../words";

export interface FullGrant {
    number: number;
    role: Role;
    organisation: string;
    area: string;
    from_ms: number;
    to_ms: number | null;
    valid: boolean;
}

export function grantText(grant: FullGrant, names: Reference): string {
    const r = roleWords.value;
    const organisation = grant.organisation === "*" ? r.everyOrganisation : names.name("organisation", grant.organisation);
    const area = grant.area === "*" ? r.everyArea : names.name("area", grant.area);
    return `${r[grant.role]}: ${organisation}, ${area}`;
}

export function GrantLine({ of, names }: { of: FullGrant; names: Reference }) {
    const w = words.value.date;
    return (
        <>
            {grantText(of, names)}
            <span class="quiet">
                {w.from} {day(of.from_ms)}
                {of.to_ms !== null && ` ${w.to} ${day(of.to_ms - 1)}`}
            </span>
        </>
    );
}
