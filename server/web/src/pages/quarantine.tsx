// Reports that were put aside when they came: looked at, and released, mended or discarded by a person.
import { useEffect, useState } from "preact/hooks";
import { post, query } from "../api";
import { moment } from "../format";
import { usePaged } from "../paged";
import { loadReference, nameOf } from "../reference";
import { kindName, labelOf, when, type Stored } from "../report";
import { link, place } from "../router";
import { Why } from "../ui/why";
import { mayFor } from "../session";
import { FilterForm } from "../ui/filter_form";
import { More } from "../ui/more";
import { Page } from "../ui/page";
import { ReasonDialog } from "../ui/reason";
import { FilterSelect } from "../ui/select";
import { Empty, Shown } from "../ui/states";
import { words } from "../words";
import { AmendDialog } from "./quarantine.amend";
import { quarantineWords } from "./quarantine.words";

type Doing = "release" | "discard" | "amend";

function Actions({ of, onDo }: { of: Stored; onDo: (what: Doing) => void }) {
    const w = quarantineWords.value;
    if (of.released || of.discarded) return null;
    if (!mayFor(of.organisation, of.area, "area_chief", "coordinator")) return <p class="quiet">{w.notYours}</p>;
    return (
        <div class="actions">
            {of.report && (
                <button type="button" onClick={() => onDo("amend")}>
                    {w.amend}
                    <span class="unseen"> {of.reference}</span>
                </button>
            )}
            <button type="button" onClick={() => onDo("release")}>
                {w.release}
                <span class="unseen"> {of.reference}</span>
            </button>
            <button type="button" class="danger" onClick={() => onDo("discard")}>
                {w.discard}
                <span class="unseen"> {of.reference}</span>
            </button>
        </div>
    );
}

function Row({ of, onDo }: { of: Stored; onDo: (what: Doing) => void }) {
    const w = quarantineWords.value;
    const state = of.released ? w.released : of.discarded ? w.discarded : w.open;
    return (
        <li>
            <p class="tagged">
                <a class="code" href={link(["reports", of.reference])}>
                    {of.reference}
                </a>
                <span class="tag">{state}</span>
            </p>
            <p>
                {kindName(of.kind)}, {when(of.occurred_from_s, of.occurred_to_s)}
                <br />
                <span class="quiet">
                    {nameOf("organisation", of.organisation)}, {w.came} {moment(of.received_ms)}
                </span>
            </p>
            <div>
                <p>
                    {of.field && (
                        <>
                            {labelOf(of.field)}:{" "}
                        </>
                    )}
                    <Why of={of} />
                </p>
                <Actions of={of} onDo={onDo} />
            </div>
        </li>
    );
}

function Deciding({ of, what, close, done }: { of: Stored; what: Doing; close: () => void; done: (said: string) => void }) {
    const w = quarantineWords.value;
    const isRelease = what === "release";
    return (
        <ReasonDialog
            title={isRelease ? w.releaseTitle(of.reference) : w.discardTitle(of.reference)}
            label={w.reason}
            action={isRelease ? w.release : w.discard}
            isDanger={!isRelease}
            run={(reason) => post(`/quarantine/${of.reference}/${what}`, { reason })}
            done={() => done(isRelease ? w.wasReleased(of.reference) : w.wasDiscarded(of.reference))}
            close={close}
        >
            <p>{isRelease ? w.releaseNote : w.discardNote}</p>
        </ReasonDialog>
    );
}

export default function Quarantine() {
    const w = quarantineWords.value;
    const which = place.value.query.get("which") ?? "";
    const paged = usePaged<Stored>(`/quarantine${query({ which })}`);
    const [doing, setDoing] = useState<{ of: Stored; what: Doing } | undefined>(undefined);
    const [done, setDone] = useState("");
    useEffect(loadReference, []);
    const close = () => setDoing(undefined);
    return (
        <Page title={words.value.nav.quarantine}>
            <p class="quiet">{w.explained}</p>
            <FilterForm>
                <FilterSelect
                    label={w.show}
                    name="which"
                    none={w.onlyOpen}
                    options={[
                        { id: "all", label: w.all },
                    ]}
                />
            </FilterForm>
            <p class="done" role="status">
                {done}
            </p>
            <Shown of={paged.of}>
                {(value) => (
                    <>
                        {value.items.length === 0 ? (
                            <Empty>{which ? w.noneEver : w.none}</Empty>
                        ) : (
                            <ul class="rows">
                                {value.items.map((one) => (
                                    <Row key={one.row} of={one} onDo={(what) => setDoing({ of: one, what })} />
                                ))}
                            </ul>
                        )}
                        <More of={paged} />
                    </>
                )}
            </Shown>
            {doing?.what === "amend" && (
                <AmendDialog
                    of={doing.of}
                    onClose={close}
                    onDone={() => {
                        setDone(w.wasAmended(doing.of.reference));
                        close();
                        paged.of.again();
                    }}
                />
            )}
            {doing && doing.what !== "amend" && (
                <Deciding
                    of={doing.of}
                    what={doing.what}
                    close={close}
                    done={(said) => {
                        setDone(said);
                        close();
                        paged.of.again();
                    }}
                />
            )}
        </Page>
    );
}
