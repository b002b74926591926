// Rows with the same facts: a table where there is room, and on a phone each row as a card of its own. The roles are said,
// since a browser forgets them where a table is shown as something else.
import type { ComponentChildren } from "preact";

export interface Column<T> {
    label: string;
    cell: (row: T) => ComponentChildren;
    isHead?: boolean; // what the row is called
    isNumber?: boolean;
}

interface Props<T> {
    caption: string;
    columns: Column<T>[];
    rows: T[];
    keyOf: (row: T) => string | number;
    markOf?: (row: T) => string; // a class of the row
}

export function Table<T>({ caption, columns, rows, keyOf, markOf }: Props<T>) {
    return (
        <div class="table-wrap" tabIndex={0} role="region" aria-label={caption}>
            <table class="rows" role="table">
                <caption>{caption}</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        {columns.map((column) => (
                            <th key={column.label} scope="col" role="columnheader" class={column.isNumber ? "number" : undefined}>
                                {column.label}
                            </th>
                        ))}
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    {rows.map((row) => (
                        <tr key={keyOf(row)} role="row" class={markOf?.(row)}>
                            {columns.map((column) =>
                                column.isHead ? (
                                    <th key={column.label} scope="row" role="rowheader">
                                        {column.cell(row)}
                                    </th>
                                ) : (
                                    <td
                                        key={column.label}
                                        role="cell"
                                        class={column.isNumber ? "number" : undefined}
                                        data-label={column.label}
                                    >
                                        {column.cell(row)}
                                    </td>
                                ),
                            )}
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}
