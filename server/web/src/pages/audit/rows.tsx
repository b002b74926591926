import { moment, number } from "../../format";
import { Table } from "../../ui/table";
import { auditWords } from "../audit.words";

// A row as the server gives it (server/read/audit.h).
export interface AuditRow {
    id: number;
    at_ms: number;
    actor: string;
    action: string;
    detail: string;
    hash: string;
}

// Moments stand in it as numbers; who saves the rows has them as they are.
const told = (detail: string) =>
    detail.replace(/\b(\w+)_ms=(\d+)/g, (_, name: string, ms: string) => `${name}=${Number(ms) > 0 ? moment(Number(ms)) : "–"}`);

export function AuditRows({ rows, caption }: { rows: AuditRow[]; caption: string }) {
    const w = auditWords.value;
    return (
        <Table
            caption={caption}
            rows={rows}
            keyOf={(one) => one.id}
            columns={[
                { label: w.number, isHead: true, cell: (one) => number(one.id) },
                { label: w.at, cell: (one) => moment(one.at_ms) },
                { label: w.actor, cell: (one) => <span class="mono">{one.actor}</span> },
                { label: w.action, cell: (one) => <span class="mono whole">{one.action}</span> },
                { label: w.detail, cell: (one) => <span class="mono">{told(one.detail)}</span> },
            ]}
        />
    );
}
