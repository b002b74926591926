// The promises themselves: what there is, and the way to change, make, import and export them.
import { all, ROOT } from "../api";
import { plainDay } from "../format";
import { useLoaded } from "../load";
import { nameOf, useReference } from "../reference";
import { link } from "../router";
import { mayAll, mayIn, writesPromises } from "../session";
import { Page } from "../ui/page";
import { Empty, Shown } from "../ui/states";
import { Table } from "../ui/table";
import { either } from "../words";
import { Edit } from "./promises/edit";
import { Import } from "./promises/import";
import { maySave } from "./promises/promise";
import { Show } from "./promises/show";
import { promisesWords } from "./promises.words";

interface Listed {
    promise: string;
    area: string;
    title_sv: string;
    title_en: string;
    from: string;
    to: string;
    parties: string[];
    phase: string | null;
    state: string | null;
    version: number;
    commitments: object[];
}

const mayEdit = (area: string) => maySave(area) || mayIn(area, "coordinator");

function Title({ of }: { of: Listed }) {
    const title = either(of.title_sv, of.title_en);
    return (
        <a lang={title.lang} href={link(["promises", mayEdit(of.area) ? "edit" : "show", of.promise])}>
            {title.text}
        </a>
    );
}

function List() {
    const w = promisesWords.value;
    useReference();
    const loaded = useLoaded((signal) => all<Listed>("/promises", signal), "promises");
    return (
        <Page
            title={writesPromises() ? w.title : w.titleRead}
            aside={
                <span class="actions">
                    {writesPromises() && (
                        <a class="button primary" href={link(["promises", "new"])}>
                            {w.newPromise}
                        </a>
                    )}
                    {mayAll("administrator") && (
                        <a class="button" href={link(["promises", "import"])}>
                            {w.importTitle}
                        </a>
                    )}
                </span>
            }
        >
            <p class="quiet">{w.about}</p>
            <Shown of={loaded}>
                {(rows) =>
                    rows.length === 0 ? (
                        <Empty>{w.none}</Empty>
                    ) : (
                        <Table
                            caption={w.caption}
                            rows={rows}
                            keyOf={(one) => one.promise}
                            columns={[
                                { label: w.promise, isHead: true, cell: (one) => <Title of={one} /> },
                                { label: w.area, cell: (one) => nameOf("area", one.area) },
                                { label: w.period, cell: (one) => `${plainDay(one.from)} – ${plainDay(one.to)}` },
                                { label: w.state, cell: (one) => w.states[one.state ?? ""] ?? "–" },
                                { label: w.phase, cell: (one) => w.phases[one.phase ?? ""] ?? "–" },
                                {
                                    label: w.parties,
                                    cell: (one) => one.parties.map((each) => nameOf("organisation", each)).join(", "),
                                },
                                { label: w.commitments, isNumber: true, cell: (one) => one.commitments.length },
                                { label: w.version, isNumber: true, cell: (one) => one.version },
                                {
                                    label: w.file,
                                    cell: (one) => (
                                        <a
                                            href={`${ROOT}/promises/${encodeURIComponent(one.promise)}/file`}
                                            download
                                            aria-label={w.exportNamed(either(one.title_sv, one.title_en).text)}
                                        >
                                            {w.export}
                                        </a>
                                    ),
                                },
                            ]}
                        />
                    )
                }
            </Shown>
        </Page>
    );
}

export default function PromisesPage({ path }: { path: string[] }) {
    const [, what, id] = path;
    if (what === "new") return <Edit id={undefined} />;
    if (what === "import") return <Import />;
    if (what === "edit" && id) return <Edit id={id} />;
    if (what === "show" && id) return <Show id={id} />;
    return <List />;
}
