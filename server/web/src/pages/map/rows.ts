// What the map is made of: the server's rows, and those of one spot taken together.
import { query } from "../../api";
import { nameOf } from "../../reference";
import { link } from "../../router";
import { mapWords } from "../map.words";

export interface MapRow {
    area: string;
    organisation: string;
    kind: string;
    place: string | null;
    latitude_e6: number | null;
    longitude_e6: number | null;
    square_m: number | null;
    reports: number;
    person_minutes: number;
    quantity: number;
}
export interface UnsafePlace {
    area: string;
    commitment: string;
    reference: string;
    place: string | null;
    latitude_e6: number | null;
    longitude_e6: number | null;
    responsible: string | null;
    due: string | null;
    overdue: boolean;
    found_s: number;
}
// What is to be done first; without a day last.
export const byUrgency = (a: UnsafePlace, b: UnsafePlace): number =>
    (a.due ?? "9999").localeCompare(b.due ?? "9999") || a.found_s - b.found_s;

export const UNSAFE = "unsafe_place"; // a kind of the filter alone

export interface Filter {
    from: string;
    to: string;
    area: string;
    kind: string;
    organisation: string;
}
// What names a row of the map, and the days that it is of: by these the server gives the reports behind it.
export const ROW_NAMES = ["area", "organisation", "kind", "place", "latitude_e6", "longitude_e6", "square_m", "from", "to"] as const;

export function behindLink(row: MapRow, { from, to }: Filter): string {
    const { area, organisation, kind, place, latitude_e6, longitude_e6, square_m } = row;
    const square = square_m === null ? {} : { latitude_e6: String(latitude_e6), longitude_e6: String(longitude_e6), square_m: String(square_m) };
    return link(["map", "reports"], { area, organisation, kind, place: place ?? "", ...square, from, to });
}

export const rowsPath = (of: Filter): string => `/map${query({ ...of })}`;
export const unsafePath = (of: Filter): string => `/map/unsafe-places${query({ area: of.area })}`;

// All that is at one point of the ground.
export interface Spot {
    key: string;
    latitude: number;
    longitude: number;
    name: string;
    rows: MapRow[];
    unsafe: UnsafePlace[];
    reports: number;
}

const degrees = (value: number) => (value / 1e6).toFixed(3);

export function nameOfRow(row: { place: string | null; latitude_e6: number | null; longitude_e6: number | null }): string {
    const w = mapWords.value;
    if (row.place) return nameOf("place", row.place);
    if (row.latitude_e6 === null || row.longitude_e6 === null) return w.nowhere;
    return w.squareAt(`${degrees(row.latitude_e6)}, ${degrees(row.longitude_e6)}`);
}

export function spotsOf(rows: MapRow[], unsafe: UnsafePlace[]): Spot[] {
    const spots = new Map<string, Spot>();
    const at = (row: MapRow | UnsafePlace): Spot | undefined => {
        if (row.latitude_e6 === null || row.longitude_e6 === null) return undefined;
        const key = `${row.latitude_e6} ${row.longitude_e6}`;
        let found = spots.get(key);
        if (!found) {
            const point = { latitude: row.latitude_e6 / 1e6, longitude: row.longitude_e6 / 1e6 };
            found = { key, ...point, name: nameOfRow(row), rows: [], unsafe: [], reports: 0 };
            spots.set(key, found);
        }
        return found;
    };
    for (const row of rows) {
        const spot = at(row);
        spot?.rows.push(row);
        if (spot) spot.reports += row.reports;
    }
    for (const one of unsafe) at(one)?.unsafe.push(one);
    return [...spots.values()];
}

export function extentOf(row: MapRow): string {
    const w = mapWords.value;
    if (row.person_minutes > 0) return w.minutes(row.person_minutes);
    return row.quantity > 0 ? (w.quantities[row.kind]?.(row.quantity) ?? "") : "";
}
