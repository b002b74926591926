// The reports behind one row of the map: each with what it counts toward.
import { query } from "../../api";
import { plainDay } from "../../format";
import { usePaged } from "../../paged";
import { nameOf, useReference } from "../../reference";
import { kindName, when, type Key } from "../../report";
import { link, place } from "../../router";
import { More } from "../../ui/more";
import { Page } from "../../ui/page";
import { Empty, Shown } from "../../ui/states";
import { mapWords } from "../map.words";
import { TowardAll, type TowardBrief } from "../report.counting";
import { nameOfRow, ROW_NAMES, type MapRow } from "./rows";

interface Row extends Key {
    row: number;
    kind: string | null;
    occurred_from_s: number;
    occurred_to_s: number;
    late: boolean;
    late_s: number;
    contributions: TowardBrief[];
}
type Asked = Partial<Record<(typeof ROW_NAMES)[number], string>>;

// A number in the map that opens into what is behind it.
export function Count({ row, of, href }: { row: MapRow; of: string; href: string }) {
    return (
        <a href={href}>
            {of}
            <span class="unseen"> {mapWords.value.behind(nameOfRow(row), kindName(row.kind), nameOf("organisation", row.organisation))}</span>
        </a>
    );
}

const numberOf = (text: string | undefined) => (text === undefined ? null : Number(text));

function About({ asked }: { asked: Asked }) {
    const at = { place: asked.place ?? null, latitude_e6: numberOf(asked.latitude_e6), longitude_e6: numberOf(asked.longitude_e6) };
    const days = (asked.from || asked.to) && `${asked.from ? plainDay(asked.from) : ""} – ${asked.to ? plainDay(asked.to) : ""}`;
    const parts = [nameOfRow(at), kindName(asked.kind ?? null), nameOf("organisation", asked.organisation ?? ""), days];
    return <p>{parts.filter(Boolean).join(", ")}</p>;
}

function Report({ of }: { of: Row }) {
    const w = mapWords.value;
    return (
        <li>
            <p class="tagged">
                <a class="code" href={link(["reports", of.reference])}>
                    {of.reference}
                </a>
                {of.late && <span class="tag">{w.lateBy(Math.round(of.late_s / 86_400))}</span>}
            </p>
            <p>
                {kindName(of.kind)}, {when(of.occurred_from_s, of.occurred_to_s)}
            </p>
            <TowardAll of={of.contributions} />
        </li>
    );
}

export function Behind() {
    const w = mapWords.value;
    const given = place.value.query;
    const asked: Asked = Object.fromEntries(ROW_NAMES.map((name) => [name, given.get(name) ?? undefined]).filter(([, value]) => value));
    useReference();
    const paged = usePaged<Row>(`/map/reports${query(asked)}`);
    return (
        <Page title={w.behindTitle}>
            <p class="quiet">
                <a href={link(["map"], { from: asked.from, to: asked.to })}>{w.back}</a>
            </p>
            <About asked={asked} />
            <Shown of={paged.of}>
                {(value) => (
                    <>
                        {value.items.length === 0 ? (
                            <Empty>{w.noneBehind}</Empty>
                        ) : (
                            <ul class="rows">
                                {value.items.map((one) => (
                                    <Report key={one.row} of={one} />
                                ))}
                            </ul>
                        )}
                        <More of={paged} />
                    </>
                )}
            </Shown>
        </Page>
    );
}
