// The same figures as rows: for who does not see the map, and for what has no place on it.
import { useState } from "preact/hooks";
import { number, plainDay } from "../../format";
import { usePromises } from "../../promised";
import { nameOf } from "../../reference";
import { kindName } from "../../report";
import { link } from "../../router";
import { Table } from "../../ui/table";
import { mapWords } from "../map.words";
import { Count } from "./behind";
import { behindLink, extentOf, nameOfRow, type Filter, type MapRow, type UnsafePlace } from "./rows";

const FIRST = 50;

export function MapTable({ rows, filter }: { rows: MapRow[]; filter: Filter }) {
    const w = mapWords.value;
    const [most, setMost] = useState(FIRST);
    const shown = rows.slice(0, most);
    return (
        <>
            <Table
                caption={`${w.table}, ${w.tableOf(shown.length, rows.length)}`}
                columns={[
                    { label: w.place, cell: nameOfRow, isHead: true },
                    { label: w.kind, cell: (row) => kindName(row.kind) },
                    { label: w.organisation, cell: (row) => nameOf("organisation", row.organisation) },
                    {
                        label: w.reports,
                        cell: (row) => <Count row={row} of={number(row.reports)} href={behindLink(row, filter)} />,
                        isNumber: true,
                    },
                    { label: w.quantity, cell: extentOf },
                ]}
                rows={shown}
                keyOf={(row) => [row.area, row.organisation, row.kind, row.place, row.latitude_e6, row.longitude_e6].join(" ")}
            />
            {rows.length > most && (
                <button type="button" onClick={() => setMost(most + 10 * FIRST)}>
                    {w.more}
                </button>
            )}
        </>
    );
}

export function UnsafeTable({ rows }: { rows: UnsafePlace[] }) {
    const w = mapWords.value;
    const promises = usePromises();
    return (
        <Table
            caption={w.unsafePlaces}
            columns={[
                { label: w.place, cell: nameOfRow, isHead: true },
                { label: w.responsible, cell: (one) => (one.responsible ? nameOf("organisation", one.responsible) : "–") },
                {
                    label: w.due,
                    cell: (one) => (
                        <>
                            {one.due ? plainDay(one.due) : "–"}
                            {one.overdue && <strong class="late"> {w.overdue}</strong>}
                        </>
                    ),
                },
                {
                    label: w.commitment,
                    cell: (one) => (
                        <a href={link(["commitments", ...one.commitment.split("/")])} lang={promises.commitment(one.commitment).lang}>
                            {promises.commitment(one.commitment).text}
                        </a>
                    ),
                },
            ]}
            rows={rows}
            keyOf={(one) => [one.reference, one.place, one.commitment, rows.indexOf(one)].join(" ")}
            markOf={(one) => (one.overdue ? "overdue" : "")}
        />
    );
}
